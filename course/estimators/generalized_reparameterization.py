"""Between the pathwise and the score-function estimator."""

from __future__ import annotations

import tensorflow as tf

from course.estimators.estimator import BASE, Estimator, Function, attach, evaluate, sum_event
from course.estimators.law import Law


class GeneralizedReparameterization(Estimator):
    """A path for most of the dependence on the parameters, a score for the rest.

    With an invertible z = T(ε; θ) whose noise has a law q(ε; θ) that may still depend on θ::

        g_i = f'(z_i) · ∂T/∂θ  +  f(z_i) · ∇_θ log q(ε_i; θ),
        log q(ε; θ) = log p(T(ε; θ); θ) + log|∂T/∂ε|

    The first term is the path's, the second corrects for what the path leaves out. For the Gaussian the
    second is 0, which leaves the pathwise estimator. Called as ``estimator(f, law, parameters, draws=n,
    seed=s)`` or with ``noise=``, the law's own; gradients by name, shape (n, *batch, *event).

    Example:
        >>> from course.estimators import GammaLaw
        >>> theta = {"concentration": tf.constant(2.0), "rate": tf.constant(4.0)}
        >>> g = GeneralizedReparameterization()(lambda z: z, GammaLaw(), theta, noise=[0.5])
        >>> round(float(g["rate"][0]), 5)
        -0.125

    Source:
        Ruiz, Titsias & Blei 2016; Aziz, "VAEs – Summary".
    """

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(T) + stop(f)·(log q(ε) − stop(log q(ε)))``."""
        z = tf.stop_gradient(law.place(parameters, noise[BASE]))
        standard = tf.stop_gradient(law.standardize(parameters, z))
        moved, log_slope = law.unstandardize(parameters, standard)
        values = evaluate(f, moved, law)
        log_noise = sum_event(law.log_prob(parameters, moved) + log_slope, values.shape.rank)
        return values + tf.stop_gradient(values) * attach(log_noise)
