"""Unpooling: values go back to the places that max pooling took them from."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.errors import DtypeError, ShapeError
from course.validation import int_tuple


def max_unpool(values: tf.Tensor, places: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Zeros with the values added at their places.

    Args:
        values: shape (batch, rows, columns, channels).
        places: integers in the same shape, (y·width + x)·channels + c for entry (y, x, c) of an example.
        height: of the result.
        width: of the result; the one that the places were counted with.

    Returns:
        Shape (batch, height, width, channels): the transpose of the selection that pooling made.

    Source:
        Badrinarayanan, Kendall & Cipolla 2017, section 3.
    """
    channels = values.shape[-1]
    batch = tf.shape(values)[0]
    size = height * width * channels
    offset = tf.range(batch)[:, None, None, None] * size
    flat = tf.reshape(tf.cast(places, tf.int32) + offset, [-1, 1])
    scattered = tf.scatter_nd(flat, tf.reshape(values, [-1]), tf.stack([batch * size]))
    return tf.reshape(scattered, tf.stack([batch, height, width, channels]))


@keras.saving.register_keras_serializable(package="course")
class MaxUnpooling2D(keras.layers.Layer):
    """The decoder's half of :class:`MaxPoolingWithArgmax2D`.

    ::

        outputs[places[i]] += values[i], elsewhere 0

    Windows that overlap can name one place twice; their values add, as the transpose of pooling does.

    Args:
        output_size: height and width of the output, those of the pooled input; they cannot be told from the
            pooled size when windows overlap or do not divide it.
        kwargs: as for ``keras.layers.Layer``.

    Call arguments:
        inputs: the list [values, places], both of shape (batch, rows, columns, channels).

    Output shape:
        (batch, *output_size, channels).

    Raises:
        ArgumentError: ``output_size`` is not one or two positive integers.
        ShapeError: values and places differ in shape.

    Example:
        >>> pooled = MaxPoolingWithArgmax2D()(tf.ones([1, 4, 4, 3]))
        >>> MaxUnpooling2D((4, 4))(pooled).shape
        TensorShape([1, 4, 4, 3])

    Source:
        Badrinarayanan, Kendall & Cipolla 2017, section 3.
    """

    def __init__(self, output_size: int | tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = int_tuple(output_size, 2, "output_size")

    def build(self, input_shape: Any) -> None:
        """Refuses anything but two equal shapes with known channels."""
        if len(input_shape) != 2 or tuple(input_shape[0]) != tuple(input_shape[1]):
            raise ShapeError(
                "inputs are a list of values and places of one shape",
                where=self.name,
                expected="[values, places]",
                received=f"shapes {input_shape}",
            )
        if len(input_shape[0]) != 4 or input_shape[0][-1] is None:
            raise ShapeError(
                "values have four axes, with the channels known",
                where=self.name,
                expected="(batch, rows, columns, channels)",
                received=input_shape[0],
            )
        self.built = True

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        """The values at their places.

        Args:
            inputs: [values, places].
        """
        values, places = inputs
        if not places.dtype.is_integer:
            raise DtypeError(
                "places are integers",
                where=self.name,
                expected="int32 or int64",
                received=places.dtype.name,
                fix="pass both outputs of MaxPoolingWithArgmax2D, in their order",
            )
        return max_unpool(values, places, *self.output_size)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """(batch, *output_size, channels)."""
        values = input_shape[0]
        return (values[0], *self.output_size, values[-1])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "output_size": self.output_size}
