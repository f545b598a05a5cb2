"""Gradients through a relaxed discrete draw."""

from __future__ import annotations

from typing import cast

import tensorflow as tf

from course.errors import ArgumentError
from course.estimators.estimator import BASE, Estimator, Function, evaluate
from course.estimators.law import Law
from course.estimators.relaxable_law import RelaxableLaw
from course.validation import positive_float


class GumbelSoftmaxRelaxation(Estimator):
    """The pathwise gradient of f at a relaxed draw (Gumbel-softmax, concrete distribution). Biased.

    ::

        g_i = ∇_θ f(y_i),   y_i = softmax((log p + Gumbel noise) / temperature)

    It is the exact gradient of E[f(y)], which is not E[f(z)]; the bias vanishes and the variance grows as
    the temperature falls. f has to be defined between the states. Called as ``estimator(f, law, parameters,
    draws=n, seed=s)`` or with ``noise=`` uniform on (0, 1); gradients by name, shape (n, *batch, *event).

    Args:
        temperature: > 0.

    Raises:
        ArgumentError: the temperature is not positive.

    Example:
        >>> from course.estimators import BernoulliLaw
        >>> g = GumbelSoftmaxRelaxation(0.5)(lambda z: z, BernoulliLaw(), {"logits": 0.0}, noise=[0.5])
        >>> float(g["logits"][0])  # sigmoid'(0)/temperature
        0.5

    Source:
        Jang, Gu & Poole 2017, eq. (2); Maddison, Mnih & Teh 2017.
    """

    unbiased = False

    def __init__(self, temperature: float = 0.5) -> None:
        self.temperature = positive_float(temperature, "temperature")

    def check_law(self, law: Law) -> None:
        """Draws have to be thresholds of a continuous variable."""
        check_relaxable(law, type(self).__name__)

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(y)``."""
        relaxable = cast(RelaxableLaw, law)
        relaxed = relaxable.soften(relaxable.latent(parameters, noise[BASE]), self.temperature)
        return evaluate(f, relaxed, law)


def check_relaxable(law: Law, where: str) -> None:
    """Refuses a law without a relaxation.

    Args:
        law: the family of laws.
        where: the estimator's name.

    Raises:
        ArgumentError: it has none.
    """
    if not isinstance(law, RelaxableLaw):
        raise ArgumentError(
            "only thresholds of a continuous variable can be relaxed",
            where=where,
            expected="BernoulliLaw() or CategoricalLaw()",
            received=f"the {law.name} law",
        )
