"""Functions of one variable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite


def function_curves(
    x: Any,
    curves: Mapping[str, Any],
    axes: Axes,
    *,
    xlabel: str = "x",
    ylabel: str = "value",
    dashed: Collection[str] = (),
) -> Axes:
    """One line a function, over the same points.

    Args:
        x: the points, shape (n,).
        curves: values by name, shape (n,) each.
        axes: drawn on.
        xlabel: what x is.
        ylabel: what the values are, with their unit.
        dashed: names of curves drawn dashed, for what is exact.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no curve, a value is not finite, or ``dashed`` names no curve.
        ShapeError: a curve has not one value a point.
    """
    points = finite(x, "x", 1)
    if not curves or not set(dashed) <= set(curves):
        raise ArgumentError(
            "there is a curve of each name",
            expected=f"at least one, and {sorted(dashed)}",
            received=sorted(curves),
        )
    for name, values in curves.items():
        line = finite(values, name, 1)
        if line.shape != points.shape:
            raise ShapeError(f"`{name}` has a value a point", expected=points.shape, received=line.shape)
        axes.plot(points, line, "--" if name in dashed else "-", label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return axes
