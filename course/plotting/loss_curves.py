"""Losses over training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError
from course.plotting.arrays import finite


def loss_curves(
    curves: Mapping[str, Sequence[float] | Any],
    axes: Axes,
    *,
    xlabel: str = "epoch",
    ylabel: str = "loss",
) -> Axes:
    """One line a curve, over epochs counted from 1.

    Args:
        curves: by name, as ``History.history`` of Keras holds them; lengths may differ.
        axes: drawn on.
        xlabel: what is counted.
        ylabel: what is measured, with its unit.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no curve, or a loss is not finite.
        ShapeError: a curve is not one-dimensional, or is empty.
    """
    if not curves:
        raise ArgumentError("there is a curve to draw", expected="{name: losses}", received="no curve")
    for name, losses in curves.items():
        values = finite(losses, name, 1)
        axes.plot(np.arange(1, len(values) + 1), values, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return axes
