"""The score function with a relaxed draw as control variate."""

from __future__ import annotations

from typing import cast

import tensorflow as tf

from course.estimators.estimator import BASE, Estimator, Function, attach, evaluate, sum_event
from course.estimators.gumbel_softmax_relaxation import check_relaxable
from course.estimators.law import Law
from course.estimators.noise import open_uniform, split_seed
from course.estimators.relaxable_law import RelaxableLaw
from course.validation import finite_float, positive_float

CONDITIONAL = "conditional"
"""Name of the noise of the relaxed draw given the discrete one."""


class Rebar(Estimator):
    """REBAR: unbiased, with the variance that the relaxation explains taken away.

    With y the relaxed draw, and ỹ a relaxed draw from its law given the discrete draw z::

        g_i = (f(z) − η f(ỹ)) · ∇_θ log p(z; θ) + η ∇_θ f(y) − η ∇_θ f(ỹ)

    η = 0 is the score function. The law of ỹ given z is the law of y given z whatever θ, so that ỹ can be
    coupled to y: its noise is the one under which ỹ = y at the present θ, though the two move differently
    with θ. That is the paper's estimator and the default. Whether it pays depends on the problem: on one to
    eight bits the two forms' variances are within a quarter of each other, the coupled one's the lower on one
    bit at temperature 2, and mostly the higher below 1.

    Called as ``estimator(f, law, parameters, draws=n, seed=s)`` or with ``noise=`` uniform on (0, 1), shape
    (n, *batch, *event); without coupling a mapping of ``base`` and ``conditional``, both uniform and
    independent. Gradients by name, shape (n, *batch, *event). f has to be defined between the states.

    Args:
        temperature: > 0; a low one makes y near z, the control variate strong and its own gradient noisy.
        scale: η, any finite number.
        coupled: whether ỹ takes its noise from y's draw rather than its own.

    Raises:
        ArgumentError: the temperature is not positive, or the scale not finite.

    Example:
        >>> from course.estimators import BernoulliLaw
        >>> g = Rebar()(lambda z: (z - 0.45) ** 2, BernoulliLaw(), {"logits": 0.0}, draws=4, seed=1)
        >>> g["logits"].shape
        TensorShape([4])

    Source:
        Tucker et al. 2017, "REBAR: low-variance, unbiased gradient estimates for discrete latent variable
        models", with its appendix for the conditional law and the coupling of the two kinds of noise.
    """

    def __init__(self, temperature: float = 0.5, scale: float = 1.0, coupled: bool = True) -> None:
        self.temperature = positive_float(temperature, "temperature")
        self.scale = finite_float(scale, "scale")
        self.coupled = bool(coupled)

    def check_law(self, law: Law) -> None:
        """Draws have to be thresholds of a continuous variable."""
        check_relaxable(law, type(self).__name__)

    def noise_names(self, law: Law) -> tuple[str, ...]:
        """``base`` for the draw; without coupling ``conditional`` for the relaxed draw given it."""
        return (BASE,) if self.coupled else (BASE, CONDITIONAL)

    def draw_noise(self, law: Law, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Uniform on (0, 1); without coupling both kinds, independent."""
        if self.coupled:
            return super().draw_noise(law, parameters, seed)
        logits = parameters["logits"]
        first, second = split_seed(seed, 2)
        return {
            BASE: law.draw_noise(parameters, first),
            CONDITIONAL: open_uniform(tf.shape(logits), second, logits.dtype),
        }

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(z) + stop(f(z) − η f(ỹ))·log p + η f(y) − η f(ỹ)``, the later terms only as gradients."""
        relaxable = cast(RelaxableLaw, law)
        latent = relaxable.latent(parameters, noise[BASE])
        z = tf.stop_gradient(relaxable.harden(latent))
        if self.coupled:
            conditional = relaxable.coupled_latent(parameters, z, latent)
        else:
            conditional = relaxable.conditional_latent(parameters, z, noise[CONDITIONAL])
        values = evaluate(f, z, law)
        relaxed = evaluate(f, relaxable.soften(latent, self.temperature), law)
        given = evaluate(f, relaxable.soften(conditional, self.temperature), law)
        log_prob = sum_event(law.log_prob(parameters, z), values.shape.rank)
        weight = tf.stop_gradient(values - self.scale * given)
        return values + weight * attach(log_prob) + self.scale * (attach(relaxed) - attach(given))
