"""What is left of a gradient, step by step back in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError
from course.plotting.arrays import finite


def gradients_through_time(norms: Mapping[str, Any], axes: Axes) -> Axes:
    """One line a network: mean norm over examples, against the steps back from the last.

    Norms are divided by that at the last step, so that a line that leaves 1 downwards vanishes and one that
    leaves it upwards explodes.

    Args:
        norms: by name, shape (T + 1, examples) each, as
            :func:`course.models.gradient_norms_through_time` gives them; positive at the last step.
        axes: drawn on, with a logarithmic scale.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no network, or a norm is not finite, negative, or 0 at the last step.
        ShapeError: norms are no table of steps and examples.
    """
    if not norms:
        raise ArgumentError("there is a network to draw", expected="{name: norms}", received="none")
    for name, values in norms.items():
        means = finite(values, name, 2).mean(axis=1)
        if means.min() < 0 or means[-1] <= 0:
            raise ArgumentError("norms are not negative, and positive at the end", where=name, received=means)
        # A norm that is exactly 0 has no place on the scale, and leaves a gap.
        share = np.where(means > 0, means, np.nan) / means[-1]
        axes.plot(np.arange(len(means))[::-1], share, label=name)
    axes.axhline(1.0, color="0.7", linewidth=0.8, zorder=0)
    axes.set(xlabel="steps back from the last", ylabel="gradient norm / norm at the last step", yscale="log")
    axes.legend()
    return axes
