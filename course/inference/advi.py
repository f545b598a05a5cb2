"""Automatic differentiation variational inference."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

from course.errors import ArgumentError, DtypeError, ShapeError
from course.estimators.noise import Seed, seed_pair, standard_normal
from course.inference.stochastic_ascent import stochastic_ascent
from course.validation import one_of, positive_int

Latents = dict[str, tf.Tensor]
"""Latent variables by name, each of shape (n, *shape of the prior's draws)."""

FAMILIES = ("full_rank", "mean_field")


@dataclass(frozen=True)
class _Latent:
    """One latent variable's place in the unconstrained vector."""

    prior: tfd.Distribution
    bijector: tfb.Bijector
    shape: tuple[int, ...]
    start: int
    size: int


@dataclass(frozen=True)
class AdviPosterior:
    """A Gaussian over the unconstrained latents ζ, and the way back to the latents.

    Args:
        mean: of ζ, shape (d,).
        scale_tril: lower triangular, positive diagonal; ζ has covariance scale_tril·scale_trilᵀ, shape
            (d, d).
        elbo: estimate of the ELBO at every step made, nats.
        interrupted: whether the run was stopped by hand.
        latents: where each latent is in ζ.
    """

    mean: np.ndarray
    scale_tril: np.ndarray
    elbo: np.ndarray
    interrupted: bool
    latents: Mapping[str, _Latent]

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of ζ, shape (d, d)."""
        return self.scale_tril @ self.scale_tril.T

    def sample(self, draws: int, seed: Seed) -> Latents:
        """Draws of the latents, in their own space.

        Args:
            draws: n ≥ 1.
            seed: of the draws.

        Returns:
            By name, shape (n, *shape of the prior's draws).

        Raises:
            ArgumentError: ``draws`` is not positive.
        """
        shape = [positive_int(draws, "draws"), len(self.mean)]
        noise = standard_normal(shape, seed_pair(seed), self.mean.dtype)
        zeta = self.mean + tf.matmul(noise, self.scale_tril, transpose_b=True)
        return _constrain(self.latents, zeta)[0]


def advi(
    log_likelihood: Callable[[Latents], tf.Tensor],
    priors: Mapping[str, tfd.Distribution],
    *,
    family: str = "full_rank",
    steps: int = 2_000,
    draws: int = 16,
    learning_rate: float = 0.05,
    seed: Seed,
    jit: bool = False,
    progress: bool | None = None,
) -> AdviPosterior:
    """Fits a Gaussian to the posterior of latents that may be constrained, given priors and a log-likelihood.

    Each latent's support is read from its prior; TFP's bijector θ = T(ζ) takes an unconstrained ζ to it,
    and the ELBO of a Gaussian q over all ζ together is maximised by pathwise gradients::

        E_q[log p(x|θ) + log p(θ) + log|det ∂T/∂ζ|] + H(q)

    The entropy enters as −log q(ζ) with its parameters held fixed, as in
    :func:`~course.inference.black_box_vi.black_box_vi`, so the gradient's noise vanishes where q is the
    posterior.

    Args:
        log_likelihood: takes the latents by name, each with n draws along axis 0; returns log p(x|θ), nats,
            shape (n,). Broadcasting over draws is the caller's to get right: with exactly n data points a
            wrong axis would not be noticed.
        priors: by name; batch axes count as further axes of the latent. Continuous, all of one dtype.
        family: ``"full_rank"`` or ``"mean_field"`` (diagonal covariance of ζ).
        steps: of Adam, ≥ 1.
        draws: a step, ≥ 1.
        learning_rate: of the first step, > 0; falls to 0.
        seed: of all noise.
        jit: whether XLA compiles the steps.
        progress: whether to draw a bar; None on a terminal only.

    Returns:
        The fit; after an interrupt from the keyboard, what was reached. It starts from ζ ~ N(0, I/100).

    Raises:
        ArgumentError: a prior is discrete, there is none, the family is unknown, or a number is outside its
            range.
        DtypeError: priors have different dtypes.
        ShapeError: the log-likelihood is not one number a draw.
        NumericsError: the ELBO is no longer finite.

    Example:
        >>> data = tf.constant([1.0, 3.0])
        >>> fit = advi(
        ...     lambda θ: tf.reduce_sum(tfd.Normal(θ["mean"][:, None], 1.0).log_prob(data), axis=1),
        ...     {"mean": tfd.Normal(0.0, 1.0)},
        ...     steps=500,
        ...     seed=1,
        ... )
        >>> round(float(fit.mean[0]), 2)  # (1 + 3)/(2 + 1)
        1.33

    Source:
        Kucukelbir et al. 2017; the entropy's form is Roeder, Wu & Duvenaud 2017.
    """
    one_of(family, FAMILIES, "family")
    positive_int(draws, "draws")
    latents, dtype = _lay_out(priors)
    size = sum(latent.size for latent in latents.values())
    location = keras.Variable(np.zeros(size), dtype=dtype.name, name="mean")
    log_diagonal = keras.Variable(np.full(size, math.log(0.1)), dtype=dtype.name, name="log_std")
    variables = [location, log_diagonal]
    if family == "full_rank":
        below = keras.Variable(np.zeros((size, size)), dtype=dtype.name, name="below_diagonal")
        variables.append(below)

    def scale_tril() -> tf.Tensor:
        diagonal = tf.linalg.diag(tf.exp(log_diagonal.value))
        if family == "mean_field":
            return diagonal
        return (
            diagonal
            + tf.linalg.band_part(below.value, -1, 0)
            - tf.linalg.diag(tf.linalg.diag_part(below.value))
        )

    def objective(own: tf.Tensor) -> tf.Tensor:
        scale = scale_tril()
        noise = standard_normal([draws, size], own, dtype)
        zeta = location.value + tf.matmul(noise, scale, transpose_b=True)
        values, log_prior = _constrain(latents, zeta)
        log_q = _log_density(zeta, tf.stop_gradient(location.value), tf.stop_gradient(scale))
        return tf.reduce_mean(_one_a_draw(log_likelihood(values), draws) + log_prior - log_q)

    run = stochastic_ascent(
        objective,
        variables,
        steps=steps,
        learning_rate=learning_rate,
        seed=seed,
        jit=jit,
        progress=progress,
        description="ADVI",
    )
    return AdviPosterior(
        mean=location.value.numpy(),
        scale_tril=scale_tril().numpy(),
        elbo=run.objective,
        interrupted=run.interrupted,
        latents=latents,
    )


def _lay_out(priors: Mapping[str, tfd.Distribution]) -> tuple[dict[str, _Latent], tf.DType]:
    """Where each latent is in the unconstrained vector."""
    if not priors:
        raise ArgumentError("there is a latent to infer", expected="at least one prior", received="none")
    dtypes = {name: tf.as_dtype(prior.dtype) for name, prior in priors.items()}
    if len(set(dtypes.values())) > 1:
        raise DtypeError(
            "all priors have one dtype",
            expected="one dtype",
            received={name: dtype.name for name, dtype in dtypes.items()},
        )
    latents: dict[str, _Latent] = {}
    start = 0
    for name, prior in priors.items():
        bijector = _bijector(prior)
        if bijector is None or not dtypes[name].is_floating:
            raise ArgumentError(
                "ADVI moves latents smoothly",
                where=name,
                expected="a continuous prior",
                received=prior.name,
                fix="sum a discrete latent out in log_likelihood",
            )
        rank = prior.batch_shape.rank
        whole = tfd.Independent(prior, rank) if rank else prior
        shape = tuple(bijector.inverse_event_shape(whole.event_shape))
        latents[name] = _Latent(whole, bijector, shape, start, math.prod(shape))
        start += latents[name].size
    return latents, next(iter(dtypes.values()))


def _bijector(prior: tfd.Distribution) -> tfb.Bijector | None:
    """From unconstrained numbers to the prior's support."""
    if isinstance(prior, tfd.Dirichlet):
        # Stick breaking. TFP 0.25 would take SoftmaxCentered, which fails with NumPy 2.4 (its np.reshape
        # is called with `newshape`).
        return tfb.IteratedSigmoidCentered()
    return prior.experimental_default_event_space_bijector()


def _constrain(latents: Mapping[str, _Latent], zeta: tf.Tensor) -> tuple[Latents, tf.Tensor]:
    """The latents, and log p(θ) + log|det ∂T/∂ζ| summed over them, shape (n,)."""
    values: Latents = {}
    total = tf.zeros([zeta.shape[0]], zeta.dtype)
    for name, latent in latents.items():
        part = tf.reshape(zeta[:, latent.start : latent.start + latent.size], [zeta.shape[0], *latent.shape])
        values[name] = latent.bijector.forward(part)
        stretch = latent.bijector.forward_log_det_jacobian(part, event_ndims=len(latent.shape))
        total += latent.prior.log_prob(values[name]) + stretch
    return values, total


def _log_density(zeta: tf.Tensor, mean: tf.Tensor, scale_tril: tf.Tensor) -> tf.Tensor:
    white = tf.linalg.triangular_solve(scale_tril, tf.transpose(zeta - mean))
    log_det = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(scale_tril)))
    return (
        -0.5 * tf.reduce_sum(tf.square(white), axis=0)
        - log_det
        - 0.5 * mean.shape[0] * math.log(2.0 * math.pi)
    )


def _one_a_draw(values: tf.Tensor, draws: int) -> tf.Tensor:
    values = tf.convert_to_tensor(values)
    if tuple(values.shape) != (draws,):
        raise ShapeError(
            "log_likelihood gives one number a draw",
            expected=(draws,),
            received=tuple(values.shape),
            fix="sum over the data, and keep axis 0",
        )
    return values
