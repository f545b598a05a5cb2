"""The pathwise estimator."""

from __future__ import annotations

import tensorflow as tf

from course.errors import ArgumentError
from course.estimators.estimator import BASE, Estimator, Function, evaluate
from course.estimators.law import Law


class Pathwise(Estimator):
    """The pathwise estimator (reparameterisation trick): the draw moves with the parameters.

    ::

        g_i = ∇_θ f(t(θ, ε_i)) = f'(z_i) · ∂t/∂θ,   z_i = t(θ, ε_i)

    Called as ``estimator(f, law, parameters, draws=n, seed=s)`` or with ``noise=``; gradients by name,
    shape (n, *batch, *event). f has to be differentiable, and continuous: at a jump the estimator is wrong,
    not noisy.

    Example:
        >>> from course.estimators import GaussianLaw
        >>> theta = {"mean": tf.constant(2.0), "std": tf.constant(1.0)}
        >>> Pathwise()(lambda z: z**2, GaussianLaw(), theta, noise=[1.0, -2.0])["mean"].numpy().tolist()
        [6.0, 0.0]

    Source:
        Kingma & Welling 2014, eq. (4); Batra, "Two Options", option 2; Aziz, "Reparametrisation".
    """

    def check_law(self, law: Law) -> None:
        """Draws have to be differentiable in the parameters."""
        if not law.reparameterized:
            fix = "use GumbelSoftmaxRelaxation or Rebar" if law.discrete else "use ImplicitReparameterization"
            raise ArgumentError(
                "a pathwise gradient needs draws that move with the parameters",
                where="Pathwise",
                expected="a reparameterised law, such as GaussianLaw()",
                received=f"the {law.name} law",
                fix=fix,
            )

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(t(θ, ε))``."""
        return evaluate(f, law.place(parameters, noise[BASE]), law)
