"""Minimising what is dear to evaluate: by expected improvement, or at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from course.errors import ArgumentError
from course.transfer.expected_improvement import expected_improvement
from course.transfer.surrogate import Surrogate
from course.validation import positive_int

Objective = Callable[[np.ndarray], float]


class SearchResult(NamedTuple):
    """Every trial, in order.

    Args:
        points: shape (budget, d), in the bounds.
        values: shape (budget,).
    """

    points: np.ndarray
    values: np.ndarray

    def best_so_far(self) -> np.ndarray:
        """The lowest value after each trial, shape (budget,)."""
        return np.minimum.accumulate(self.values)


def propose(points: np.ndarray, values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The candidate of highest expected improvement in the unit cube.

    Args:
        points: trials so far, shape (n, d), in [0, 1].
        values: theirs, shape (n,); lower is better.
        generator: of the candidates: 600 uniform ones, and 300 near the best three trials.

    Returns:
        Shape (d,).
    """
    size = points.shape[1]
    best = points[np.argsort(values)[:3]]
    spread = generator.choice([0.02, 0.1], (100, len(best), 1))
    near = (best + spread * generator.standard_normal((100, len(best), size))).reshape(-1, size)
    candidates = np.vstack([generator.random((600, size)), np.clip(near, 0.0, 1.0)])
    # Rows of one number keep one trace of the prediction.
    candidates = np.vstack([candidates, generator.random((900 - len(candidates), size))])
    mean, std = Surrogate().fit(points, values).predict(candidates)
    return candidates[np.argmax(expected_improvement(mean, std, float(values.min())))]


def bayesian_search(
    objective: Objective,
    bounds: Sequence[tuple[float, float]],
    budget: int,
    *,
    seed: int,
    initial: int = 5,
) -> SearchResult:
    """Random trials first, then each where the expected improvement is highest.

    Args:
        objective: from a point, shape (d,), to a finite number.
        bounds: (low, high) of each dimension, low < high.
        budget: number of evaluations, ≥ 1.
        seed: of everything random.
        initial: random evaluations at the start, ≥ 2.

    Returns:
        The trials.

    Raises:
        ArgumentError: a number is out of range, bounds are not, or the objective is not finite.

    Source:
        Damianou, "“Tricks”" (Transfer/meta-learning/BO); Snoek, Larochelle & Adams 2012.
    """
    count, first = positive_int(budget, "budget"), positive_int(initial, "initial")
    low, high = check_bounds(bounds)
    generator = np.random.default_rng(seed)
    units, values = np.empty((count, len(low))), np.empty(count)
    for i in range(count):
        units[i] = (
            generator.random(len(low)) if i < max(first, 2) else propose(units[:i], values[:i], generator)
        )
        values[i] = _evaluate(objective, low + units[i] * (high - low))
    return SearchResult(low + units * (high - low), values)


def random_search(
    objective: Objective, bounds: Sequence[tuple[float, float]], budget: int, *, seed: int
) -> SearchResult:
    """Uniform trials; with the same seed the first ones are those of :func:`bayesian_search`.

    Args:
        objective: from a point, shape (d,), to a finite number.
        bounds: (low, high) of each dimension, low < high.
        budget: number of evaluations, ≥ 1.
        seed: of the points.

    Returns:
        The trials.

    Raises:
        ArgumentError: as for :func:`bayesian_search`.

    Source:
        Bergstra & Bengio 2012.
    """
    count = positive_int(budget, "budget")
    low, high = check_bounds(bounds)
    generator = np.random.default_rng(seed)
    points = np.stack([low + generator.random(len(low)) * (high - low) for _ in range(count)])
    return SearchResult(points, np.array([_evaluate(objective, point) for point in points]))


def check_bounds(bounds: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Lows and highs as arrays.

    Args:
        bounds: (low, high) of each dimension.

    Raises:
        ArgumentError: there is none, or one is not low < high.
    """
    array = np.asarray(bounds, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 2 or not np.all(array[:, 0] < array[:, 1]):
        raise ArgumentError(
            "`bounds` are pairs of numbers", expected="low < high in each", received=f"bounds={bounds!r}"
        )
    return array[:, 0], array[:, 1]


def _evaluate(objective: Objective, point: np.ndarray) -> float:
    value = float(objective(point))
    if not np.isfinite(value):
        raise ArgumentError("the objective is finite", received=f"{value} at {point.tolist()}")
    return value
