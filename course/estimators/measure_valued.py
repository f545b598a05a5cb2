"""Gradients as differences of f under two laws."""

from __future__ import annotations

import math
from dataclasses import dataclass

import tensorflow as tf

from course.errors import ArgumentError
from course.estimators.bernoulli_law import BernoulliLaw
from course.estimators.estimator import BASE, Estimator, Function, attach, evaluate, sum_event
from course.estimators.gaussian_law import GaussianLaw
from course.estimators.law import Law
from course.estimators.noise import open_uniform, split_seed, standard_normal
from course.estimators.poisson_law import PoissonLaw

_GAUSSIAN_NOISE = (BASE, "rayleigh", "maxwell", "uniform")


@dataclass(frozen=True)
class _Pair:
    """∂p/∂θ = weight·(p⁺ − p⁻) for one parameter, with a draw of each, entry by entry."""

    name: str
    weight: tf.Tensor
    plus: tf.Tensor
    minus: tf.Tensor


class MeasureValued(Estimator):
    """Measure-valued gradients: f is compared at draws of two laws and never differentiated.

    The derivative of a density is a difference of two densities times a constant, ∂p/∂θ = w (p⁺ − p⁻),
    hence::

        g_i = w · (f(z⁺_i) − f(z⁻_i))

        Gaussian mean    w = 1/(std √2π)   z± = mean ± std·R,  R Rayleigh, the same in both
        Gaussian std     w = 1/std         z⁺ = mean + std·M,  z⁻ = mean + std·M·U
        Poisson rate     w = 1             z⁺ = z + 1,         z⁻ = z
        Bernoulli logit  w = p(1 − p)      z⁺ = 1,             z⁻ = 0

    with M double-sided Maxwell and U uniform, so that M·U is standard normal: sharing R and M between the
    two sides is what keeps the variance low. One entry of the event is replaced at a time, the others keep
    their draws: f is called once, on 2·(number of parameters)·(entries of the event)·n rows. Called as
    ``estimator(f, law, parameters, draws=n, seed=s)`` or with ``noise=``, for the Gaussian a mapping of
    ``base`` (normal), ``rayleigh``, ``maxwell`` and ``uniform``, each of shape (n, *batch, *event);
    gradients by name, of the same shape.

    Example:
        >>> theta = {"logits": tf.constant(0.0)}
        >>> g = MeasureValued()(lambda z: (z - 0.45) ** 2, BernoulliLaw(), theta, draws=2, seed=1)
        >>> [round(x, 4) for x in g["logits"].numpy().tolist()]
        [0.025, 0.025]

    Source:
        Heidergott, Vázquez-Abad & Volk-Makarewicz 2008; Mohamed et al. 2020, table 1 and section 6.
    """

    def check_law(self, law: Law) -> None:
        """The decomposition has to be known."""
        if not isinstance(law, GaussianLaw | PoissonLaw | BernoulliLaw):
            raise ArgumentError(
                "the decomposition of the law's derivative is not known here",
                where="MeasureValued",
                expected="GaussianLaw(), PoissonLaw() or BernoulliLaw()",
                received=f"the {law.name} law",
            )

    def noise_names(self, law: Law) -> tuple[str, ...]:
        """Four kinds for the Gaussian, the law's own for the others."""
        return _GAUSSIAN_NOISE if isinstance(law, GaussianLaw) else (BASE,)

    def draw_noise(self, law: Law, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """All of it, independent."""
        if not isinstance(law, GaussianLaw):
            return super().draw_noise(law, parameters, seed)
        first, second, third, fourth = split_seed(seed, 4)
        mean = parameters["mean"]
        shape, dtype = tf.shape(mean), mean.dtype
        # The length of three normals is Maxwell, and independent of the sign of the first.
        triple = standard_normal(tf.concat([[3], shape], axis=0), third, dtype)
        return {
            BASE: law.draw_noise(parameters, first),
            "rayleigh": tf.sqrt(-2.0 * tf.math.log(open_uniform(shape, second, dtype))),
            "maxwell": tf.sign(triple[0]) * tf.norm(triple, axis=0),
            "uniform": open_uniform(shape, fourth, dtype),
        }

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(z) + Σ_θ stop(g)·(θ − stop(θ))``."""
        fixed = {name: tf.stop_gradient(value) for name, value in parameters.items()}
        z = tf.stop_gradient(law.place(fixed, noise[BASE]))
        values = evaluate(f, z, law)
        rank = values.shape.rank
        pairs = _pairs(law, fixed, noise, z)
        differences = _differences(f, law, pairs, z, rank)
        for pair, difference in zip(pairs, differences, strict=True):
            gradient = tf.stop_gradient(pair.weight * difference)
            values += sum_event(gradient * attach(parameters[pair.name]), rank)
        return values


def _pairs(
    law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor], z: tf.Tensor
) -> list[_Pair]:
    if isinstance(law, GaussianLaw):
        mean, std = parameters["mean"], parameters["std"]
        reach, far = std * noise["rayleigh"], std * noise["maxwell"]
        return [
            _Pair("mean", 1.0 / (std * math.sqrt(2.0 * math.pi)), mean + reach, mean - reach),
            _Pair("std", 1.0 / std, mean + far, mean + far * noise["uniform"]),
        ]
    if isinstance(law, PoissonLaw):
        return [_Pair("rate", tf.ones_like(z), z + 1.0, z)]
    p = tf.sigmoid(parameters["logits"])
    return [_Pair("logits", p * (1.0 - p), tf.ones_like(z), tf.zeros_like(z))]


def _differences(f: Function, law: Law, pairs: list[_Pair], z: tf.Tensor, rank: int) -> list[tf.Tensor]:
    """``f(z⁺) − f(z⁻)`` of every pair and entry, each of shape (n, *batch, *event)."""
    event = z.shape[rank:]
    size = math.prod(event)
    # One row an entry of the event: the row's mask says which entry is replaced.
    mask = tf.reshape(tf.eye(size, dtype=tf.bool), [size, *[1] * rank, *event])
    sides = [side for pair in pairs for side in (pair.plus, pair.minus)]
    replaced = tf.stack([tf.where(mask, side, z) for side in sides])
    values = evaluate(f, tf.reshape(replaced, tf.concat([[-1], tf.shape(z)[1:]], axis=0)), law)
    values = tf.reshape(values, tf.concat([[len(pairs), 2, size], tf.shape(z)[:rank]], axis=0))
    # From (pair, entry, n, *batch) to (pair, n, *batch, entry).
    gaps = values[:, 0] - values[:, 1]
    gaps = tf.transpose(gaps, [0, *range(2, rank + 2), 1])
    return [tf.reshape(gap, tf.shape(z)) for gap in tf.unstack(gaps, num=len(pairs))]
