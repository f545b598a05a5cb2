"""One experiment over several seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite


def seed_lines(x: Any, results: Mapping[str, Any], axes: Axes, *, xlabel: str, ylabel: str) -> Axes:
    """A thin line a seed and a thick one through their mean, one colour a method.

    Args:
        x: shape (k,).
        results: by name, shape (seeds, k).
        axes: drawn on.
        xlabel: of x, with its unit.
        ylabel: what is measured, with its unit.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no result, or a number is not finite.
        ShapeError: a result has not one number for each x.
    """
    places = finite(x, "x", 1)
    if not results:
        raise ArgumentError("there is a result to draw", expected="{name: numbers}", received="none")
    for index, (name, numbers) in enumerate(results.items()):
        values = finite(numbers, name, 2)
        if values.shape[1] != len(places):
            raise ShapeError(
                f"{name!r} has one number for each x",
                expected=f"(seeds, {len(places)})",
                received=values.shape,
            )
        colour = f"C{index % 10}"
        axes.plot(places, values.T, color=colour, alpha=0.3, linewidth=0.8)
        label = f"{name}, mean of {len(values)} seeds" if len(values) > 1 else name
        axes.plot(places, values.mean(axis=0), "o-", color=colour, markersize=4, label=label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return axes
