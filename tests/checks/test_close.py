"""``close``: every correct route passes, wrong formulas do not, and messages say what to look at."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks import Answer, close
from autograder.checks.answers import Expected
from autograder.checks.close import Close
from autograder.errors import AuthoringError, StudentError
from autograder.results import Outcome
from autograder.wire import Handle


def judge(got: Any, expected: Any, terms: Any = None, **options: Any) -> Outcome:
    terms = np.abs(expected) + 1.0 if terms is None else terms
    return close(Answer(lambda: got), expected, terms=terms, **options).outcome()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 200), st.sampled_from([np.float32, np.float64]))
def test_a_cancelling_sum_passes_in_every_order_and_type(seed: int, count: int, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=count) * 10.0 ** rng.uniform(-3, 3, size=count)
    numbers = np.concatenate([numbers, -numbers * (1 + 1e-3 * rng.normal(size=count))])
    right, terms = math.fsum(numbers), np.abs(numbers).sum()
    shuffled = rng.permutation(numbers).astype(dtype)
    running = np.cumsum(shuffled)[-1]  # one after the other
    pairwise = np.sum(shuffled)
    largest_first = np.cumsum(shuffled[np.argsort(-np.abs(shuffled))])[-1]
    for got in (running, pairwise, largest_first):
        assert judge(got, right, terms).passed


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([np.float32, np.float64]))
def test_a_formula_wrong_by_a_hundred_thousandth_fails(seed: int, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    right = rng.uniform(0.5, 2.0, size=5)
    # Without cancellation terms are the value itself: float32 leaves room for 1e-6.
    assert not judge((right * (1 + 1e-5)).astype(dtype), right, right).passed


def test_the_bound_is_sixteen_units_of_the_terms_and_no_more() -> None:
    unit = 2.0**-53
    assert judge(1.0 + 2 * unit * 7, 1.0, 1.0, precision="float64").passed
    assert not judge(1.0 + 2 * unit * 9, 1.0, 1.0, precision="float64").passed
    assert not judge(1.0 + 1e-7, 1.0, 1.0, precision="float64").passed


def test_doubles_that_went_through_single_precision_pass_unless_double_is_asked_for() -> None:
    right = np.linspace(0.1, 1.3, 7)
    through = right.astype(np.float32).astype(np.float64)
    passed = judge(through, right, right)
    assert passed.passed and passed.message == "right, to single precision"
    assert not judge(through, right, right, precision="float64").passed


def test_results_below_the_normal_range_pass_when_a_kernel_flushes_them_to_zero() -> None:
    right = np.array([1e-40, 1.0])
    assert judge(np.array([0.0, 1.0], np.float32), right, right).passed
    assert not judge(np.array([1e-30, 1.0], np.float32), right, right).passed


def test_integers_and_booleans_are_judged_as_the_numbers_they_are() -> None:
    assert judge(np.array([True, False]), np.array([1.0, 0.0]), np.ones(2)).passed
    outcome = judge(np.array([True, True, False]), np.array([1.0, 0.0, 4.0]), np.full(3, 4.0))
    assert outcome.message == "2 of 3 numbers are off; the worst at index (2,) is 0 where 4 was expected"


MATRIX = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]])


@pytest.mark.parametrize(
    ("got", "message"),
    [
        (np.ones(3), "the shape is (3,), but (2, 3) was asked for"),
        (np.ones(6), "the shape is (6,), but (2, 3) was asked for; an axis is missing"),
        (MATRIX.T, "the shape is (3, 2), but (2, 3) was asked for; the axes are swapped"),
        (np.where(MATRIX > 2, np.nan, MATRIX), "1 of 6 numbers are NaN or infinite"),
        (MATRIX.astype(np.float16), "the result is float16; compute in float32 or float64"),
        (MATRIX + 0j, "the result is complex, but a real one was asked for"),
        (None, "the result is None; is the `return` missing?"),
        (Handle(1, "Sequential"), "the result should be an array of numbers, not a Sequential"),
        ("text", "the result should be an array of numbers, not a str"),
        ({"a": 1}, "the result should be an array of numbers, not a dict"),
        ([[1.0], [1.0, 2.0]], "the result is a ragged list; return one array"),
        (["a", "b"], "the result should be made of numbers, not of str32"),
        (-MATRIX, "Every number has the wrong sign; the one"),
        (7 * MATRIX, "Every number is N = 7 times too large; the one"),
        (MATRIX / 7, "Every number is N = 7 times too small; the one"),
        (MATRIX * 7 / 6, "Every number is N/(N − 1) = 1.167 times too large; the one"),
        (MATRIX * -5, "Every number has the wrong sign and is d = 5 times too large; the one"),
        (2 * MATRIX, "Every number is twice what it should be; the one"),
        (0.5 * MATRIX, "Every number is half of what it should be; the one"),
        (0.3 * MATRIX, "Every number is 0.3 times what it should be; the one"),
        (MATRIX + 2.5, "Every number is too large by d/2 = 2.5; the one"),
        (MATRIX - math.log(7), "Every number is too small by log N = 1.946; the one"),
        (MATRIX + 0.7, "Every number is too large by 0.7; the one"),
        (0 * MATRIX, "Every number is zero; the one"),
        (MATRIX + np.eye(2, 3), "2 of 6 numbers are off; the worst"),
    ],
)  # fmt: skip
def test_every_message_says_what_is_wrong(got: Any, message: str) -> None:
    outcome = judge(got, MATRIX, sizes={"N": 7, "d": 5})
    assert not outcome.passed
    # Which entry is shown among equally bad ones is not the point.
    assert re.sub(r" at index.*", "", outcome.message) == message


@pytest.mark.parametrize(
    ("got", "message"),
    [
        (1.5, "the result is 1.5 where 3.3 was expected"),
        (-3.3, "The result has the wrong sign: -3.3 where 3.3 was expected"),
        (3.3 * 7, "The result is N = 7 times too large: 23.1 where 3.3 was expected"),
        (3.3 + 3.5, "The result is too large by N/2 = 3.5: 6.8 where 3.3 was expected"),
    ],
)
def test_one_number_gets_a_constant_only_when_it_has_a_name(got: float, message: str) -> None:
    assert judge(got, 3.3, sizes={"N": 7}).message == message


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.sampled_from([np.float32, np.float64]))
def test_an_unrelated_wrong_answer_is_given_no_constant(seed: int, count: int, dtype: type) -> None:
    # A random float32 answer meets one of about 20 named constants with probability about 20·2e-6: the fixed
    # examples of Hypothesis meet none.
    rng = np.random.default_rng(seed)
    right = rng.normal(size=count)
    outcome = judge(rng.normal(size=count).astype(dtype), right, np.abs(right), sizes={"N": 37, "d": 5})
    assert not outcome.passed and outcome.evidence["relation"] == ""


def test_a_factor_is_found_across_single_precision() -> None:
    outcome = judge((37 * MATRIX).astype(np.float32), MATRIX, sizes={"N": 37})
    assert outcome.message.startswith("Every number is N = 37 times too large")


def test_complex_results_are_judged_in_both_parts() -> None:
    right = np.array([1 + 2j, -0.5j])
    assert judge(right.astype(np.complex64), right, np.abs(right)).passed
    assert not judge(right.conj(), right, np.abs(right)).passed
    observed = close(Answer(lambda: right), right, terms=np.abs(right)).observation()
    assert observed is not None and observed.values.shape == (2, 2)


def test_a_huge_wrong_answer_fails_without_a_warning() -> None:
    assert not judge(np.full(3, 1e308), np.zeros(3), np.zeros(3)).passed
    assert not judge(np.full(3, -1.7e308), np.full(3, 1.7e308)).passed


def test_an_empty_array_is_right_when_it_is_asked_for() -> None:
    assert judge(np.zeros((0, 3)), np.zeros((0, 3))).passed


def test_a_missing_answer_fails_with_its_reason() -> None:
    def resolve() -> Any:
        raise StudentError("`f` is not written yet")

    outcome = close(Answer(resolve), 1.0, terms=1.0).outcome()
    assert (outcome.passed, outcome.message) == (False, "`f` is not written yet")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"terms": None}, "needs the sum of absolute terms"),
        ({"terms": np.ones(2)}, "has the shape of the expected value"),
        ({"terms": np.zeros(3)}, "at least as large as it"),
        ({"terms": np.full(3, np.inf)}, "terms are finite"),
        ({"terms": np.ones(3), "precision": "half"}, "precision is float32 or float64"),
        ({"terms": np.ones(3), "sizes": {"N": 1}}, "a declared size is at least 2"),
    ],
)
def test_authors_are_told_what_close_needs(options: dict[str, Any], text: str) -> None:
    with pytest.raises(AuthoringError, match=text):
        close(Answer(lambda: 0), np.ones(3), **options)


def test_terms_come_with_the_reference_and_are_asked_for_only_when_needed() -> None:
    asked = []

    def terms() -> Any:
        asked.append(1)
        return [np.ones(2), np.ones(3)]

    expected = Expected([np.ones(2), np.ones(3)], terms)
    part = expected[1]
    assert not asked
    claim = close(Answer(lambda: np.ones(3)), part)
    assert isinstance(claim, Close) and claim.outcome().passed and asked == [1]
