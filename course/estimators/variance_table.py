"""The lecture's experiment: how far estimates of one gradient spread, measured and exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from course.errors import ShapeError
from course.estimators.estimator import Estimator
from course.estimators.gaussian_law import GaussianLaw
from course.estimators.noise import Seed, split_seed
from course.estimators.pathwise import Pathwise
from course.estimators.score_function import LEAVE_ONE_OUT, ScoreFunction
from course.validation import finite_float, positive_int

_CHUNK = 1_000_000
"""Draws held at once: the largest size times a hundred repetitions would take gigabytes."""


@dataclass(frozen=True)
class VarianceRow:
    """One cell group of the table.

    Args:
        estimator: its name.
        draws: N, draws in the mean that is one estimate.
        mean: of the estimates over the repetitions.
        variance: of the estimates over the repetitions (dividing by their number less one).
        exact_mean: what ``mean`` converges to, 2θ.
        exact_variance: what ``variance`` converges to.
    """

    estimator: str
    draws: int
    mean: float
    variance: float
    exact_mean: float
    exact_variance: float


def exact_variances(theta: float, draws: int) -> dict[str, float]:
    """Variances of the mean of N estimates of d/dθ E[z²], z ~ N(θ, 1), for the estimators of the table.

    With a baseline b, one score-function draw is (z² − b)(z − θ), and with c = θ² − b::

        Var = 15 + 8θ² + 6c + c²                        least at b = θ² + 3
        leave-one-out, N draws: ((N − 2)(10 + 8θ²) + 12 + 16θ²) / (N(N − 1))
        pathwise, 2z: Var = 4

    Args:
        theta: θ.
        draws: N ≥ 2.

    Returns:
        By estimator, in the table's order. At θ = 2: 87/N, 42/N, 38/N, about 42/N, 4/N.

    Raises:
        ArgumentError: ``draws`` is not a positive integer.
        ShapeError: ``draws`` is 1, where no other draw can be left in.

    Example:
        >>> [exact_variances(2.0, 1000)[name] for name in ("score function", "pathwise")]
        [0.087, 0.004]

    Source:
        Batra, "Example", worked out with E[ε²] = 1, E[ε⁴] = 3, E[ε⁶] = 15; the leave-one-out mean is a
        U-statistic (Hoeffding 1948).
    """
    if positive_int(draws, "draws") < 2:
        raise ShapeError("the table has a leave-one-out column", expected="draws ≥ 2", received=draws)
    theta = finite_float(theta, "theta")
    square = theta * theta

    def with_baseline(baseline: float) -> float:
        c = square - baseline
        return (15.0 + 8.0 * square + 6.0 * c + c * c) / draws

    return {
        "score function": with_baseline(0.0),
        "baseline E[f]": with_baseline(square + 1.0),
        "optimal baseline": with_baseline(square + 3.0),
        "leave-one-out": ((draws - 2) * (10.0 + 8.0 * square) + 12.0 + 16.0 * square) / (draws * (draws - 1)),
        "pathwise": 4.0 / draws,
    }


def table_estimators(theta: float) -> dict[str, Estimator]:
    """The table's estimators by name, in its order.

    Args:
        theta: θ, on which the constant baselines depend.
    """
    square = theta * theta
    return {
        "score function": ScoreFunction(),
        "baseline E[f]": ScoreFunction(baseline=square + 1.0),
        "optimal baseline": ScoreFunction(baseline=square + 3.0),
        "leave-one-out": ScoreFunction(baseline=LEAVE_ONE_OUT),
        "pathwise": Pathwise(),
    }


def variance_table(
    theta: float = 2.0,
    sizes: Sequence[int] = (10, 100, 1_000, 10_000, 100_000),
    repetitions: int = 100,
    seed: Seed = 0,
) -> list[VarianceRow]:
    """Means and variances of estimates of d/dθ E[z²], z ~ N(θ, 1), beside the exact ones.

    Args:
        theta: θ.
        sizes: N, draws an estimate, each ≥ 2.
        repetitions: estimates a row, ≥ 2; the measured variance has a relative standard error of about
            √(2/repetitions).
        seed: of all noise.

    Returns:
        One row an estimator and size, sizes first. The defaults take about 10 s on one core.

    Raises:
        ArgumentError: a number is not positive or not finite.
        ShapeError: a size is 1.

    Example:
        >>> rows = variance_table(sizes=(10,), repetitions=50)
        >>> [row.exact_variance for row in rows if row.estimator == "score function"]
        [8.7]

    Source:
        Batra, "Example" with Ns and reps: θ = 2, N = 10 … 100000, 100 repetitions.
    """
    theta = finite_float(theta, "theta")
    if positive_int(repetitions, "repetitions") < 2:
        raise ShapeError("a variance needs two estimates", expected="repetitions ≥ 2", received=repetitions)
    exact = {draws: exact_variances(theta, draws) for draws in sizes}
    seeds = iter(split_seed(seed, max(len(exact), 1)))
    rows = []
    for draws in exact:
        names = table_estimators(theta)
        for (name, estimator), own in zip(names.items(), split_seed(next(seeds), len(names)), strict=True):
            means = _estimates(estimator, theta, draws, repetitions, own)
            rows.append(
                VarianceRow(
                    estimator=name,
                    draws=draws,
                    mean=float(means.mean()),
                    variance=float(means.var(ddof=1)),
                    exact_mean=2.0 * theta,
                    exact_variance=exact[draws][name],
                )
            )
    return rows


def markdown_table(rows: Sequence[VarianceRow]) -> str:
    """The rows as a markdown table.

    Args:
        rows: of :func:`variance_table`.

    Example:
        >>> markdown_table([VarianceRow("pathwise", 10, 4.01, 0.42, 4.0, 0.4)]).splitlines()[2]
        '| pathwise | 10 | 4.01 | 4 | 0.42 | 0.4 | 1.05 |'
    """
    lines = [
        "| estimator | N | mean | exact | variance | exact | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (
            row.mean,
            row.exact_mean,
            row.variance,
            row.exact_variance,
            row.variance / row.exact_variance,
        )
        lines.append(
            f"| {row.estimator} | {row.draws} | " + " | ".join(f"{cell:.4g}" for cell in cells) + " |"
        )
    return "\n".join(lines)


def _estimates(
    estimator: Estimator, theta: float, draws: int, repetitions: int, seed: tf.Tensor
) -> np.ndarray:
    """Independent means of N draws, shape (repetitions,): repetitions are batch entries."""
    size = max(1, min(repetitions, _CHUNK // draws))
    parts = -(-repetitions // size)
    collected = []
    for own in split_seed(seed, parts):
        parameters = {
            "mean": tf.fill([size], tf.constant(theta, tf.float64)),
            "std": tf.ones([size], tf.float64),
        }
        gradients = estimator(tf.square, GaussianLaw(), parameters, draws=draws, seed=own)
        collected.append(tf.reduce_mean(gradients["mean"], axis=0).numpy())
    return np.concatenate(collected)[:repetitions]
