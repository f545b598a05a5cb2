"""What the nine variational convolution layers share."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.layers.kernel_layer import KernelLayer
from course.validation import int_tuple, one_of, positive_int


class ConvBase(KernelLayer):
    """``activation(inputs ⋆ kernel + bias)`` with a posterior over kernel and bias.

    Args:
        filters: output channels, ≥ 1, a multiple of ``groups``.
        kernel_size: one positive integer, or one a spatial dimension.
        strides: likewise; above 1 only without dilation.
        padding: "valid" or "same"; in one dimension also "causal".
        data_format: "channels_last" or "channels_first"; None takes Keras' setting.
        dilation_rate: as ``kernel_size``.
        groups: number of blocks that the channels are split into, each convolved on its own.
        activation: as in Keras' convolutions.
        kwargs: as for :class:`KernelLayer`.

    Raises:
        ArgumentError: an argument is outside its range, or two do not go together.
    """

    rank: ClassVar[int]
    """Number of spatial dimensions."""

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, ...] = 1,
        groups: int = 1,
        activation: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activation=activation, **kwargs)
        self.filters = positive_int(filters, "filters")
        self.kernel_size = int_tuple(kernel_size, self.rank, "kernel_size")
        self.strides = int_tuple(strides, self.rank, "strides")
        self.dilation_rate = int_tuple(dilation_rate, self.rank, "dilation_rate")
        paddings = ("valid", "same", "causal") if self.rank == 1 else ("valid", "same")
        self.padding = one_of(padding, paddings, "padding")
        formats = ("channels_last", "channels_first")
        self.data_format = one_of(data_format or keras.config.image_data_format(), formats, "data_format")
        self.groups = positive_int(groups, "groups")
        if self.filters % self.groups:
            raise ArgumentError(
                "`filters` is a multiple of `groups`",
                where=self.name,
                expected=f"a multiple of {self.groups}",
                received=f"filters={filters}",
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ArgumentError(
                "a convolution has strides or dilation, not both",
                where=self.name,
                expected="strides=1 or dilation_rate=1",
                received=f"strides={strides}, dilation_rate={dilation_rate}",
            )
        self.input_spec = keras.layers.InputSpec(ndim=self.rank + 2)

    @property
    def channel_axis(self) -> int:
        """Axis of the channels: −1 or 1."""
        return -1 if self.data_format == "channels_last" else 1

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights: the kernel has shape (*kernel_size, channels / groups, filters)."""
        channels = input_shape[self.channel_axis]
        if channels is None or channels % self.groups:
            raise ShapeError(
                "the number of input channels is known and a multiple of `groups`",
                where=self.name,
                expected=f"a multiple of {self.groups} on axis {self.channel_axis}",
                received=f"{channels} in an input of shape {input_shape}",
            )
        self.compute_output_shape(input_shape)  # refuses an input smaller than the kernel
        self.add_kernel_and_bias((*self.kernel_size, channels // self.groups, self.filters))
        self.input_spec = keras.layers.InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        self.built = True

    def linear(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """``inputs ⋆ kernel``: cross-correlation, as in Keras."""
        padding = self.padding
        if padding == "causal":
            left = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            steps = [left, 0]
            middle = [steps, [0, 0]] if self.data_format == "channels_last" else [[0, 0], steps]
            inputs, padding = tf.pad(inputs, [[0, 0], *middle]), "valid"
        return keras.ops.conv(
            inputs,
            tf.cast(kernel, inputs.dtype),
            strides=list(self.strides),
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )

    def align_channels(self, values: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The values, one a channel, shaped to broadcast along the channels of the outputs.

        Args:
            values: shape (..., channels): (channels,) or (batch, channels).
            outputs: shape (batch, *spatial, channels), or (batch, channels, *spatial).
        """
        ones = [1] * self.rank
        leading = tf.shape(values)[:-1]
        if self.data_format == "channels_last":
            shape = tf.concat([leading, ones, tf.shape(values)[-1:]], axis=0)
        else:
            shape = tf.concat([tf.shape(values), ones], axis=0)
        return tf.reshape(values, shape)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, *spatial, filters), or (batch, filters, *spatial) with channels first.

        Raises:
            ShapeError: the input is smaller than the kernel.
        """
        first = 1 if self.data_format == "channels_last" else 2
        spatial = input_shape[first : first + self.rank]
        lengths = tuple(self._output_length(length, axis, input_shape) for axis, length in enumerate(spatial))
        if self.data_format == "channels_last":
            return (input_shape[0], *lengths, self.filters)
        return (input_shape[0], self.filters, *lengths)

    def _output_length(self, length: int | None, axis: int, shape: tuple[int | None, ...]) -> int | None:
        if length is None:
            return None
        if length < self._window(axis):
            raise ShapeError(
                "the input is at least as large as the kernel's window",
                where=self.name,
                expected=f"≥ {self._window(axis)} along spatial axis {axis}",
                received=f"{length} in an input of shape {shape}",
                fix="use padding='same' or a smaller kernel",
            )
        return (length - self._window(axis)) // self.strides[axis] + 1

    def _window(self, axis: int) -> int:
        # k taps, d apart, cover d(k − 1) + 1 positions; "same" and "causal" pad that away.
        if self.padding != "valid":
            return 1
        return self.dilation_rate[axis] * (self.kernel_size[axis] - 1) + 1

    def output_shape_of(self, inputs: tf.Tensor) -> tf.Tensor:
        """The shape of the outputs as a tensor, for inputs whose lengths are known only when the graph runs.

        Args:
            inputs: as in :meth:`call`.
        """
        shape = tf.unstack(tf.shape(inputs))
        first = 1 if self.data_format == "channels_last" else 2
        for axis in range(self.rank):
            shape[first + axis] = (shape[first + axis] - self._window(axis)) // self.strides[axis] + 1
        shape[self.channel_axis] = self.filters
        return tf.stack(shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
        }
