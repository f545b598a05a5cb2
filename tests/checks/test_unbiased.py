"""``unbiased``: the mean of draws, by coordinate and in the directions of registered mistakes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from autograder.checks import Answer, unbiased
from autograder.errors import AuthoringError
from autograder.results import Outcome


def judge(draws: Any, n: int = 1000, **options: Any) -> Outcome:
    options = {"mean": 4.0, "variances": [80.0, 87.0]} | options
    return unbiased(Answer(lambda: draws), draws=n, **options).outcome()


def estimates(n: int = 1000, seed: int = 0, mean: float = 4.0, std: float = 9.0) -> Any:
    return np.random.default_rng(seed).normal(mean, std, size=n)


def test_a_correct_mean_passes_and_the_evidence_says_what_would_be_seen() -> None:
    outcome = judge(estimates())
    assert outcome.passed and outcome.message == "the mean is 4, as it should be"
    assert outcome.evidence["draws"] == 1000
    assert outcome.evidence["detectable_shift"] == pytest.approx(3.723, abs=1e-3)


def test_a_wrong_mean_fails_with_both_numbers() -> None:
    outcome = judge(estimates(mean=8.5, seed=1))
    assert not outcome.passed
    assert re.fullmatch(r"the mean of 1000 draws is 8\.\d+ ± 0\.28\d?; it should be 4", outcome.message)


def test_too_much_noise_is_never_called_a_bias() -> None:
    outcome = judge(estimates(mean=60.0, std=40.0))
    assert not outcome.passed
    assert outcome.message.startswith("the variance of one draw is about 1")
    assert outcome.message.endswith("; no correct estimator here has more than 109")


@pytest.mark.parametrize("size", [1e3, 1e6, 1e200, 1e308])
def test_balanced_noise_of_any_size_does_not_pass_for_a_mean(size: float) -> None:
    draws = np.where(np.arange(1000) % 2 == 0, size, -size)
    outcome = judge(draws)
    assert not outcome.passed
    assert outcome.message.startswith("the variance of one draw is about")


@pytest.mark.parametrize(
    ("draws", "message"),
    [
        (np.zeros((1000, 1)), "the shape is (1000, 1), but (1000,) was asked for"),
        (np.zeros(999), "the shape is (999,), but (1000,) was asked for"),
        (4.0, "the shape is (), but (1000,) was asked for; an axis is missing"),
        (np.full(1000, np.nan), "1000 of 1000 numbers are NaN or infinite"),
        (np.full(1000, 4 + 1j), "the result is complex, but a real one was asked for"),
    ],
)
def test_an_answer_that_is_no_sample_is_told_so(draws: Any, message: str) -> None:
    expected = message.replace("; an axis is missing", "") if np.ndim(draws) == 0 else message
    outcome = judge(draws)
    assert not outcome.passed and outcome.message.startswith(expected)


COVARIANCES = np.array([[[4.0, 3.8], [3.8, 4.0]], [[3.6, 3.4], [3.4, 3.6]]])


def correlated(n: int, seed: int, mean: Any) -> Any:
    return np.random.default_rng(seed).multivariate_normal(mean, COVARIANCES[0], size=n)


def test_a_direction_shows_a_mistake_that_no_coordinate_shows() -> None:
    # The shift (0.5, −0.5) is a quarter of a standard deviation in each coordinate but 1.6 along (1, −1).
    right, wrong = [1.0, 2.0], [1.5, 1.5]
    plan: dict[str, Any] = {"mean": right, "covariances": COVARIANCES}
    claim = unbiased(Answer(lambda: 0), draws=300, **plan, mistakes={"traded": wrong})
    assert 50 < claim.needed["traded"] < 300
    alone = unbiased(Answer(lambda: 0), draws=300, **plan)
    draws = correlated(300, 0, wrong)
    # 200 runs, beta = 1e-3 by design: two misses have probability 0.02, three 1e-3.
    found = alone_found = 0
    for seed in range(200):
        draws = correlated(300, seed, wrong)
        found += not claim.decide(draws).passed
        alone_found += not alone.decide(draws).passed
    assert found >= 198 and alone_found < 20


def test_a_correct_vector_passes_in_every_direction() -> None:
    # alpha = 1e-2 over two coordinates and two directions: 500 runs with more than 14 failures have
    # probability 1e-3.
    claim = unbiased(
        Answer(lambda: 0), draws=500, mean=[1.0, 2.0], covariances=COVARIANCES, alpha=1e-2,
        mistakes={"traded": [1.5, 1.5], "first": [2.0, 2.0]},
    )  # fmt: skip
    failures = sum(not claim.decide(correlated(500, seed, [1.0, 2.0])).passed for seed in range(500))
    assert failures <= 14


def test_a_plan_with_too_few_draws_is_the_authors_error() -> None:
    with pytest.raises(
        AuthoringError, match=r"too few draws to find these mistakes \(expected at least \d+, received 50"
    ):
        unbiased(Answer(lambda: 0), draws=50, mean=4.0, variances=[80.0, 87.0], mistakes={"half": 2.0})


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"variances": [1.0]}, "at least two correct variants"),
        ({"variances": [1.0, 0.0]}, "positive variances"),
        ({"variances": None}, "at least two correct variants"),
        ({"variances": [[1.0, 2.0], [1.0, 2.0]]}, "each of the mean's shape"),
        ({"covariances": [[[1.0]]]}, "covariances of at least two correct variants"),
        ({"covariances": [[[1.0]], [[-1.0]]]}, "symmetric and positive"),
        ({"mistakes": {"none": 4.0}}, "is not the mean"),
        ({"mistakes": {"shape": [1.0, 2.0]}}, "has the mean's shape"),
    ],
)
def test_authors_are_told_which_moments_are_needed(options: dict[str, Any], text: str) -> None:
    with pytest.raises(AuthoringError, match=text):
        unbiased(Answer(lambda: 0), **({"draws": 10**6, "mean": 4.0, "variances": [80.0, 87.0]} | options))
