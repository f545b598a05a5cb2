"""The variance of an average against the number of draws in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.validation import positive_float


def variance_lines(
    axes: Axes,
    draws: Any,
    exact: Mapping[str, float],
    *,
    measured: Mapping[str, Any] | None = None,
    printed: Mapping[str, Any] | None = None,
) -> Axes:
    """One straight line an estimator, V/N on two logarithmic scales, with what was measured as dots.

    .. math:: \\mathrm{Var}\\Big[\\frac1N \\sum_{i=1}^N g_i\\Big] = \\frac{V}{N}

    Args:
        axes: where to draw.
        draws: N, shape (k,), each ≥ 1.
        exact: V, the variance of one draw, > 0, by the estimator's name.
        measured: variances of averages, shape (k,), by the same names; a NaN draws nothing.
        printed: somebody else's, drawn as crosses.

    Returns:
        ``axes``.

    Raises:
        ArgumentError: a V is not positive, a name has no V, or an N is below 1.
        ShapeError: a row has not one variance for each N.

    Example:
        >>> from matplotlib.figure import Figure
        >>> shown = variance_lines(Figure().add_subplot(), [10, 100], {"pathwise": 4.0})
        >>> shown.get_xlabel()
        'number of draws N'

    Source: Batra, "Example" with Ns and reps.
    """
    counts = np.asarray(draws, dtype=np.float64)
    if counts.ndim != 1 or not np.all(counts >= 1):
        raise ArgumentError("`draws` is a row of numbers of draws", expected="each ≥ 1", received=draws)
    for name, row in (*(measured or {}).items(), *(printed or {}).items()):
        if name not in exact:
            raise ArgumentError(
                "every row belongs to a line", expected=", ".join(map(repr, exact)), received=repr(name)
            )
        if np.shape(row) != counts.shape:
            raise ShapeError(
                f"{name!r}: one variance for each N", expected=counts.shape, received=np.shape(row)
            )
    for index, (name, variance) in enumerate(exact.items()):
        color = f"C{index}"
        value = positive_float(variance, f"exact[{name!r}]")
        axes.loglog(counts, value / counts, color=color, label=f"{name}: exact, {value:.3g}/N")
        for rows, marker, whose in ((measured, "o", "measured"), (printed, "x", "the deck's")):
            if rows and name in rows and np.isfinite(np.asarray(rows[name], np.float64)).any():
                axes.loglog(counts, rows[name], marker, color=color, label=f"{name}: {whose}")
    axes.set(xlabel="number of draws N", ylabel="variance of the average of N estimates")
    axes.legend()
    return axes
