"""Images moved and scaled: to enlarge a data set, and to measure what a network makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.errors import ArgumentError, ShapeError
from course.validation import positive_float, positive_int


def on_canvas(images: Any, size: int) -> np.ndarray:
    """Images in the middle of a larger blank square.

    Args:
        images: shape (n, height, width).
        size: of the square, ≥ both; an odd margin leaves the extra pixel below and on the right.

    Returns:
        Shape (n, size, size), the dtype of the images.

    Raises:
        ArgumentError: ``size`` is too small.
        ShapeError: not a stack of images.

    Example:
        >>> on_canvas(np.ones((1, 1, 2)), 4)[0].tolist()
        [[0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    stack = _stack(images)
    least = max(stack.shape[1:])
    if positive_int(size, "size") < least:
        raise ArgumentError(
            "the images fit on the canvas",
            expected=f"size ≥ {least}",
            received=f"size={size!r}",
        )
    margins = [(0, 0)] + [((size - n) // 2, size - n - (size - n) // 2) for n in stack.shape[1:]]
    return np.pad(stack, margins)


def shifted(images: Any, down: Any, right: Any) -> np.ndarray:
    """Images moved by whole pixels; what leaves is lost, what comes in is 0.

    Args:
        images: shape (n, height, width).
        down: pixels, an integer for all or shape (n,); negative moves up.
        right: the same; negative moves left.

    Returns:
        The same shape and dtype.

    Raises:
        ArgumentError: a shift is not an integer.
        ShapeError: not a stack of images, or not one shift an image.

    Example:
        >>> shifted([[[1, 2], [3, 4]]], down=1, right=0).tolist()
        [[[0, 0], [1, 2]]]
    """
    stack = _stack(images)
    count, height, width = stack.shape
    dy, dx = _one_each(down, count, "down"), _one_each(right, count, "right")
    rows, columns = np.arange(height)[None] - dy[:, None], np.arange(width)[None] - dx[:, None]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    index = np.arange(count)[:, None, None], (rows % height)[:, :, None], (columns % width)[:, None, :]
    return np.where(inside, stack[index], np.zeros((), stack.dtype))


def scaled(images: Any, factor: Any) -> np.ndarray:
    """Images made larger or smaller about their middle, bilinear; the size of the array stays.

    .. math:: y(p) = x(c + (p - c)/s),\\quad c = \\text{the middle}

    Args:
        images: shape (n, height, width); outside they count as 0.
        factor: s > 0, a number for all or shape (n,); above 1 enlarges.

    Returns:
        The same shape, float32.

    Raises:
        ArgumentError: a factor is not positive.
        ShapeError: not a stack of images, or not one factor an image.

    Example:
        >>> scaled(np.eye(3)[None], 1.0)[0].tolist() == np.eye(3).tolist()
        True
    """
    stack = _stack(images).astype(np.float64)
    count, height, width = stack.shape
    factors = np.asarray(factor, np.float64)
    if factors.shape not in ((), (count,)):
        raise ShapeError("one factor for all or one an image", expected=(count,), received=factors.shape)
    for value in np.atleast_1d(factors):
        positive_float(float(value), "factor")
    factors = np.broadcast_to(factors, (count,))[:, None]
    # Bilinear interpolation is separable: a matrix for the rows, another for the columns.
    down = _interpolation(height, factors)
    right = _interpolation(width, factors)
    return (down @ stack @ right.transpose(0, 2, 1)).astype(np.float32)


def augmented(
    images: Any,
    labels: Any,
    copies: int,
    *,
    shift: int = 0,
    scale: tuple[float, float] = (1.0, 1.0),
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """A data set enlarged by moved and scaled copies, the originals first.

    "If you can't consider invariants in architecture, enlarge your dataset."

    Args:
        images: shape (n, height, width).
        labels: shape (n, ...): repeated as they are.
        copies: of each image, ≥ 1, besides the original.
        shift: the most pixels in each direction, ≥ 0; uniform on −shift to shift.
        scale: least and largest factor, > 0; log-uniform between them.
        seed: of the draws.

    Returns:
        Images of shape ((copies + 1)·n, height, width), float32, and labels.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: not a stack of images, or not one label an image.

    Example:
        >>> x, y = augmented(np.ones((2, 4, 4)), [0, 1], copies=3, shift=1)
        >>> x.shape, y.tolist()
        ((8, 4, 4), [0, 1, 0, 1, 0, 1, 0, 1])

    Source:
        Ivanov, "Augmentation".
    """
    stack, targets = _stack(images).astype(np.float32), np.asarray(labels)
    if targets.shape[:1] != stack.shape[:1]:
        raise ShapeError("every image has one label", expected=len(stack), received=targets.shape)
    if isinstance(shift, bool) or not isinstance(shift, int) or shift < 0:
        raise ArgumentError(
            "`shift` is a number of pixels", expected="an integer ≥ 0", received=f"shift={shift!r}"
        )
    low, high = (positive_float(end, "scale") for end in scale)
    if low > high:
        raise ArgumentError("`scale` is an interval", expected="least ≤ largest", received=f"scale={scale!r}")
    rng = np.random.default_rng(seed)
    parts = [stack]
    for _ in range(positive_int(copies, "copies")):
        moved = stack
        if high > low or low != 1.0:
            moved = scaled(moved, np.exp(rng.uniform(np.log(low), np.log(high), size=len(stack))))
        dy, dx = rng.integers(-shift, shift + 1, size=(2, len(stack)))
        parts.append(shifted(moved, dy, dx))
    return np.concatenate(parts), np.concatenate([targets] * len(parts))


def _stack(images: Any) -> np.ndarray:
    stack = np.asarray(images)
    if stack.ndim != 3 or not stack.size:
        raise ShapeError("a stack of images", expected="(n, height, width)", received=stack.shape)
    return stack


def _one_each(value: Any, count: int, name: str) -> np.ndarray:
    shifts = np.asarray(value)
    if not np.issubdtype(shifts.dtype, np.integer):
        raise ArgumentError(f"`{name}` is in whole pixels", expected="integers", received=shifts.dtype)
    if shifts.shape not in ((), (count,)):
        raise ShapeError(f"`{name}`: one for all or one an image", expected=(count,), received=shifts.shape)
    return np.broadcast_to(shifts, (count,))


def _interpolation(length: int, factors: np.ndarray) -> np.ndarray:
    """Matrices (n, length, length): output pixels as weighted sums of input pixels."""
    middle = (length - 1) / 2
    source = middle + (np.arange(length)[None] - middle) / factors
    # The hat function: 1 at the pixel itself, 0 at its neighbours; beyond the border nothing is there.
    return np.maximum(0.0, 1.0 - np.abs(source[:, :, None] - np.arange(length)))
