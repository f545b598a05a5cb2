"""Names are given when one mistake fits, sets when several do, and none otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checks.claim import Observation
from autograder.checks.diagnose import compare, diagnose, diagnose_pair


def exact(*values: float, spread: float = 1e-12) -> Observation:
    return Observation(np.array(values), np.full(len(values), spread), exact=True)


def estimate(value: float, error: float) -> Observation:
    return Observation(np.array([value]), np.array([error]), exact=False)


BANK = {"halved": [exact(1.0, 2.0)], "squared": [exact(4.0, 16.0)], "also halved": [exact(1.0, 2.0)]}


def test_one_fitting_mistake_is_named() -> None:
    assert diagnose([exact(4.0, 16.0)], BANK) == ("squared",)


def test_twins_are_named_together() -> None:
    assert diagnose([exact(1.0, 2.0)], BANK) == ("halved", "also halved")


@pytest.mark.parametrize("values", [(4.0, 16.1), (1.0, 2.0000001), (3.0, 3.0)])
def test_what_fits_nothing_gets_no_name(values: tuple[float, float]) -> None:
    assert diagnose([exact(*values)], BANK) == ()


def test_infinities_are_gaps_and_are_compared_without_a_warning() -> None:
    bank = {"overflows": [exact(np.inf, 1.0)], "overflows elsewhere": [exact(1.0, np.inf)]}
    assert diagnose([exact(np.inf, 1.0)], bank) == ("overflows",)


def test_a_student_without_any_answer_gets_no_name() -> None:
    assert diagnose([None], BANK | {"raises": [None]}) == ()


def test_a_mistake_that_raises_fits_nobody_who_answers() -> None:
    assert diagnose([exact(1.0, 2.0)], {"raises": [None]}) == ()


def test_an_estimate_that_neither_fits_nor_excludes_gives_no_name() -> None:
    # 3.5 standard errors apart: p = 5e-4, between EXCLUDED and FITS.
    bank = {"near": [estimate(3.5, 0.0)], "fits": [estimate(0.1, 0.0)]}
    assert diagnose([estimate(0.0, 1.0)], bank) == ()
    assert diagnose([estimate(0.0, 1.0)], {"fits": bank["fits"], "far": [estimate(30.0, 0.0)]}) == ("fits",)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_estimate_that_is_no_number_fits_nothing(value: float) -> None:
    assert compare([estimate(value, 1.0)], [estimate(0.0, 1.0)]) == 0.0
    assert compare([estimate(0.0, value)], [estimate(0.0, 1.0)]) == 0.0


def test_exact_values_with_the_same_gaps_can_agree() -> None:
    assert compare([exact(1.0, np.nan)], [exact(1.0, np.nan)]) == 1.0
    assert compare([exact(1.0, np.nan)], [exact(np.nan, 1.0)]) == 0.0


@pytest.mark.parametrize("correlation", [0.0, 0.95])
def test_estimates_of_one_law_disagree_no_more_often_than_their_p_value_says(correlation: float) -> None:
    # 20 000 pairs, three coordinates. Independent ones reach p <= t with probability 1 − (1 − t/3)³ exactly,
    # dependent ones with t at most: five standard errors of either count.
    rng = np.random.default_rng(0)
    root = np.linalg.cholesky((1 - correlation) * np.eye(3) + correlation)
    pairs = 20_000
    draws = rng.normal(size=(2 * pairs, 3)) @ root.T
    seen = [Observation(row, np.ones(3), exact=False) for row in draws]
    found = np.array([compare([a], [b]) for a, b in zip(seen[::2], seen[1::2], strict=True)])
    for t in (0.5, 0.1, 0.01):
        exact = 1 - (1 - t / 3) ** 3
        error = 5 * np.sqrt(exact / pairs)
        share = float(np.mean(found <= t))
        assert share <= t + error
        if not correlation:
            assert share == pytest.approx(exact, abs=error)


PAIRED: dict[str, Any] = {
    "f halved": [exact(1.0), exact(5.0), exact(9.0)],
    "g squared": [exact(2.0), exact(25.0), exact(9.0)],
    "g negated": [exact(2.0), exact(-5.0), exact(9.0)],
}


def test_two_mistakes_behind_different_outcomes_are_named_each_at_its_own() -> None:
    student = [exact(1.0), exact(25.0), exact(9.0)]
    assert diagnose(student, PAIRED) == ()
    assert diagnose_pair(student, [True, True, False], PAIRED) == (("f halved",), ("g squared",), ())


def test_a_pair_that_leaves_an_outcome_unexplained_is_not_named() -> None:
    assert diagnose_pair([exact(1.0), exact(25.0), exact(0.0)], [True, True, True], PAIRED) == ()


def test_two_pairs_that_explain_the_same_are_not_named() -> None:
    twins = PAIRED | {"g twin": PAIRED["g squared"]}
    assert diagnose_pair([exact(1.0), exact(25.0), exact(9.0)], [True, True, False], twins) == ()


def test_one_failed_outcome_needs_no_pair() -> None:
    assert diagnose_pair([exact(1.0), exact(5.0), exact(9.0)], [True, False, False], PAIRED) == ()
