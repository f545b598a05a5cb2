"""Accuracy on moved images, one square a movement."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite


def shift_map(accuracy: Any, axes: Axes, *, title: str = "") -> Axes:
    """Accuracies in percent at whole-pixel shifts, unmoved in the middle, all maps on one scale.

    Args:
        accuracy: shape (2k + 1, 2k + 1), in [0, 1]; entry (k + dy, k + dx) is for a shift down by dy and to
            the right by dx.
        axes: drawn on.
        title: whose accuracy.

    Returns:
        The same axes.

    Raises:
        ArgumentError: an accuracy is outside [0, 1].
        ShapeError: not a square with a middle.
    """
    values = finite(accuracy, "accuracy", 2)
    rows, columns = values.shape
    if rows != columns or rows % 2 == 0:
        raise ShapeError("a square with a middle", expected="(2k + 1, 2k + 1)", received=values.shape)
    if values.min() < 0 or values.max() > 1:
        raise ArgumentError(
            "an accuracy lies in [0, 1]", expected="[0, 1]", received=f"[{values.min()}, {values.max()}]"
        )
    k = rows // 2
    axes.imshow(values, cmap="viridis", vmin=0, vmax=1, extent=(-k - 0.5, k + 0.5, k + 0.5, -k - 0.5))
    for (row, column), value in np.ndenumerate(values):
        axes.text(
            column - k,
            row - k,
            f"{100 * value:.0f}",
            ha="center",
            va="center",
            fontsize="small",
            color="black" if value > 0.6 else "white",
        )
    axes.set(xlabel="pixels to the right", ylabel="pixels down", title=title)
    axes.set_xticks(range(-k, k + 1))
    axes.set_yticks(range(-k, k + 1))
    return axes
