"""What the pictures ask of their arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.errors import ArgumentError, ShapeError


def finite(values: Any, name: str, ndim: int) -> np.ndarray:
    """The values as a float64 array of so many axes, none of them empty.

    Args:
        values: anything that NumPy takes.
        name: the argument's name, for the message.
        ndim: number of axes.

    Raises:
        ArgumentError: an entry is NaN or infinite.
        ShapeError: the number of axes is another, or one is empty.

    Example:
        >>> finite([1, 2], "x", 1)
        array([1., 2.])
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != ndim or not array.size:
        raise ShapeError(
            f"`{name}` has the wrong shape", expected=f"{ndim} axes, none empty", received=array.shape
        )
    if not np.all(np.isfinite(array)):
        raise ArgumentError(f"`{name}` is finite", received=f"{np.sum(~np.isfinite(array))} NaN or infinite")
    return array
