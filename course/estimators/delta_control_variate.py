"""The score function with a Taylor expansion of f as control variate."""

from __future__ import annotations

import math

import tensorflow as tf

from course.errors import ArgumentError
from course.estimators.estimator import BASE, Estimator, Function, attach, evaluate, sum_event
from course.estimators.gaussian_law import GaussianLaw
from course.estimators.law import Law
from course.validation import finite_float


class DeltaControlVariate(Estimator):
    """The score function for Gaussians, less the noise of a second-order expansion of f (delta method).

    With v = z − mean, slope s and Hessian H of f at the mean, and h(z) = f(mean) + s·v + ½ vᵀHv::

        g_i = (f(z_i) − c h(z_i)) · ∇_θ log p(z_i; θ) + c ∇_θ E[h(z)]
        ∇_mean E[h] = s,   ∂E[h]/∂std_j = H_jj std_j

    For quadratic f and c = 1 every draw gives the exact gradient. Leaving the last term out is the usual
    mistake: h has a gradient of its own. f has to be twice differentiable. Called as ``estimator(f, law,
    parameters, draws=n, seed=s)`` or with ``noise=``; gradients by name, shape (n, *batch, *event).

    Args:
        scale: c, any finite number.

    Raises:
        ArgumentError: the scale is not finite.

    Example:
        >>> theta = {"mean": tf.constant(2.0), "std": tf.constant(1.0)}
        >>> g = DeltaControlVariate()(lambda z: z**2, GaussianLaw(), theta, noise=[1.0, -2.0])
        >>> g["mean"].numpy().tolist()
        [4.0, 4.0]

    Source:
        Paisley, Blei & Jordan 2012; Mohamed et al. 2020, section 7.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = finite_float(scale, "scale")

    def check_law(self, law: Law) -> None:
        """The expectation of a quadratic has to be known."""
        if not isinstance(law, GaussianLaw):
            raise ArgumentError(
                "the expectation of the expansion is known for Gaussians",
                where="DeltaControlVariate",
                expected="GaussianLaw()",
                received=f"the {law.name} law",
                fix="use ScoreFunction with a baseline",
            )

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(z) + stop(f(z) − c h(z))·log p + c E[h]``, the last two as zero with their gradients."""
        z = tf.stop_gradient(law.place(parameters, noise[BASE]))
        values = evaluate(f, z, law)
        rank = values.shape.rank
        mean, std = tf.stop_gradient(parameters["mean"]), tf.stop_gradient(parameters["std"])
        step = z - mean
        centre, slope, turned = _taylor(f, mean, step, law)
        expansion = centre + sum_event(slope * step + 0.5 * step * turned, rank)
        curvature = _hessian_diagonal(f, mean, rank, law)
        log_prob = sum_event(law.log_prob(parameters, z), rank)
        weight = tf.stop_gradient(values - self.scale * expansion)
        expected = slope * attach(parameters["mean"]) + curvature * std * attach(parameters["std"])
        return values + weight * attach(log_prob) + self.scale * sum_event(expected, rank)


def _taylor(
    f: Function, point: tf.Tensor, direction: tf.Tensor, law: Law
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """f, its gradient and its Hessian times the direction, a draw at a time, all held fixed."""
    zero = tf.UnconnectedGradients.ZERO
    with tf.GradientTape(watch_accessed_variables=False) as outer:
        outer.watch(point)
        with tf.GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(point)
            values = evaluate(f, point, law)
        slope = inner.gradient(values, point, unconnected_gradients=zero)
        along = tf.reduce_sum(slope * tf.stop_gradient(direction))
    turned = outer.gradient(along, point, unconnected_gradients=zero)
    return tf.stop_gradient(values), tf.stop_gradient(slope), tf.stop_gradient(turned)


def _hessian_diagonal(f: Function, mean: tf.Tensor, rank: int, law: Law) -> tf.Tensor:
    """∂²f/∂z_j² at the mean, shape (1, *batch, *event)."""
    # One direction a row: the mean is the same for all draws.
    event = tuple(mean.shape[rank:])
    size = math.prod(event)
    whole = tf.concat([[size], tf.shape(mean)[1:]], axis=0)
    basis = tf.reshape(tf.eye(size, dtype=mean.dtype), [size, *[1] * (rank - 1), *event])
    basis = tf.broadcast_to(basis, whole)
    _, _, turned = _taylor(f, tf.broadcast_to(mean[:1], whole), basis, law)
    return tf.reduce_sum(basis * turned, axis=0, keepdims=True)
