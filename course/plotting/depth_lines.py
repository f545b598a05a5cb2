"""One number a layer, against depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course.errors import ArgumentError
from course.plotting.arrays import finite


def depth_lines(values: Mapping[str, Any], axes: Axes, *, ylabel: str = "norm of the gradient") -> Axes:
    """One line a network on a logarithmic scale: a straight one grows or vanishes by a factor a layer.

    Args:
        values: by name, shape (layers,), each > 0, the layer next to the input first.
        axes: drawn on.
        ylabel: what is measured.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no line, or a value is not positive.
        ShapeError: a line is not one-dimensional, or is empty.
    """
    if not values:
        raise ArgumentError("there is a line to draw", expected="{name: values}", received="none")
    for name, numbers in values.items():
        line = finite(numbers, name, 1)
        if line.min() <= 0:
            raise ArgumentError(
                f"{name!r} is positive, for a logarithmic scale", expected="> 0", received=line.min()
            )
        axes.semilogy(np.arange(1, len(line) + 1), line, "o-", markersize=4, label=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="layer, from the input", ylabel=ylabel)
    axes.legend(fontsize="small")
    return axes
