"""Predictions with their spread."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite


def predictive_band(
    x: Any,
    draws: Any,
    axes: Axes,
    *,
    level: float = 0.9,
    xlabel: str = "x",
    ylabel: str = "prediction",
) -> Axes:
    """The mean of drawn functions and the central band that holds a share of them.

    Args:
        x: shape (n,).
        draws: functions at these points, shape (draws, n).
        axes: drawn on.
        level: share inside the band, in (0, 1).
        xlabel: what x is.
        ylabel: what is predicted, with its unit.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a value is not finite, or the level is not inside (0, 1).
        ShapeError: the shapes do not fit.
    """
    points, values = finite(x, "x", 1), finite(draws, "draws", 2)
    if values.shape[1] != len(points):
        raise ShapeError(
            "each draw has a value a point", expected=f"(draws, {len(points)})", received=values.shape
        )
    if not 0 < level < 1:
        raise ArgumentError("a level is a share", expected="0 < level < 1", received=f"level={level!r}")
    order = np.argsort(points)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
    axes.fill_between(points[order], low[order], high[order], alpha=0.25, label=f"{level:.0%} of the draws")
    axes.plot(points[order], values.mean(axis=0)[order], label="mean")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return axes
