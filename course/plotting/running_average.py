"""How an average of draws settles, beside the band in which it mostly should be."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ShapeError
from course.validation import finite_float, positive_float


def running_average(axes: Axes, estimates: Any, *, mean: float, variance: float, label: str) -> Axes:
    """The average of the first N estimates against N, over the band mean ± 2√(variance/N).

    Args:
        axes: where to draw.
        estimates: one a draw, shape (n,), n ≥ 1.
        mean: what they should average to.
        variance: of one draw, > 0.
        label: what the estimates are.

    Returns:
        ``axes``.

    Raises:
        ShapeError: the estimates are not one row.
        ArgumentError: the variance is not positive, or the mean not finite.

    Example:
        >>> from matplotlib.figure import Figure
        >>> shown = running_average(Figure().add_subplot(), [3.0, 5.0], mean=4.0, variance=4.0, label="draws")
        >>> [float(y) for y in shown.lines[0].get_ydata()]
        [3.0, 4.0]
    """
    values = np.asarray(estimates, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ShapeError("one estimate a draw", expected="shape (n,), n ≥ 1", received=values.shape)
    centre = finite_float(mean, "mean")
    spread = positive_float(variance, "variance")
    count = np.arange(1, len(values) + 1)
    band = 2.0 * np.sqrt(spread / count)
    axes.fill_between(
        count, centre - band, centre + band, alpha=0.2, label=rf"${centre:.3g} \pm 2\sqrt{{{spread:.3g}/N}}$"
    )
    axes.plot(count, np.cumsum(values) / count, label=label)
    # The band of a handful of draws is wide and says little.
    reach = 2.0 * np.sqrt(spread / min(4, len(values)))
    axes.set(xscale="log", xlabel="number of draws N", ylabel="average of the first N estimates")
    axes.set_ylim(centre - 1.5 * reach, centre + 1.5 * reach)
    axes.legend()
    return axes
