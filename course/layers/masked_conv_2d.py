"""Convolution that sees earlier pixels only."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.errors import ArgumentError
from course.validation import int_tuple, one_of


def causal_mask(kernel_size: tuple[int, int], mask: str, order: str = "raster") -> np.ndarray:
    """Which taps of a kernel lie on earlier pixels.

    Args:
        kernel_size: height and width, odd; the middle tap lies on the pixel itself.
        mask: ``"A"`` leaves out what is not strictly earlier; ``"B"`` keeps it.
        order: ``"raster"``, row by row from left to right, or ``"rows"``, where a whole row comes at once.

    Returns:
        Shape of the kernel, bool.

    Example:
        >>> causal_mask((3, 3), "A").astype(int).tolist()
        [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
        >>> causal_mask((3, 3), "B", "rows").astype(int).tolist()
        [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    """
    height, width = kernel_size
    rows, columns = np.indices((height, width)) - np.array([height // 2, width // 2])[:, None, None]
    step = rows * width + columns if order == "raster" else rows
    return step < 0 if mask == "A" else step <= 0


@keras.saving.register_keras_serializable(package="course")
class MaskedConv2D(keras.layers.Conv2D):
    """``activation(inputs ⋆ (mask · kernel) + bias)``: no output depends on a later pixel.

    ::

        mask A, raster:  1 1 1     mask B, raster:  1 1 1     mask B, rows:  1 1 1
                         1 0 0                      1 1 0                    1 1 1
                         0 0 0                      0 0 0                    0 0 0

    A network's first layer takes mask A, so that a pixel is not predicted from itself; the layers above it
    take B, since their inputs at a pixel know only what came before that pixel. All channels of a pixel come
    at once: colours are not put in an order.

    Args:
        filters: output channels, ≥ 1.
        kernel_size: one odd number or two; the middle tap lies on the pixel itself.
        mask: ``"A"`` or ``"B"``: without the pixel itself, or with it.
        order: ``"raster"``, row by row from left to right, or ``"rows"``, where a whole row comes at once.
        kwargs: as for ``keras.layers.Conv2D``; strides are 1 and the padding is ``"same"``.

    Call arguments:
        inputs: shape (batch, height, width, channels).

    Output shape:
        (batch, height, width, filters).

    Raises:
        ArgumentError: an unknown mask or order, an even kernel size, strides, or another padding.

    Example:
        >>> MaskedConv2D(4, 3, mask="A")(tf.ones([1, 8, 8, 1])).shape
        TensorShape([1, 8, 8, 4])

    Source:
        van den Oord, Kalchbrenner & Kavukcuoglu 2016, section 3.4; Batra, "So far...".
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        *,
        mask: str = "B",
        order: str = "raster",
        **kwargs: Any,
    ) -> None:
        size = int_tuple(kernel_size, 2, "kernel_size")
        if not all(extent % 2 for extent in size):
            raise ArgumentError(
                "a masked kernel has a middle", expected="odd sizes", received=f"kernel_size={kernel_size!r}"
            )
        padding, strides = kwargs.pop("padding", "same"), kwargs.pop("strides", 1)
        if padding != "same" or int_tuple(strides, 2, "strides") != (1, 1):
            raise ArgumentError(
                "outputs stand at the pixels of the inputs",
                expected="padding='same', strides=1",
                received=f"padding={padding!r}, strides={strides!r}",
            )
        super().__init__(filters, size, padding="same", **kwargs)
        self.mask = one_of(mask, ("A", "B"), "mask")
        self.order = one_of(order, ("raster", "rows"), "order")

    def convolution_op(self, inputs: tf.Tensor, kernel: Any) -> tf.Tensor:
        """The convolution with the masked kernel."""
        mask = causal_mask(self.kernel_size, self.mask, self.order)[..., None, None]
        kernel = tf.convert_to_tensor(kernel)
        return super().convolution_op(inputs, kernel * tf.cast(mask, kernel.dtype))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "mask": self.mask, "order": self.order}
