"""What the three variational Dense layers share."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.errors import ShapeError
from course.layers.kernel_layer import KernelLayer
from course.validation import positive_int


class DenseBase(KernelLayer):
    """``activation(inputs · kernel + bias)`` with a posterior over kernel and bias.

    Args:
        units: size of the output, ≥ 1.
        activation: as in ``keras.layers.Dense``.
        kwargs: as for :class:`KernelLayer`.
    """

    def __init__(self, units: int, activation: Any = None, **kwargs: Any) -> None:
        super().__init__(activation=activation, **kwargs)
        self.units = positive_int(units, "units")
        self.input_spec = keras.layers.InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights: the kernel has shape (features, units)."""
        features = input_shape[-1]
        if features is None:
            raise ShapeError(
                "the last axis of the inputs is known when the layer is built",
                where=self.name,
                expected="(batch, ..., features)",
                received=input_shape,
            )
        self.add_kernel_and_bias((features, self.units))
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: features})
        self.built = True

    def linear(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """``inputs · kernel`` along the last axis."""
        return affine(inputs, kernel)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The input's shape with the last axis replaced by ``units``."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "units": self.units}


def affine(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """``x · kernel`` along the last axis of x.

    Args:
        x: shape (..., features).
        kernel: shape (features, units), cast to the dtype of x.

    Returns:
        Shape (..., units).
    """
    # Not tf.matmul, which broadcasts the kernel for each batch row when x has more than two axes.
    return keras.ops.matmul(x, tf.cast(kernel, x.dtype))


def per_example_shape(x: tf.Tensor, size: int) -> tf.Tensor:
    """The shape (batch, 1, ..., 1, size), of the rank of x: one vector an example.

    Args:
        x: any tensor with a batch axis.
        size: length of the vector.
    """
    ones = [1] * (len(x.shape) - 2)
    return tf.stack([tf.shape(x)[0], *ones, size])
