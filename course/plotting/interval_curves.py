"""Means over seeds or tasks with their intervals, one line a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite


def interval_curves(
    curves: Mapping[str, Any],
    axes: Axes,
    *,
    at: Sequence[float],
    xlabel: str,
    ylabel: str,
    log_x: bool = False,
    log_y: bool = False,
) -> Axes:
    """Lines of the mean with a band of ±1.96 standard errors.

    Args:
        curves: by name, shape (repetitions, points), repetitions ≥ 2.
        axes: drawn on.
        at: where the points stand, shape (points,).
        xlabel: what they stand at.
        ylabel: what is measured, with its unit.
        log_x: logarithmic horizontal scale.
        log_y: logarithmic vertical scale.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no curve, or a value is not finite.
        ShapeError: a curve has another number of points, or one repetition.
    """
    if not curves:
        raise ArgumentError("there is a curve to draw", expected="{name: values}", received="no curve")
    places = finite(at, "at", 1)
    for index, (name, given) in enumerate(curves.items()):
        values = finite(given, name, 2)
        if values.shape[1] != len(places) or len(values) < 2:
            raise ShapeError(
                f"`{name}` is (repetitions, points), two repetitions or more",
                expected=f"(≥ 2, {len(places)})",
                received=values.shape,
            )
        mean = values.mean(axis=0)
        error = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(len(values))
        axes.plot(places, mean, color=f"C{index}", marker="o", markersize=3, label=name)
        axes.fill_between(places, mean - error, mean + error, color=f"C{index}", alpha=0.15, linewidth=0)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if log_x:
        axes.set_xscale("log")
        axes.set_xticks(places, [f"{place:g}" for place in places])
        axes.minorticks_off()
    if log_y:
        axes.set_yscale("log")
    axes.legend(fontsize="small")
    return axes
