"""How much a point is expected to improve on the best value so far."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr

from course.errors import ArgumentError


def expected_improvement(mean: Any, std: Any, best: float) -> np.ndarray:
    """``E[max(best − f, 0)]`` for f ~ N(mean, std²): lower values of f are better.

    ::

        EI = (best − mean) Φ(u) + std φ(u),   u = (best − mean) / std

    Args:
        mean: any shape.
        std: standard deviations, ≥ 0, of the same shape; at 0 the improvement is certain or none.
        best: the lowest value observed.

    Returns:
        The same shape, float64, ≥ 0.

    Raises:
        ArgumentError: a standard deviation is negative.

    Example:
        >>> float(expected_improvement(1.0, 0.0, best=3.0))
        2.0

    Source:
        Damianou, "“Tricks”" (Transfer/meta-learning/BO); Jones, Schonlau & Welch 1998, equation 15.
    """
    centre, spread = np.asarray(mean, np.float64), np.asarray(std, np.float64)
    if np.any(spread < 0):
        raise ArgumentError("`std` is not negative", expected="std ≥ 0", received=f"min {spread.min()}")
    gain = best - centre
    u = gain / np.where(spread > 0, spread, 1.0)
    density = np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)
    uncertain = gain * ndtr(u) + spread * density
    # Far out both terms are of the size of rounding and may cancel to less than nothing.
    return np.maximum(np.where(spread > 0, uncertain, gain), 0.0)
