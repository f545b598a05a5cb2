"""``variance_ratio``: paired, one-sided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checks import Answer, variance_ratio
from autograder.checks.variance_ratio import VarianceRatio
from autograder.errors import AuthoringError

THETA = 1.7
MEAN = 2 * THETA
PLAIN = THETA**4 + 14 * THETA**2 + 15
BEST = THETA**2 + 3
REDUCED = PLAIN - BEST**2
"""Var of (z² − b)(z − θ) is V₀ − 2b·E[z²(z − θ)²] + b², with E[z²(z − θ)²] = θ² + 3, the best b."""


def paired(n: int, seed: int, baseline: float) -> tuple[Any, Any]:
    noise = np.random.default_rng(seed).normal(size=n)
    z = THETA + noise
    return (z * z - baseline) * noise, z * z * noise


def moments(ratio: float) -> float:
    # Var[D] by Gauss–Hermite quadrature, exact: D is a polynomial of degree 6 in the noise.
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    z = THETA + nodes
    d = ((z * z - BEST) * nodes - MEAN) ** 2 - ratio * (z * z * nodes - MEAN) ** 2
    return float(weights @ d**2 - (weights @ d) ** 2)


def claim(n: int, ratio: float, seed: int, baseline: float, alpha: float = 1e-9) -> VarianceRatio:
    reduced, plain = paired(n, seed, baseline)
    v = moments(ratio)
    return variance_ratio(
        Answer(lambda: reduced), Answer(lambda: plain), draws=n, mean=MEAN, ratio=ratio,
        deviation_variances=[v, 0.9 * v], alpha=alpha,
    )  # fmt: skip


def test_the_closed_form_used_here_agrees_with_quadrature() -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    z = THETA + nodes
    square = weights @ ((z * z - BEST) * nodes - MEAN) ** 2 / weights.sum()
    assert square == pytest.approx(REDUCED, rel=1e-12)


def test_the_best_baseline_at_its_own_ratio_fails_as_seldom_as_promised() -> None:
    # At the boundary ratio, the null's worst case: alpha = 1e-2, 300 runs, more than 10 failures have
    # probability 1e-3.
    ratio = REDUCED / PLAIN
    failures = sum(not claim(2000, ratio, seed, BEST, alpha=1e-2).outcome().passed for seed in range(300))
    assert failures <= 10


@pytest.mark.parametrize(
    ("baseline", "passes"), [(BEST, True), (BEST - 0.5, True), (0.0, False), (-BEST, False)]
)
def test_a_baseline_passes_when_it_helps_enough(baseline: float, passes: bool) -> None:
    outcome = claim(100_000, 1.2 * REDUCED / PLAIN, 0, baseline).outcome()
    assert outcome.passed == passes
    if not passes:
        limit = f"{1.2 * REDUCED / PLAIN:.3g}"
        assert outcome.message.endswith(f"of the plain estimator's; it should be at most {limit} of it")


def test_the_plain_draws_can_be_the_trusted_sides() -> None:
    reduced, plain = paired(50_000, 1, BEST)
    made = variance_ratio(
        Answer(lambda: reduced),
        plain,
        draws=50_000,
        mean=MEAN,
        ratio=0.6,
        deviation_variances=[moments(0.6)] * 2,
    )
    assert len(made.answers) == 1 and made.outcome().passed
    assert not made.decide(plain).passed


@pytest.mark.parametrize("answer", [np.zeros(3), np.full(100, np.nan), np.full(100, 1e300), None])
def test_a_hopeless_answer_fails_and_does_not_raise(answer: Any) -> None:
    made = variance_ratio(
        Answer(lambda: answer), np.zeros(100), draws=100, mean=0.0, ratio=0.5, deviation_variances=[1.0, 1.0]
    )
    assert not made.outcome().passed


@pytest.mark.parametrize(
    "options", [{"ratio": 0.0}, {"deviation_variances": [1.0]}, {"deviation_variances": [1.0, 0.0]}]
)
def test_authors_are_told_which_moments_are_needed(options: dict[str, Any]) -> None:
    with pytest.raises(AuthoringError, match="at least two correct variants"):
        variance_ratio(
            Answer(lambda: 0), np.zeros(3),
            **({"draws": 3, "mean": 0.0, "ratio": 0.5, "deviation_variances": [1.0, 1.0]} | options),
        )  # fmt: skip
