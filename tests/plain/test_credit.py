"""What a test cell earns: all, nothing, a number of points, or a person's judgement."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_output

from autograder.grading.credit import credit, judge
from autograder.results import CheckResult, Status
from autograder.sandbox.cell_run import CellRun


@given(st.floats(0, 8), st.sampled_from([float, np.float64, np.float32, np.float16]))
def test_a_number_is_as_many_points_however_python_or_numpy_writes_it(value: float, kind: type) -> None:
    number = kind(value)
    earned = credit(repr(number), 8.0)
    assert earned == float(str(float(number)) if kind in (float, np.float64) else str(number))


@pytest.mark.parametrize("number", [0, 3, np.int64(3), np.uint8(3), np.int32(0)])
def test_whole_numbers_count(number: object) -> None:
    assert credit(repr(number), 3.0) == float(str(number))


def test_a_sum_of_parts_is_the_whole_whichever_way_it_was_rounded() -> None:
    # 0.1 + 0.2 + 0.7 and its neighbours: a unit in the last place must neither void nor exceed the score.
    above = math.nextafter(1.0, 2.0)
    assert credit(repr(above), 1.0) == 1.0
    assert credit("1.00001", 1.0) is None
    assert credit("-0.0", 1.0) == 0.0


@pytest.mark.parametrize(
    "text",
    # nbgrader 0.9 gives full marks for each of these but for the one above the maximum, where it fails.
    [
        *("True", "nan", "inf", "-5", "99", "'0.5'", "[0.5]", "np.float64(nan)", "np.True_", "<Axes: >"),
        # Forms that float() accepts and no number has, and halves of a NumPy number.
        *("1_0", "٣", "np.float64(1", "1)", "np.str_('1')", "np.float64(1))", "1 2", "0x1", "", "+", "1e999"),
    ],
)
def test_anything_else_earns_nothing_by_itself(text: str) -> None:
    assert credit(text, 5.0) is None


def value(text: str | list[str]) -> dict:
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


def judged(*outputs: dict, status: str = "ok", reason: str = "", points: float = 4.0) -> CheckResult:
    return judge("t", "t", points, CellRun(list(outputs), status, reason))  # type: ignore[arg-type]


PRINTED = new_output("stream", name="stdout", text="0.5\n")
WARNED = new_output("stream", name="stderr", text="UserWarning: no\n")
SHOWN = new_output("display_data", data={"text/plain": "0.25"})


@pytest.mark.parametrize("outputs", [(), (PRINTED,), (WARNED,), (SHOWN,), (PRINTED, WARNED, SHOWN)])
def test_what_is_printed_warned_or_shown_is_no_score(outputs: tuple) -> None:
    result = judged(*outputs)
    assert (result.score, result.status) == (4.0, Status.PASSED)


def test_a_value_is_partial_credit_and_says_so() -> None:
    result = judged(WARNED, value("1.5"))
    assert (result.score, result.status) == (1.5, Status.PARTIAL)
    assert [outcome.message for outcome in result.outcomes] == ["", "the test gave 1.5 of 4 points"]
    assert judged(value(["1", ".5"])).score == 1.5
    assert judged(value("0")).status is Status.FAILED


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ((value("True"),), "the test gave 'True', and partial credit is one number from 0 to 4"),
        ((value("-5"),), "the test gave '-5',"),
        ((value("x" * 500),), "x…'"),
        ((value("1"), value("4")), "the test gave several values,"),
        ((new_output("execute_result", data={"image/png": ""}),), "the test gave a value without text,"),
    ],
)
def test_another_value_is_left_to_a_person_with_the_reason(outputs: tuple, said: str) -> None:
    result = judged(*outputs)
    assert (result.score, result.status, result.outcomes) == (0.0, Status.BY_HAND, ())
    assert said in result.reason and len(result.reason) < 200


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("error", "AssertionError: of minus three", "AssertionError: of minus three"),
        ("error", "NotImplementedError: ", "NotImplementedError"),
        (
            "timeout",
            "a cell did not finish within 3 s",
            "the test did not end: a cell did not finish within 3 s",
        ),
        ("died", "the kernel ended: exit status 3", "the test did not end: the kernel ended: exit status 3"),
    ],
)
def test_a_test_that_stops_earns_nothing_whatever_it_had_shown_before(
    status: str, reason: str, said: str
) -> None:
    result = judged(value("4"), status=status, reason=reason)
    assert (result.score, result.status) == (0.0, Status.FAILED)
    assert result.outcomes[0].message == said


@pytest.mark.parametrize(("status", "passed"), [("ok", True), ("error", False)])
def test_a_test_for_no_points_still_says_how_it_went(status: str, passed: bool) -> None:
    result = judged(status=status, reason="ValueError: no", points=0.0)
    assert (result.score, result.status is Status.PASSED) == (0.0, passed)
