"""Noisy curves on a line, generated: the law of the noise is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from course.errors import ArgumentError
from course.validation import finite_float, one_of, positive_int

CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": lambda x: np.sin(np.pi * x),
    "cubic": lambda x: x**3 - x,
    "step": lambda x: np.where(x < 0, -1.0, 1.0),
    "chirp": lambda x: np.sin(2.0 * np.pi * x * np.abs(x)),
}
"""y = f(x) by name."""


class Curve(NamedTuple):
    """Noisy points of a curve, and the curve.

    Args:
        x: shape (n, 1), float32, ascending, in [−2, 2].
        y: shape (n, 1), float32: mean + std·noise.
        mean: shape (n, 1), float32: f(x), what a perfect regression gives.
    """

    x: np.ndarray
    y: np.ndarray
    mean: np.ndarray


def curve(
    name: str = "sine",
    size: int = 100,
    *,
    std: float = 0.1,
    gap: tuple[float, float] | None = None,
    seed: int = 0,
) -> Curve:
    """Points of y = f(x) + std·ε, x uniform on [−2, 2], ε standard normal.

    No model has a held-out mean squared error below std² in expectation, and f has exactly that. No
    download; the same arguments give the same points.

    Args:
        name: ``"sine"``, sin(πx); ``"cubic"``, x³ − x; ``"step"``, the sign of x; ``"chirp"``, sin(2πx|x|),
            which turns faster outwards.
        size: n ≥ 1.
        std: of the noise, ≥ 0.
        gap: an open interval without points, for asking what a model says where it has seen nothing.
        seed: of x and noise.

    Returns:
        The points by ascending x.

    Raises:
        ArgumentError: there is no curve of that name, a size is not positive, ``std`` is negative, or the
            gap leaves nothing of [−2, 2].

    Example:
        >>> points = curve("step", 5, std=0.0)
        >>> bool((points.y == points.mean).all()), points.x.shape
        (True, (5, 1))

    Source:
        Damianou, "Curve fitting [skip]".
    """
    f = CURVES[one_of(name, CURVES, "name")]
    count, noise = positive_int(size, "size"), finite_float(std, "std")
    if noise < 0:
        raise ArgumentError("`std` is not negative", expected="std ≥ 0", received=f"std={std!r}")
    low, high = (0.0, 0.0) if gap is None else (finite_float(end, "gap") for end in gap)
    if low > high or (low <= -2 and high >= 2):
        raise ArgumentError(
            "`gap` is an interval that leaves points", expected="low ≤ high, not all of [−2, 2]", received=gap
        )
    low, high = max(low, -2.0), min(high, 2.0)
    width = max(high - low, 0.0)
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-2.0, 2.0 - width, size=(count, 1)), axis=0)
    # Points beyond the gap's start move over it: uniform on what is left.
    x = np.where(x < low, x, x + width)
    mean = f(x)
    y = mean + noise * rng.normal(size=x.shape)
    return Curve(x.astype(np.float32), y.astype(np.float32), mean.astype(np.float32))
