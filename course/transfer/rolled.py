"""Images moved by a few pixels, round the edges."""

from __future__ import annotations

import numpy as np

from course.errors import ArgumentError, ShapeError


def rolled(images: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
    """Each image moved cyclically by a shift of its own, uniform in both directions; no pixel is lost.

    ::

        new[i, j] = old[(i − a) mod h, (j − b) mod w],   a, b ~ uniform{−most, ..., most}

    Args:
        images: shape (n, h, w).
        most: the largest shift, in pixels, ≥ 0.
        generator: of the shifts.

    Returns:
        The same shape and dtype.

    Raises:
        ArgumentError: ``most`` is no integer ≥ 0.
        ShapeError: the images are of another rank.

    Example:
        >>> rolled(np.eye(3)[None], 0, np.random.default_rng(0)).trace(axis1=1, axis2=2).tolist()
        [3.0]
    """
    if isinstance(most, bool) or not isinstance(most, int) or most < 0:
        raise ArgumentError(
            "`most` is a number of pixels", expected="an integer ≥ 0", received=f"most={most!r}"
        )
    if images.ndim != 3:
        raise ShapeError("images are (n, h, w)", expected="(n, h, w)", received=images.shape)
    down, right = generator.integers(-most, most + 1, (2, len(images), 1))
    rows = (np.arange(images.shape[1]) - down) % images.shape[1]
    columns = (np.arange(images.shape[2]) - right) % images.shape[2]
    return images[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]
