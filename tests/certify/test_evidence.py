"""Power read off a fitted law, distances, and repeated decisions, against closed forms and simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, norm

from autograder.certify.evidence import distance, miss_probability
from autograder.certify.judging import most_by_chance
from autograder.certify.trials import affordable, decisions, moments
from autograder.checks import Answer, catoni, close, unbiased, variance, variance_ratio
from autograder.results import Outcome


def outcome(value: float, threshold: float = 20.0, passed: bool = False) -> Outcome:
    return Outcome("unbiased", passed, "", evidence={"log_evidence": value, "log_threshold": threshold})


@pytest.mark.parametrize("sigmas", [1.0, 2.0, 4.0])
def test_a_miss_has_the_probability_of_the_fitted_normal_tail(sigmas: float) -> None:
    # 4000 runs: the standard error of the fitted score is about 0.02·√(1 + sigmas²/2) = 0.05 at most.
    evidence = 20.0 + sigmas * 3.0 + 3.0 * np.random.default_rng(0).normal(size=4000)
    found = miss_probability([[outcome(value)] for value in evidence])
    assert found is not None
    assert norm.sf(sigmas + 0.2) < found < norm.sf(sigmas - 0.2)


def test_the_outcome_with_the_most_power_decides() -> None:
    rng = np.random.default_rng(1)
    runs = [[outcome(rng.normal(20, 1), passed=True), outcome(rng.normal(60, 1))] for _ in range(50)]
    found = miss_probability(runs)
    assert found is not None and found < 1e-12


def test_exact_failures_miss_nothing_and_passes_say_nothing() -> None:
    wrong = close(Answer(lambda: 2.0), 1.0, terms=1.0).outcome()
    right = close(Answer(lambda: 1.0), 1.0, terms=1.0).outcome()
    assert miss_probability([[wrong], [wrong]]) == 0.0
    assert miss_probability([[wrong], [right]]) is None
    assert miss_probability([[wrong]]) is None


def test_distances_are_in_tolerances_standard_errors_or_certain() -> None:
    rng = np.random.default_rng(2)
    exact = close(Answer(lambda: 1.0 + 2.0**-40), 1.0, terms=1.0, precision="float64").outcome()
    assert distance([exact]) == (pytest.approx(2.0**-40 / (16 * 2.0**-53), rel=1e-6), "tolerances")
    draws = rng.normal(0.5, 1.0, size=10_000)
    drawn = unbiased(Answer(lambda: draws), draws=10_000, mean=0.0, variances=[1.0, 1.0]).outcome()
    expected = abs(draws.mean()) / (draws.std(ddof=1) / 100)
    assert distance([drawn]) == (pytest.approx(expected), "standard errors")
    shapeless = close(Answer(lambda: np.ones(3)), 1.0, terms=1.0).outcome()
    assert distance([drawn, exact])[1] == "tolerances"
    assert distance([drawn, exact, shapeless])[1] == "certain"


@pytest.mark.parametrize(("runs", "rate"), [(10_000, 1e-3), (25, 1e-3), (300, 0.05), (0, 1e-3)])
def test_counts_are_held_against_the_binomial_law(runs: int, rate: float) -> None:
    most = most_by_chance(runs, rate)
    if runs:
        assert binom.sf(most, runs, rate) <= 1e-3 < binom.sf(most - 1, runs, rate) + (most == 0)
    else:
        assert most == 0


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("antithetic", [False, True])
def test_blocks_decide_about_fewer_draws_each_at_the_given_rate(antithetic: bool) -> None:
    half = normal(3, 50_000)
    rows = np.concatenate([half, -half]) if antithetic else normal(4, 100_000)
    plan: dict[str, Any] = {"draws": 100_000, "variances": [1.0, 1.0], "antithetic": antithetic}
    right = list(decisions(unbiased(Answer(lambda: rows), mean=0.0, **plan), 1e-3))
    # 100 blocks and the whole. Catoni's test fails at most one in a thousand: two have probability 5e-3.
    assert len(right) == 101 and sum(not passed for passed in right) <= 1
    # 0.4 standard deviations off are 12 standard errors of 1000 draws: all but certain to be found.
    wrong = list(decisions(unbiased(Answer(lambda: rows + 0.4), mean=0.0, **plan), 1e-3))
    assert not any(wrong)


def test_paired_claims_keep_their_pairs() -> None:
    noise = normal(5, 20_000)
    claim = variance_ratio(
        Answer(lambda: 0.5 * noise),
        noise,
        draws=20_000,
        mean=0.0,
        ratio=0.3,
        deviation_variances=[0.1, 0.1],
    )
    assert all(decisions(claim, 1e-3))


def test_few_draws_are_decided_on_once() -> None:
    rows = normal(6, 500)
    assert (
        len(list(decisions(unbiased(Answer(lambda: rows), draws=500, mean=0.0, variances=[1, 1]), 1e-3))) == 1
    )


def test_decisions_that_take_calls_of_their_own_are_fewer() -> None:
    nothing = Answer(lambda: None)
    free = unbiased(nothing, draws=100_000, mean=0.0, variances=[1.0, 1.0])
    dear = unbiased(nothing, draws=100, mean=0.0, variances=[1.0, 1.0])
    assert affordable([free, dear], 1000) == 1000
    assert affordable([dear], 1000) == 50
    assert affordable([close(nothing, 1.0, terms=1.0)], 1000) == 0


def test_measured_moments_are_multiples_of_the_declared_ones() -> None:
    # Normal draws of variance 4: E(g − m)⁴ = 3·16, so that (κ − 1)V² = 32. 4 standard errors of 2e5 draws.
    rows = 2.0 * normal(7, 200_000)
    answer = Answer(lambda: rows)
    spread = moments(unbiased(answer, draws=200_000, mean=0.0, variances=[2.0, 2.0]))
    assert spread == (pytest.approx(2.0, rel=4 * (2 / 2e5) ** 0.5), "variance")
    fourth = moments(variance(answer, draws=200_000, mean=0.0, variance=4.0, kurtosis=2.0))
    assert fourth == (pytest.approx(2.0, rel=0.05), "kurtosis")
    assert moments(close(answer, rows, terms=abs(rows))) is None


def test_evidence_and_threshold_are_those_of_the_decision() -> None:
    rows = normal(8, 1000) + 0.5
    found = unbiased(Answer(lambda: rows), draws=1000, mean=0.0, variances=[1.0, 1.0]).outcome()
    assert found.evidence["log_threshold"] == pytest.approx(np.log(2 / catoni.ALPHA))
    assert (found.evidence["log_evidence"] >= found.evidence["log_threshold"]) == (not found.passed)
