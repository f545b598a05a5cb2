"""Whether probabilities are what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError

FEWEST = 10
"""Predictions of a bin that is drawn: of fewer, the share says nothing."""


def reliability_diagram(curves: Mapping[str, Any], axes: Axes) -> Axes:
    """Share of right predictions against confidence, a line a model, and the diagonal.

    Args:
        curves: by name, results of :func:`course.models.reliability`.
        axes: drawn on.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no curve.
    """
    if not curves:
        raise ArgumentError("there is a curve to draw", expected="{name: reliability}", received="no curve")
    axes.plot([0, 1], [0, 1], color="0.6", lw=1, ls="--", label="calibrated")
    for name, curve in curves.items():
        drawn = np.asarray(curve.counts) >= FEWEST
        x, y = (np.asarray(part)[drawn] for part in (curve.confidence, curve.accuracy))
        axes.plot(x, y, "o-", ms=3, label=f"{name} (error {curve.error:.3f})")
    axes.set(xlabel="confidence", ylabel="share of right predictions", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(fontsize="small")
    return axes
