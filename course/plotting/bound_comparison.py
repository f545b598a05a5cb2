"""Bounds and likelihoods of several models beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError
from course.plotting.arrays import finite


def bound_comparison(results: Mapping[str, Any], axes: Axes, *, xlabel: str = "nats an image") -> Axes:
    """One row a model: a dot a seed, and a bar at their mean.

    Args:
        results: by name, one number a seed; a single number where nothing is random.
        axes: drawn on; the first name stands at the top.
        xlabel: what is compared, with its unit.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is nothing to compare, or a number is not finite.
        ShapeError: a result is not a list of numbers.
    """
    if not results:
        raise ArgumentError("there is a result to draw", expected="{name: numbers}", received="none")
    for row, (name, numbers) in enumerate(results.items()):
        values = finite(np.atleast_1d(np.asarray(numbers, dtype=np.float64)), name, 1)
        axes.plot(values, np.full(len(values), row), "o", color=f"C{row % 10}", alpha=0.5)
        mean = values.mean()
        axes.plot([mean, mean], [row - 0.3, row + 0.3], color=f"C{row % 10}", linewidth=2)
        spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
        axes.annotate(f"{mean:.2f}{spread}", (mean, row - 0.34), ha="center", va="bottom", fontsize="small")
    axes.set_yticks(range(len(results)), list(results))
    axes.set_ylim(len(results) - 0.4, -0.8)
    axes.margins(x=0.15)
    axes.set(xlabel=xlabel, ylabel="model")
    return axes
