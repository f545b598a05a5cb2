"""Measured points on a log–log plot, beside the lines that theory gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite


def log_log_lines(
    x: Any,
    measured: Mapping[str, Any],
    exact: Mapping[str, Any],
    axes: Axes,
    *,
    xlabel: str,
    ylabel: str,
) -> Axes:
    """Points for what was measured, dashed lines for what is exact, one colour a name.

    Args:
        x: positive, shape (n,).
        measured: by name, positive, shape (n,).
        exact: by name, positive, shape (n,); names of ``measured`` share their colour.
        axes: drawn on.
        xlabel: what x is.
        ylabel: what is measured, with its unit.

    Returns:
        The same axes.

    Raises:
        ArgumentError: nothing is measured, or a value is not positive.
        ShapeError: the shapes do not fit.
    """
    points = finite(x, "x", 1)
    if not measured:
        raise ArgumentError("there is something measured", expected="{name: values}", received="nothing")
    colours: dict[str, Any] = {}
    for values, style in ((measured, "o"), (exact, "--")):
        for name, row in values.items():
            y = finite(row, name, 1)
            if y.shape != points.shape:
                raise ShapeError(f"`{name}` has a value a point", expected=points.shape, received=y.shape)
            if min(y.min(), points.min()) <= 0:
                raise ArgumentError("a logarithm takes positive numbers", where=name, received=float(y.min()))
            label = name if style == "o" else f"{name}, exact"
            (line,) = axes.loglog(points, y, style, ms=4, lw=1.2, color=colours.get(name), label=label)
            colours.setdefault(name, line.get_color())
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return axes
