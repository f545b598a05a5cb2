"""Max pooling that remembers where each maximum came from."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.errors import DtypeError, ShapeError
from course.validation import int_tuple, one_of


def max_pool_with_argmax(
    x: tf.Tensor, pool_size: tuple[int, ...], strides: tuple[int, ...], padding: str
) -> tuple[tf.Tensor, tf.Tensor]:
    """Maxima of windows, and their places in the input.

    Args:
        x: floating, shape (batch, height, width, channels), with height and width known.
        pool_size: rows and columns of a window.
        strides: rows and columns from a window to the next.
        padding: "valid" or "same".

    Returns:
        The maxima, shape (batch, new height, new width, channels), and int32 places in the same shape: entry
        (y, x, c) of an example counts as (y·width + x)·channels + c. The first of equal maxima is taken.

    Example:
        >>> image = tf.reshape(tf.range(4.0), [1, 2, 2, 1])
        >>> _, place = max_pool_with_argmax(image, (2, 2), (2, 2), "valid")
        >>> place.numpy().ravel().tolist()
        [3]

    Source:
        Badrinarayanan, Kendall & Cipolla 2017, section 3.
    """
    height, width, channels = x.shape[1:]
    top, rows = _geometry(height, pool_size[0], strides[0], padding)
    left, columns = _geometry(width, pool_size[1], strides[1], padding)
    bottom = max(0, (rows - 1) * strides[0] + pool_size[0] - height - top)
    right = max(0, (columns - 1) * strides[1] + pool_size[1] - width - left)
    padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]], constant_values=x.dtype.min)
    # tf.nn.max_pool_with_argmax has no XLA kernel; a slice for each place in the window does, and is as fast
    # for the small windows that pooling uses.
    slices, places = [], []
    row, column = tf.range(rows) * strides[0] - top, tf.range(columns) * strides[1] - left
    channel = tf.range(channels)
    for i in range(pool_size[0]):
        for j in range(pool_size[1]):
            last = i + (rows - 1) * strides[0] + 1, j + (columns - 1) * strides[1] + 1
            slices.append(padded[:, i : last[0] : strides[0], j : last[1] : strides[1], :])
            flat = (row[:, None, None] + i) * width + column[None, :, None] + j
            places.append(flat * channels + channel)
    stacked = tf.stack(slices)
    winner = tf.argmax(stacked, axis=0, output_type=tf.int32)
    # A product with the winner's one-hot would turn an infinite loser into NaN; gather does not look at
    # losers.
    pooled = _take_first_axis(stacked, winner)
    place = tf.broadcast_to(tf.stack(places)[:, None], tf.shape(stacked))
    return pooled, _take_first_axis(place, winner)


def _geometry(length: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """Padding before the first entry, and number of windows."""
    if padding == "valid":
        return 0, (length - window) // stride + 1
    count = -(-length // stride)
    return max(0, (count - 1) * stride + window - length) // 2, count


def _take_first_axis(stacked: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    last = tf.transpose(stacked, [1, 2, 3, 4, 0])
    return tf.gather(last, index, axis=4, batch_dims=4)


@keras.saving.register_keras_serializable(package="course")
class MaxPoolingWithArgmax2D(keras.layers.Layer):
    """Max pooling with a second output: where in the input each maximum was.

    ::

        outputs[y, x, c] = max of the window,   places[y, x, c] = (y*·width + x*)·channels + c

    :class:`MaxUnpooling2D` puts values back at these places.

    Args:
        pool_size: rows and columns of a window.
        strides: from a window to the next; None takes ``pool_size``.
        padding: "valid" or "same".
        kwargs: as for ``keras.layers.Layer``.

    Call arguments:
        inputs: floating, shape (batch, height, width, channels), with height, width and channels known.

    Output shape:
        Two tensors (batch, new height, new width, channels): maxima, and int32 places within an example.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: height or width is unknown, or smaller than a window.

    Example:
        >>> pooled, places = MaxPoolingWithArgmax2D()(tf.ones([1, 4, 4, 3]))
        >>> pooled.shape, places.dtype
        (TensorShape([1, 2, 2, 3]), tf.int32)

    Source:
        Badrinarayanan, Kendall & Cipolla 2017, section 3.
    """

    def __init__(
        self,
        pool_size: int | tuple[int, int] = 2,
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = int_tuple(pool_size, 2, "pool_size")
        self.strides = self.pool_size if strides is None else int_tuple(strides, 2, "strides")
        self.padding = one_of(padding, ("valid", "same"), "padding")
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Refuses inputs whose size is unknown: the places are counted in it."""
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        """Maxima and places.

        Args:
            inputs: shape (batch, height, width, channels).
        """
        if not inputs.dtype.is_floating:
            raise DtypeError(
                "inputs are floating-point numbers",
                where=self.name,
                expected=self.compute_dtype,
                received=inputs.dtype.name,
            )
        return list(max_pool_with_argmax(inputs, self.pool_size, self.strides, self.padding))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> list[tuple[int | None, ...]]:
        """Twice (batch, new height, new width, channels)."""
        batch, *lengths, channels = input_shape
        counts = []
        for axis, length in enumerate(lengths):
            least = self.pool_size[axis] if self.padding == "valid" else 1
            if length is None or channels is None or length < least:
                raise ShapeError(
                    "height, width and channels are known, and no window is larger than the input",
                    where=self.name,
                    expected=f"≥ {least} along spatial axis {axis}",
                    received=f"an input of shape {input_shape}",
                )
            counts.append(_geometry(length, self.pool_size[axis], self.strides[axis], self.padding)[1])
        return [(batch, *counts, channels)] * 2

    def compute_output_spec(self, inputs: keras.KerasTensor) -> list[keras.KerasTensor]:
        """Maxima in the compute dtype, places in int32."""
        values, places = self.compute_output_shape(inputs.shape)
        return [keras.KerasTensor(values, self.compute_dtype), keras.KerasTensor(places, "int32")]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
        }
