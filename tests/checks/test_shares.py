"""Samples of one law look alike, samples of laws with the same moments do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from autograder.checks import Answer, unbiased, unbiased_stream, variance, variance_ratio
from autograder.checks.claim import Claim
from autograder.checks.diagnose import EXCLUDED, FITS, compare
from autograder.checks.shares import NEAR_ZERO, POINTS, shares_below

N = 20_000


def given(draws: np.ndarray) -> Answer:
    return Answer(lambda: draws)


def stream(draws: np.ndarray) -> Answer:
    rows = iter(draws.tolist())
    return Answer(lambda: lambda: next(rows))


CLAIMS: dict[str, Callable[[np.ndarray], Claim]] = {
    "unbiased": lambda x: unbiased(given(x), draws=N, mean=0.0, variances=[1.0, 1.0]),
    "antithetic": lambda x: unbiased(given(x), draws=N, mean=0.0, variances=[1.0, 1.0], antithetic=True),
    "variance": lambda x: variance(given(x), draws=N, mean=0.0, variance=1.0, kurtosis=3.0),
    "variance_ratio": lambda x: variance_ratio(
        given(x), given(np.zeros(N)), draws=N, mean=0.0, ratio=1.0, deviation_variances=[2.0, 2.0]
    ),
}

# Mean 0 and variance 1, all of them.
LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "uniform": lambda rng, n: rng.uniform(-(3**0.5), 3**0.5, size=n),
    "laplace": lambda rng, n: rng.laplace(scale=0.5**0.5, size=n),
    "exponential": lambda rng, n: rng.exponential(size=n) - 1,
    "two values": lambda rng, n: rng.choice([-1.0, 1.0], size=n),
}


def test_shares_are_the_distribution_function() -> None:
    # Oracle: SciPy's distribution functions; 4e5 draws of mean 3 and std 2, 30 shares within 5 binomial
    # errors (2e-5), which are doubled.
    rng = np.random.default_rng(0)
    rows = np.stack([rng.normal(3.0, 2.0, size=400_000), 1 + 2 * rng.exponential(size=400_000)], axis=1)
    shares, errors = shares_below(rows, np.full(2, 3.0), np.full(2, 4.0))
    points = np.concatenate([3.0 + 2.0 * POINTS, 2.0 * NEAR_ZERO])
    right = np.concatenate([stats.norm(3.0, 2.0).cdf(points), stats.expon(1.0, 2.0).cdf(points)])
    assert np.all(np.abs(shares - right) <= 2.5 * errors)
    assert np.all(errors[shares > 0.1] < 2e-3)


@pytest.mark.parametrize("kind", CLAIMS)
@pytest.mark.parametrize("law", LAWS)
def test_two_samples_of_one_law_agree(kind: str, law: str) -> None:
    # 50 pairs: a right name is lost with probability 1e-3 each at most; 3 and more have probability 2e-5.
    rng = np.random.default_rng(1)
    seen = [CLAIMS[kind](LAWS[law](rng, N)).observation() for _ in range(100)]
    assert sum(compare([a], [b]) <= FITS for a, b in zip(seen[::2], seen[1::2], strict=True)) < 3


@pytest.mark.parametrize("kind", CLAIMS)
def test_laws_with_the_same_mean_and_variance_are_told_apart(kind: str) -> None:
    # The normal and the Laplace law, the nearest two, differ by 0.06 at a point: nine of these errors.
    rng = np.random.default_rng(2)
    seen = {name: CLAIMS[kind](draw(rng, N)).observation() for name, draw in LAWS.items()}
    names = list(seen)
    for i, left in enumerate(names):
        for right in names[i + 1 :]:
            assert compare([seen[left]], [seen[right]]) < EXCLUDED, (left, right)


def test_single_calls_tell_laws_apart_too() -> None:
    # 200 calls: half the draws in one atom, or none, is ten standard errors.
    rng = np.random.default_rng(3)

    def observed(name: str) -> Any:
        plan: dict[str, Any] = {"mean": 0.0, "variances": [1.0, 1.0], "shift": 0.3}
        return unbiased_stream(stream(LAWS[name](rng, 300)), **plan).observation()

    assert compare([observed("two values")], [observed("exponential")]) < EXCLUDED
    assert compare([observed("two values")], [observed("two values")]) > FITS


def test_a_tail_that_blurs_every_mean_blurs_no_share() -> None:
    # Cubes of a Pareto law without a variance: the standard error of their mean holds every registered mean.
    wild = np.random.default_rng(4).pareto(0.5, size=N) ** 3
    plain = np.random.default_rng(5).normal(1.0, 1.0, size=N)
    left, right = CLAIMS["unbiased"](wild).observation(), CLAIMS["unbiased"](plain).observation()
    assert left is not None and right is not None
    assert abs(left.values[0] - right.values[0]) < 3 * left.spread[0]
    assert compare([left], [right]) < EXCLUDED


def test_estimates_that_are_all_much_too_small_are_told_apart() -> None:
    rng = np.random.default_rng(6)
    small, tiny = (CLAIMS["unbiased"](scale * rng.normal(size=N)).observation() for scale in (0.01, 1e-4))
    assert compare([small], [tiny]) < EXCLUDED


@pytest.mark.parametrize("value", [-1e300, 0.0, 5.0, 1e300])
def test_copies_of_one_number_have_shares_with_errors(value: float) -> None:
    shares, errors = shares_below(np.full((100, 2), value), np.zeros(2), np.ones(2))
    assert shares.shape == errors.shape == (2 * (len(POINTS) + len(NEAR_ZERO)),)
    assert set(shares.tolist()) <= {0.0, 1.0} and np.all(errors == 0.02)
