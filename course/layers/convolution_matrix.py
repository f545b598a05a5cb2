"""A convolution written as a matrix, whose transpose is the transposed convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.errors import ShapeError
from course.validation import int_tuple, one_of


def convolution_matrix(
    kernel: Any, size: tuple[int, int], strides: int | tuple[int, int] = 1, padding: str = "valid"
) -> np.ndarray:
    """The matrix A of a 2-D convolution as deep learning has it, without turning the kernel.

    .. math:: \\mathrm{vec}(\\mathrm{conv}(x)) = A\\,\\mathrm{vec}(x),\\qquad
        \\mathrm{vec}(\\mathrm{conv}^{\\mathsf T}(y)) = A^{\\mathsf T} \\mathrm{vec}(y)

    The transposed convolution goes the other way in shape only: Aᵀ is not A⁻¹, and "deconvolution" a
    misnomer. It is what ``keras.layers.Conv2DTranspose`` computes with the same kernel, and what carries the
    gradient back through the convolution.

    Args:
        kernel: shape (rows, columns), one channel.
        size: height and width of x.
        strides: rows and columns from a window to the next.
        padding: "valid" or "same", as Keras places the zeros.

    Returns:
        float64, shape (new height · new width, height · width).

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: the kernel has not two axes, or is larger than the image under "valid".

    Example:
        >>> convolution_matrix([[1.0, 2.0]], (1, 3)).tolist()
        [[1.0, 2.0, 0.0], [0.0, 1.0, 2.0]]

    Source:
        Dumoulin & Visin 2016, chapter 4; Ivanov, "Convolution" and "Transposed convolution".
    """
    weights = np.asarray(kernel, np.float64)
    height, width = int_tuple(list(size), 2, "size")
    steps = int_tuple(strides, 2, "strides")
    one_of(padding, ("valid", "same"), "padding")
    if weights.ndim != 2 or not weights.size:
        raise ShapeError("the kernel is a matrix", expected="(rows, columns)", received=weights.shape)
    if padding == "valid" and (weights.shape[0] > height or weights.shape[1] > width):
        raise ShapeError(
            "the kernel fits into the image", expected=f"≤ {(height, width)}", received=weights.shape
        )
    down = _windows(height, weights.shape[0], steps[0], padding)
    right = _windows(width, weights.shape[1], steps[1], padding)
    # A[(i, j), (a, b)] sums the kernel's entries that carry x[a, b] to y[i, j]: at most one.
    product = np.einsum("ira,rc,jcb->ijab", down, weights, right)
    return product.reshape(down.shape[0] * right.shape[0], height * width)


def _windows(length: int, window: int, stride: int, padding: str) -> np.ndarray:
    """1 where entry r of window i is entry a of the input: shape (windows, window, length)."""
    if padding == "valid":
        count, before = (length - window) // stride + 1, 0
    else:
        count = -(-length // stride)
        before = max(0, (count - 1) * stride + window - length) // 2
    place = np.arange(count)[:, None] * stride + np.arange(window)[None] - before
    return (place[:, :, None] == np.arange(length)).astype(np.float64)
