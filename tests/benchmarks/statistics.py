"""Measures false-fail rates and power of the grader's test of a mean against z, t, TFP and StochasticGrade.

Run by hand; rewrites the table beside this file in about a minute on one core::

    python tests/benchmarks/statistics.py

Laws whose exact mean and variance are known take an estimator's place. TFP tests means by a band around the
distribution function, which needs bounds of the support: three of the laws have none. The wheel of TFP 0.25
does not ship that module (``statistical_testing``), so its bound is written out here. StochasticGrade (Kim,
Geathers & Piech, EDM 2024) compares a student's sample with a stored one of the solution, at growing sizes;
of its scores the one about means is taken, and its thresholds as its published code has them.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from autograder.checks.catoni import draws_needed, psi

ALPHA = 1e-3
"""Rates of 1e-9 cannot be simulated; what matters here is the ratio of measured to nominal."""

RUNS = 100_000
POWER_RUNS = 2_000
SIZES = (50, 200, 1000)


@dataclass(frozen=True)
class Law:
    """A law in an estimator's place: draws of shape (runs, n), their mean, variance and, if any, bounds."""

    name: str
    draw: Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
    mean: float
    variance: float
    bounds: tuple[float, float] | None = None


def _score(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    z = rng.normal(2.0, 1.0, size=shape)
    return z * z * (z - 2.0)


def _pathwise(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return 2.0 * rng.normal(2.0, 1.0, size=shape)


def _bernoulli_score(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    # (b − 0.45)²·d/dθ log p(b) with p = sigmoid(θ) = 0.05: two values, in [0, 1].
    return np.where(rng.uniform(size=shape) < 0.05, *_ENDS)


_ENDS = (0.55**2 * 0.95, -(0.45**2) * 0.05)


def _lognormal(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.lognormal(size=shape)


def _two_point(p: float, high: float, low: float) -> tuple[float, float]:
    mean = p * high + (1 - p) * low
    return mean, p * (1 - p) * (high - low) ** 2


LAWS = (
    Law("pathwise, d/dθ E z² at θ = 2", _pathwise, 4.0, 4.0),
    Law("score function, the same", _score, 4.0, 87.0),
    Law(
        "Bernoulli score function, p = 0.05",
        _bernoulli_score,
        *_two_point(0.05, *_ENDS),
        (min(_ENDS), max(_ENDS)),
    ),
    Law("lognormal weights, σ = 1", _lognormal, math.exp(0.5), math.e * (math.e - 1)),
)


def catoni(x: np.ndarray, law: Law) -> np.ndarray:
    """Rejections of the grader's test, row by row, with the exact variance as its bound."""
    n, threshold = x.shape[1], math.log(2 / ALPHA)
    rate = math.sqrt(2 * threshold / (n * law.variance))
    evidence = np.abs(psi(rate * (x - law.mean)).sum(axis=1)) - 0.5 * n * rate**2 * law.variance
    return np.asarray(evidence >= threshold)


def z_test(x: np.ndarray, law: Law) -> np.ndarray:
    """Rejections of the z-test with the exact variance."""
    z = (x.mean(axis=1) - law.mean) / math.sqrt(law.variance / x.shape[1])
    return np.asarray(np.abs(z) >= stats.norm.isf(ALPHA / 2))


def t_test(x: np.ndarray, law: Law) -> np.ndarray:
    """Rejections of Student's t-test."""
    error = np.maximum(x.std(axis=1, ddof=1), 1e-300) / math.sqrt(x.shape[1])
    return np.asarray(np.abs(x.mean(axis=1) - law.mean) / error >= stats.t.isf(ALPHA / 2, x.shape[1] - 1))


def dkwm(x: np.ndarray, law: Law) -> np.ndarray | None:
    """Rejections of the mean that a Dvoretzky–Kiefer–Wolfowitz band leaves; None where the support has no
    bounds.

    Anderson (1969) with Massart's constant (1990), as TFP's ``assert_true_mean_equal_by_dkwm``.
    """
    if law.bounds is None:
        return None
    n = x.shape[1]
    band = math.sqrt(math.log(2 / ALPHA) / (2 * n))
    # A mass of `band` is moved from the top of the sample to the lower bound of the support, or the reverse.
    weights = np.clip(1 - band - np.arange(n) / n, 0, 1 / n)
    ordered = np.sort(x, axis=1)
    low = band * law.bounds[0] + ordered @ weights
    high = band * law.bounds[1] + ordered[:, ::-1] @ weights
    return np.asarray((law.mean < low) | (law.mean > high))


STORED = 100_000
"""Draws of the solution that StochasticGrade keeps."""

_solutions = np.random.default_rng(5)


def stochastic_grade(x: np.ndarray, law: Law) -> np.ndarray:
    """Rejections of StochasticGrade's t-score at a quarter, half and all of the draws.

    Stage i of k is given alpha / 2^(k−i), and each of its two thresholds is the quantile at 1 − that:
    together they reject twice as often.
    """
    stored = law.draw(_solutions, (1, STORED))[0]
    n, stages = x.shape[1], 3
    rejected = np.zeros(len(x), dtype=bool)
    for i in range(stages):
        size = n // 2 ** (stages - 1 - i)
        part, degrees = x[:, :size], size + STORED - 2
        pooled = ((size - 1) * part.var(axis=1, ddof=1) + (STORED - 1) * stored.var(ddof=1)) / degrees
        score = (part.mean(axis=1) - stored.mean()) / np.sqrt(pooled * (1 / size + 1 / STORED))
        rejected |= np.abs(score) >= stats.t.isf(ALPHA / 2 ** (stages - i), degrees)
    return rejected


TESTS: dict[str, Callable[[np.ndarray, Law], np.ndarray | None]] = {
    "Catoni": catoni,
    "z": z_test,
    "t": t_test,
    "DKWM": dkwm,
    "StochasticGrade": stochastic_grade,
}


def rates(law: Law, n: int, shift: float, runs: int, seed: int) -> list[float]:
    """Share of rejections of each test, all on the same draws; NaN where one does not apply."""
    rng, done = np.random.default_rng(seed), 0
    rejected = np.zeros(len(TESTS))
    while done < runs:
        rows = min(runs - done, 2_000_000 // n)
        draws, moved = law.draw(rng, (rows, n)) + shift, _moved(law, shift)
        found = [test(draws, moved) for test in TESTS.values()]
        rejected += np.array([math.nan if hit is None else float(np.sum(hit)) for hit in found])
        done += rows
    return (rejected / runs).tolist()


def _moved(law: Law, shift: float) -> Law:
    # The shifted estimator has a shifted support: a bounded test is given the one that holds both.
    if law.bounds is None or not shift:
        return law
    low, high = law.bounds
    return Law(law.name, law.draw, law.mean, law.variance, (min(low, low + shift), max(high, high + shift)))


def _cell(value: float, form: str) -> str:
    return "needs bounds" if math.isnan(value) else form.format(value)


def main() -> None:
    """Measures and rewrites ``statistics.md``."""
    started = time.perf_counter()
    lines = [
        "# Error rates of tests of a mean",
        "",
        f"Written by `python tests/benchmarks/statistics.py`. Nominal false-fail rate {ALPHA:g},"
        f" {RUNS} correct runs a cell; each figure is measured ÷ nominal, with a standard error of"
        f" {1 / math.sqrt(RUNS * ALPHA):.2f} at 1.",
        "",
        "## False fails, measured ÷ nominal",
        "",
        "| estimator | n | " + " | ".join(TESTS) + " |",
        "|---|---|" + "---|" * len(TESTS),
    ]
    for law in LAWS:
        for n in SIZES:
            cells = [_cell(share / ALPHA, "×{:.2f}") for share in rates(law, n, 0.0, RUNS, 17)]
            lines.append(f"| {law.name} | {n} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    lines += [
        "",
        f"## Power, {POWER_RUNS} wrong runs a cell",
        "",
        "The shift is a given number of standard deviations of one draw; the larger n is what"
        f" the grader's own bound asks for that shift to be found with probability 0.999 at {ALPHA:g},"
        " the smaller two fifths of it.",
        "",
        "| estimator | shift / std | n | " + " | ".join(TESTS) + " |",
        "|---|---|---|" + "---|" * len(TESTS),
    ]
    for law in LAWS:
        for deviations in (-0.5, -0.2, 0.2, 0.5):
            shift = deviations * math.sqrt(law.variance)
            needed = draws_needed(shift, law.variance, alpha=ALPHA)
            for share in (1.0, 0.4):
                n = math.ceil(share * needed)
                cells = [_cell(share, "{:.3f}") for share in rates(law, n, shift, POWER_RUNS, 29)]
                lines.append(f"| {law.name} | {deviations:+g} | {n} | {' | '.join(cells)} |")
                print(lines[-1], flush=True)
    lines += [
        "",
        "Catoni's test is given the exact variance as its bound, as the z-test is; a suite declares 1.25"
        " times the largest among its correct variants, which lowers both rates further. StochasticGrade"
        " pools the variance of its stored draws, which makes it a z-test in effect; it looks three times,"
        " each time at two thresholds of the one-sided rate.",
        "",
    ]
    target = Path(__file__).with_suffix(".md")
    target.write_text("\n".join(lines), encoding="utf-8")
    print(f"{target}: {time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
