"""A matrix by its signs and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.plotting.arrays import finite


def signed_matrix(matrix: Any, axes: Axes, *, xlabel: str = "input", ylabel: str = "output") -> Axes:
    """Entries as colours: red above zero, blue below, white at zero.

    Args:
        matrix: shape (rows, columns).
        axes: drawn on.
        xlabel: what a column is.
        ylabel: what a row is.

    Returns:
        The same axes.

    Raises:
        ArgumentError: an entry is not finite.
        ShapeError: not a matrix.
    """
    values = finite(matrix, "matrix", 2)
    most = float(np.abs(values).max()) or 1.0
    axes.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    return axes
