"""``variance``: the spread of draws around a known mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checks import Answer, variance
from autograder.errors import AuthoringError
from autograder.results import Outcome

THETA = 1.7
MEAN = 2 * THETA
VARIANCE = THETA**4 + 14 * THETA**2 + 15


def gradient_samples(n: int, rng: np.random.Generator, baseline: float = 0.0) -> Any:
    z = rng.normal(THETA, 1.0, size=n)
    return (z * z - baseline) * (z - THETA)


def kurtosis() -> float:
    # E(g − μ)⁴ by Gauss–Hermite quadrature, exact for this polynomial.
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    z = THETA + nodes
    centred = z * z * (z - THETA) - MEAN
    return float(weights @ centred**4 / weights.sum() / VARIANCE**2)


def judge(draws: Any, n: int = 100_000, **options: Any) -> Outcome:
    options = {"mean": MEAN, "variance": VARIANCE, "kurtosis": kurtosis()} | options
    return variance(Answer(lambda: draws), draws=n, **options).outcome()


def test_the_right_variance_of_a_heavy_tailed_estimator_passes() -> None:
    # alpha = 1e-2 with kurtosis near 30: 300 runs with more than 10 failures have probability 1e-3.
    rng = np.random.default_rng(0)
    failures = sum(not judge(gradient_samples(2000, rng), 2000, alpha=1e-2).passed for _ in range(300))
    assert failures <= 10


@pytest.mark.parametrize(("factor", "much"), [(2.0, "larger"), (0.5, "smaller")])
def test_twice_and_half_the_variance_are_found(factor: float, much: str) -> None:
    # 1e5 draws at alpha = 1e-9 find a ratio of 1.25 with probability 0.999.
    rng = np.random.default_rng(1)
    draws = MEAN + np.sqrt(factor) * (gradient_samples(100_000, rng) - MEAN)
    outcome = judge(draws)
    assert outcome.evidence["detectable_ratio"] < 1.5
    assert not outcome.passed and outcome.message.endswith(f"so yours is {much}")


def test_another_estimator_of_the_same_mean_is_told_apart_by_its_variance() -> None:
    rng = np.random.default_rng(2)
    assert not judge(gradient_samples(100_000, rng, baseline=THETA**2 + 3)).passed


def test_huge_draws_fail_without_a_warning() -> None:
    assert not judge(np.full(100_000, 1e300)).passed


def test_the_shape_is_asked_for() -> None:
    assert judge(np.zeros((10, 2)), 10).message == "the shape is (10, 2), but (10,) was asked for"


@pytest.mark.parametrize("options", [{"variance": 0.0}, {"kurtosis": 1.0}])
def test_impossible_moments_are_the_authors_error(options: dict[str, float]) -> None:
    with pytest.raises(AuthoringError, match="a positive variance and a kurtosis above 1"):
        judge(np.zeros(10), 10, **options)
