"""The kernel of infinitely wide ReLU networks."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
from tensorflow_probability import math as tfp_math

from course.errors import ArgumentError
from course.validation import finite_float, positive_float, positive_int


class ArcCosineKernel(tfp_math.psd_kernels.PositiveSemidefiniteKernel):
    """Covariance of the outputs of a random ReLU network whose hidden layers are infinitely wide.

    ::

        K⁰(x, x') = b + w·x·x'/D
        Kˡ(x, x') = b + (w/2π)·√(Kˡ⁻¹(x, x)·Kˡ⁻¹(x', x'))·(sin θ + (π − θ) cos θ)
        cos θ     = Kˡ⁻¹(x, x') / √(Kˡ⁻¹(x, x)·Kˡ⁻¹(x', x'))

    with w = weight_variance and b = bias_variance: a weight into a layer of n inputs has variance w/n. The
    network has ``depth`` hidden layers. It is a kernel of TFP: its Gaussian processes take it as they
    take any other.

    Args:
        depth: number of hidden layers, ≥ 1.
        weight_variance: w > 0; 2 keeps the scale from layer to layer (He et al. 2015).
        bias_variance: b ≥ 0.

    Raises:
        ArgumentError: an argument is outside its range.

    Example:
        >>> x = tf.constant([[3.0, 4.0]], tf.float64)
        >>> ArcCosineKernel(1, weight_variance=2.0).matrix(x, x).numpy().tolist()  # 2·|x|²/2 again
        [[25.0]]

    Source:
        Cho & Saul 2009, eqs. (3) and (6), order 1; Lee et al. 2018, eq. (5); Damianou, "From NN to GP".
    """

    def __init__(self, depth: int = 1, *, weight_variance: float = 2.0, bias_variance: float = 0.0) -> None:
        given = {"depth": depth, "weight_variance": weight_variance, "bias_variance": bias_variance}
        self.depth = positive_int(depth, "depth")
        self.weight_variance = positive_float(weight_variance, "weight_variance")
        self.bias_variance = finite_float(bias_variance, "bias_variance")
        if self.bias_variance < 0:
            raise ArgumentError(
                "a variance is not negative",
                expected="bias_variance ≥ 0",
                received=f"bias_variance={bias_variance!r}",
            )
        super().__init__(feature_ndims=1, dtype=None, name="ArcCosineKernel", parameters=given)

    def _batch_shape(self) -> tf.TensorShape:
        return tf.TensorShape([])

    def _batch_shape_tensor(self) -> tf.Tensor:
        return tf.constant([], tf.int32)

    def _apply(self, x1: tf.Tensor, x2: tf.Tensor, example_ndims: int = 0) -> tf.Tensor:
        size = tf.cast(tf.shape(x1)[-1], x1.dtype)

        def linear(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
            return self.bias_variance + self.weight_variance * tf.reduce_sum(a * b, axis=-1) / size

        first, second, cross = linear(x1, x1), linear(x2, x2), linear(x1, x2)
        for _ in range(self.depth):
            scale = tf.sqrt(first * second)
            # Rounding takes the cosine of a point with itself past 1, where the arc cosine is NaN. Its
            # derivative is infinite at 1; the kernel's is not, so the clipped entries get the limit θ = 0.
            cosine = cross / tf.where(scale > 0, scale, tf.ones_like(scale))
            edge = 1.0 - 4.0 * np.finfo(cosine.dtype.as_numpy_dtype).eps
            same = cosine >= edge
            opposite = cosine <= -edge
            theta = tf.acos(tf.where(same | opposite, tf.zeros_like(cosine), cosine))
            theta = tf.where(
                same, tf.zeros_like(theta), tf.where(opposite, math.pi * tf.ones_like(theta), theta)
            )
            shape = tf.sin(theta) + (math.pi - theta) * tf.where(same, tf.ones_like(cosine), cosine)
            cross = self.bias_variance + self.weight_variance / (2.0 * math.pi) * scale * shape
            # θ = 0: half the variance passes a ReLU.
            first = self.bias_variance + 0.5 * self.weight_variance * first
            second = self.bias_variance + 0.5 * self.weight_variance * second
        return cross
