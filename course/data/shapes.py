"""Discs, squares and triangles on a noisy ground, with the class of every pixel: generated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course.errors import ArgumentError
from course.validation import finite_float, positive_int

SHAPE_CLASSES = ("ground", "disc", "square", "triangle")
"""By their number in a mask."""

_LEAST_SIZE = 12


class Shapes(NamedTuple):
    """Images and their masks.

    Args:
        images: shape (n, size, size, 1), float32.
        masks: shape (n, size, size), int32: each pixel's class, an index into :data:`SHAPE_CLASSES`.
    """

    images: np.ndarray
    masks: np.ndarray


def shapes(count: int, *, size: int = 24, objects: int = 2, std: float = 0.1, seed: int = 0) -> Shapes:
    """Images with a few shapes each, of random class, place, size and grey level.

    A pixel of a shape has that shape's level, drawn from [0.5, 1]; the ground is 0; Gaussian noise lies over
    both, so that values leave [0, 1] a little. A later shape covers an earlier one. A shape's
    centre lies anywhere in the image, and what reaches over the border is cut off. No download; the same
    arguments give the same images.

    Args:
        count: n ≥ 1.
        size: height and width in pixels, ≥ 12.
        objects: shapes an image, ≥ 1.
        std: of the noise, ≥ 0.
        seed: of everything drawn.

    Returns:
        Images and masks.

    Raises:
        ArgumentError: a count is not positive, ``size`` is below 12, or ``std`` is negative.

    Example:
        >>> data = shapes(3, size=16)
        >>> data.images.shape, data.masks.shape, int(data.masks.max()) <= 3
        ((3, 16, 16, 1), (3, 16, 16), True)

    Source:
        Ivanov, "Inside decoder for segmentation".
    """
    number, noise = positive_int(count, "count"), finite_float(std, "std")
    if positive_int(size, "size") < _LEAST_SIZE:
        raise ArgumentError(
            "a shape fits into the image", expected=f"size ≥ {_LEAST_SIZE}", received=f"size={size!r}"
        )
    if noise < 0:
        raise ArgumentError("`std` is not negative", expected="std ≥ 0", received=f"std={std!r}")
    rng = np.random.default_rng(seed)
    images = np.zeros((number, size, size))
    masks = np.zeros((number, size, size), np.int32)
    for _ in range(positive_int(objects, "objects")):
        kind = rng.integers(1, len(SHAPE_CLASSES), size=(number, 1, 1))
        radius = rng.uniform(size / 8, size / 4, size=(number, 1, 1))
        centre = rng.uniform(0, size - 1, size=(2, number, 1, 1))
        inside = _inside(kind, radius, centre, size)
        masks = np.where(inside, kind.astype(np.int32), masks)
        images = np.where(inside, rng.uniform(0.5, 1.0, size=(number, 1, 1)), images)
    images += noise * rng.normal(size=images.shape)
    return Shapes(images[..., None].astype(np.float32), masks)


def _inside(kind: np.ndarray, radius: np.ndarray, centre: np.ndarray, size: int) -> np.ndarray:
    """Which pixels lie in the shape; the three have about the same area at one radius."""
    y = np.arange(size)[None, :, None] - centre[0]
    x = np.arange(size)[None, None, :] - centre[1]
    disc = y**2 + x**2 <= radius**2
    square = np.maximum(np.abs(y), np.abs(x)) <= 0.89 * radius
    # Equilateral, with its centroid at the centre and a corner upwards: three half planes.
    inner = 0.78 * radius
    triangle = (y <= inner) & (-0.5 * y + np.sqrt(0.75) * np.abs(x) <= inner)
    return np.where(kind == 1, disc, np.where(kind == 2, square, triangle))
