"""Estimates against the values that they should have."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from course.errors import ShapeError
from course.plotting.arrays import finite


def agreement(
    exact: Any, estimated: Any, axes: Axes, *, xlabel: str = "exact", ylabel: str = "estimated"
) -> Axes:
    """One point a pair of values, and the line on which they would be equal.

    Args:
        exact: shape (n,).
        estimated: shape (n,).
        axes: drawn on.
        xlabel: what is exact, with its unit.
        ylabel: what is estimated, with its unit.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a value is not finite.
        ShapeError: not one estimate a value.
    """
    x, y = finite(exact, "exact", 1), finite(estimated, "estimated", 1)
    if x.shape != y.shape:
        raise ShapeError("every value has an estimate", expected=x.shape, received=y.shape)
    axes.axline((float(x[0]), float(x[0])), slope=1.0, color="0.7", linewidth=0.8, zorder=0)
    axes.scatter(x, y, s=8, alpha=0.5, linewidths=0)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_aspect("equal", adjustable="datalim")
    return axes
