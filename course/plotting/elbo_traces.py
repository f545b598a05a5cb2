"""How bounds rise while variational parameters are fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.validation import finite_float


def elbo_traces(axes: Axes, traces: Mapping[str, Any], *, best: float | None = None) -> Axes:
    """One color an estimator: its runs as thin lines, their average over the runs as a thick one.

    Args:
        axes: where to draw.
        traces: by the estimator's name, ELBOs of shape (runs, steps), runs ≥ 1.
        best: the highest bound that can be reached, drawn as a dashed line.

    Returns:
        ``axes``.

    Raises:
        ArgumentError: there is nothing to draw, or the best bound is not finite.
        ShapeError: a trace has not one row a run.

    Example:
        >>> from matplotlib.figure import Figure
        >>> shown = elbo_traces(Figure().add_subplot(), {"pathwise": [[-9.0, -7.0], [-8.0, -6.0]]})
        >>> [float(y) for y in shown.lines[-1].get_ydata()]
        [-8.5, -6.5]
    """
    if not traces:
        raise ArgumentError("there is at least one trace to draw", received="none")
    for index, (name, rows) in enumerate(traces.items()):
        values = np.asarray(rows, dtype=np.float64)
        if values.ndim != 2 or not values.size:
            raise ShapeError(f"{name!r}: one row a run", expected="(runs, steps)", received=values.shape)
        steps = np.arange(values.shape[1])
        axes.plot(steps, values.T, color=f"C{index}", linewidth=0.5, alpha=0.4)
        axes.plot(steps, values.mean(axis=0), color=f"C{index}", linewidth=2, label=name)
    if best is not None:
        axes.axhline(
            finite_float(best, "best"), color="black", linestyle="--", linewidth=1, label="the best there is"
        )
    axes.set(xlabel="step", ylabel="ELBO")
    axes.legend()
    return axes
