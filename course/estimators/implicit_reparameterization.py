"""Pathwise gradients without an explicit path."""

from __future__ import annotations

import tensorflow as tf

from course.errors import ArgumentError
from course.estimators.estimator import BASE, Estimator, Function, attach, evaluate
from course.estimators.law import Law


class ImplicitReparameterization(Estimator):
    """Pathwise gradients of laws that have a differentiable distribution function F, such as the gamma.

    F(z; θ) is uniform whatever θ is, so a draw that moves with θ keeps it constant, and::

        ∂z/∂θ = −(∂F/∂θ) / p(z; θ),        g_i = f'(z_i) · ∂z_i/∂θ

    Called as ``estimator(f, law, parameters, draws=n, seed=s)`` or with ``noise=``, which for laws without a
    path are the draws; gradients by name, shape (n, *batch, *event).

    The distribution function and its derivatives are TFP's: good to rounding for the gamma, to about 1e-3
    for the beta (TFP 0.25 truncates that series). Where p underflows (13 standard deviations out in single
    precision) the quotient is undefined.

    Example:
        >>> from course.estimators import GammaLaw
        >>> theta = {"concentration": tf.constant(2.0), "rate": tf.constant(4.0)}
        >>> g = ImplicitReparameterization()(lambda z: z, GammaLaw(), theta, noise=[0.5])
        >>> round(float(g["rate"][0]), 5)  # z = x/rate moves by −z/rate
        -0.125

    Source:
        Figurnov, Mohamed & Mnih 2018.
    """

    def check_law(self, law: Law) -> None:
        """Draws have to be continuous."""
        if law.discrete:
            raise ArgumentError(
                "an implicit path needs continuous draws",
                where="ImplicitReparameterization",
                expected="a continuous law",
                received=f"the {law.name} law",
                fix="use ScoreFunction, MeasureValued or Enumeration",
            )

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(z − (F − stop(F))/p)``."""
        z = tf.stop_gradient(law.place(parameters, noise[BASE]))
        density = tf.stop_gradient(tf.exp(law.log_prob(parameters, z)))
        moved = z - attach(law.distribution(parameters).cdf(z)) / density
        return evaluate(f, moved, law)
