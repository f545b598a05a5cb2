"""Gradients that pretend a threshold is not there."""

from __future__ import annotations

from typing import cast

import tensorflow as tf

from course.estimators.estimator import BASE, Estimator, Function, attach, evaluate
from course.estimators.gumbel_softmax_relaxation import check_relaxable
from course.estimators.law import Law
from course.estimators.relaxable_law import RelaxableLaw
from course.validation import positive_float


class StraightThrough(Estimator):
    """f at the discrete draw, differentiated as if the draw were something smooth. Biased.

    ::

        g_i = f'(z_i) · ∂s/∂θ,   s = E[z]                      temperature None (Bengio)
                                 s = relaxed draw y_i           with a temperature (Gumbel)

    Exact where f is linear, for ``temperature=None``. Called as ``estimator(f, law, parameters, draws=n,
    seed=s)`` or with ``noise=`` uniform on (0, 1); gradients by name, shape (n, *batch, *event).

    Args:
        temperature: > 0, or None.

    Raises:
        ArgumentError: the temperature is not positive.

    Example:
        >>> from course.estimators import BernoulliLaw
        >>> g = StraightThrough()(lambda z: z**2, BernoulliLaw(), {"logits": 0.0}, noise=[0.9])
        >>> float(g["logits"][0])  # 2z·p(1 − p)
        0.5

    Source:
        Bengio, Léonard & Courville 2013; Jang, Gu & Poole 2017, section 2.2.
    """

    unbiased = False

    def __init__(self, temperature: float | None = None) -> None:
        self.temperature = None if temperature is None else positive_float(temperature, "temperature")

    def check_law(self, law: Law) -> None:
        """Draws have to be thresholds of a continuous variable."""
        check_relaxable(law, type(self).__name__)

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(z + s − stop(s))``."""
        relaxable = cast(RelaxableLaw, law)
        latent = relaxable.latent(parameters, noise[BASE])
        if self.temperature is None:
            smooth = relaxable.mean(parameters)
        else:
            smooth = relaxable.soften(latent, self.temperature)
        return evaluate(f, tf.stop_gradient(relaxable.harden(latent)) + attach(smooth), law)
