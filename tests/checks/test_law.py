"""``law``: exact tests of a pinned law, continuous or discrete."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from autograder.checks import Answer, law
from autograder.errors import AuthoringError


def test_the_statistic_and_its_tail_are_scipys() -> None:
    # Oracle: scipy.stats.kstest with its exact method.
    rng = np.random.default_rng(0)
    for size in (5, 50, 500):
        draws = rng.gumbel(0.3, 1.2, size=size)
        outcome = law(Answer(lambda draws=draws: draws), "gumbel_r", draws=size, loc=0.0, scale=1.0).outcome()
        right = stats.kstest(draws, "gumbel_r", method="exact")
        assert outcome.evidence["gap"] == pytest.approx(right.statistic, rel=1e-12)
        assert outcome.evidence["p_value"] == pytest.approx(right.pvalue, rel=1e-9)


def test_a_right_sampler_fails_as_often_as_promised() -> None:
    # alpha = 0.05 exactly: 1000 runs, 50 ± 3.3·6.9 failures at the two tails of 1e-3.
    rng = np.random.default_rng(1)
    failures = sum(
        not law(Answer(lambda: 0), "norm", draws=40, loc=1.0, scale=2.0, alpha=0.05)
        .decide(rng.normal(1.0, 2.0, size=40))
        .passed
        for _ in range(1000)
    )
    assert 28 <= failures <= 73


@pytest.mark.parametrize(
    ("wrong", "much"),
    [
        (lambda r, n: -r.gumbel(size=n), ""),
        (lambda r, n: r.normal(size=n), ""),
        (lambda r, n: r.gumbel(0.5, 1, n), "less"),
    ],
)
def test_other_noise_is_found_and_the_gap_is_shown(wrong: Any, much: str) -> None:
    # 1e4 draws at alpha = 1e-9 find a gap of 0.035 with probability above 0.999; the smallest here is 0.08.
    outcome = law(Answer(lambda: wrong(np.random.default_rng(2), 10_000)), "gumbel_r", draws=10_000).outcome()
    assert not outcome.passed and f"{much} than the " in outcome.message
    assert outcome.message.endswith("of the gumbel_r law that was asked for")


def test_repeated_draws_are_no_independent_draws() -> None:
    draws = np.repeat(stats.norm.ppf((np.arange(50) + 0.5) / 50), 2)
    outcome = law(Answer(lambda: draws), "norm", draws=100).outcome()
    assert not outcome.passed and outcome.message.startswith("draws repeat")


PROBABILITIES = np.array([0.5, 0.3, 0.2])


def test_categories_drawn_as_they_should_be_fail_as_seldom_as_promised() -> None:
    # alpha = 1e-2 over all categories: 500 runs, more than 14 failures have probability 1e-3.
    rng = np.random.default_rng(3)
    claim = law(Answer(lambda: 0), draws=300, probabilities=PROBABILITIES, alpha=1e-2)
    failures = sum(not claim.decide(rng.choice(3, size=300, p=PROBABILITIES)).passed for _ in range(500))
    assert 0 < failures <= 14


def test_a_category_drawn_too_often_is_named() -> None:
    draws = np.random.default_rng(4).choice(3, size=20_000, p=[0.4, 0.4, 0.2])
    outcome = law(Answer(lambda: draws), draws=20_000, probabilities=PROBABILITIES).outcome()
    assert not outcome.passed
    assert outcome.message.startswith("category ") and "of 20000 draws; it should be 0." in outcome.message


@pytest.mark.parametrize("draws", [[0.5] * 10, [3] * 10, [-1] * 10])
def test_what_is_no_category_is_told_so(draws: Any) -> None:
    outcome = law(Answer(lambda: draws), draws=10, probabilities=PROBABILITIES).outcome()
    assert outcome.message == "the draws should be whole numbers from 0 to 2"


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("poisson", {"mu": 1.0}, "the name of a continuous law"),
        ("nothing", {}, "received 'nothing'"),
        ("norm", {"mean": 1.0}, "norm refuses its parameters"),
        ("norm", {"scale": -1.0}, "norm refuses its parameters"),
        ("", {"probabilities": [0.5, 0.6]}, "add to 1"),
        ("norm", {"probabilities": [0.5, 0.5]}, "a name, or positive probabilities"),
    ],
)
def test_authors_are_told_what_a_law_is(name: str, options: dict[str, Any], text: str) -> None:
    with pytest.raises(AuthoringError, match=text):
        law(Answer(lambda: 0), name, draws=10, **options)
