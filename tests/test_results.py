"""Outcomes, scores and the JSON form of a report."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import NotebookError
from autograder.results import CheckResult, Outcome, Report, Show, Status, schema

TEXT = st.text(max_size=20)
SECONDS = st.integers(0, 10**6).map(lambda n: n / 1000)
EVIDENCE = st.dictionaries(
    TEXT, st.integers(-5, 5) | st.floats(-1, 1) | TEXT | st.lists(st.integers(0, 3)), max_size=3
)
OUTCOMES = st.builds(
    Outcome,
    kind=TEXT,
    passed=st.booleans(),
    message=TEXT,
    label=TEXT,
    weight=st.floats(0.01, 10),
    mistakes=st.lists(TEXT, max_size=2).map(tuple),
    evidence=EVIDENCE,
)
CHECKS = st.builds(
    CheckResult,
    grade_id=TEXT,
    check=TEXT,
    points=st.integers(0, 20).map(float),
    outcomes=st.lists(OUTCOMES, max_size=3).map(tuple),
    show=st.sampled_from(Show),
    seconds=SECONDS,
    reason=TEXT,
)
REPORTS = st.builds(
    Report,
    problem_set=TEXT,
    submission=TEXT,
    checks=st.lists(CHECKS, max_size=3).map(tuple),
    manual_points=st.integers(0, 5).map(float),
    not_gradable=TEXT,
    notes=st.lists(TEXT, max_size=2).map(tuple),
    isolation=TEXT,
    layers=st.dictionaries(TEXT, st.sampled_from(["present", "degraded"]), max_size=3),
    seconds=SECONDS,
)


@given(REPORTS)
def test_a_report_follows_its_schema_and_comes_back_equal(report: Report) -> None:
    text = report.to_json()
    jsonschema.validate(json.loads(text), schema())
    assert Report.from_json(text) == report


def outcome(passed: bool, weight: float = 1.0) -> Outcome:
    return Outcome("close", passed, "", weight=weight)


@pytest.mark.parametrize(
    ("outcomes", "score", "status"),
    [
        ((), 0.0, Status.NOT_RUN),
        ((outcome(True), outcome(True)), 3.0, Status.PASSED),
        ((outcome(True), outcome(False)), 1.5, Status.PARTIAL),
        ((outcome(True, 2.0), outcome(False, 1.0)), 2.0, Status.PARTIAL),
        ((outcome(False),), 0.0, Status.FAILED),
        ((outcome(True, 1.0), outcome(False, 8.0)), 0.333, Status.PARTIAL),
    ],
)
def test_points_follow_the_weights_of_what_passed(
    outcomes: tuple[Outcome, ...], score: float, status: Status
) -> None:
    check = CheckResult("f", "f", 3.0, outcomes)
    assert (check.score, check.status) == (score, status)


@given(st.lists(st.tuples(st.booleans(), st.floats(1e-3, 1e3)), max_size=6), st.floats(0, 100))
def test_a_score_never_leaves_its_range(entries: list[tuple[bool, float]], points: float) -> None:
    check = CheckResult("f", "f", points, tuple(outcome(*entry) for entry in entries))
    assert 0 <= check.score <= points


def test_a_report_that_is_not_gradable_has_no_score() -> None:
    report = Report("ps", checks=(CheckResult("f", "f", 3.0, (outcome(True),)),))
    assert report.score == 3.0
    assert replace(report, not_gradable="not a notebook").score is None


def test_evidence_of_any_kind_becomes_plain_json() -> None:
    evidence = {
        "array": np.array([1.0, np.nan, np.inf]),
        "number": np.float32(0.5),
        "complex": 1j,
        "nested": {"tuple": (1, -np.inf)},
        "object": Show.FULL,
    }
    report = Report("ps", checks=(CheckResult("f", "f", 1.0, (replace(outcome(True), evidence=evidence),)),))
    (found,) = Report.from_json(report.to_json()).checks[0].outcomes
    assert found.evidence == {
        "array": [1.0, "nan", "inf"],
        "number": 0.5,
        "complex": "1j",
        "nested": {"tuple": [1, "-inf"]},
        "object": "full",
    }


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": 2}', b"\xff"])
def test_what_is_not_a_report_is_refused(text: str | bytes) -> None:
    with pytest.raises(NotebookError, match="does not follow its schema"):
        Report.from_json(text)


def test_unknown_keys_and_other_versions_are_refused() -> None:
    data = Report("ps").to_dict()
    for change in ({"schema_version": 2}, {"surprise": 1}, {"score": -1}, {"checks": [{}]}):
        with pytest.raises(NotebookError, match="does not follow its schema"):
            Report.from_json(json.dumps(data | change))


def test_a_report_from_before_layers_were_recorded_is_read():
    data = Report("ps").to_dict()
    del data["layers"]
    assert Report.from_json(json.dumps(data)).layers == {}


def test_a_layer_is_present_or_degraded_since_without_a_missing_one_nothing_is_graded():
    with pytest.raises(NotebookError, match="a report does not follow its schema"):
        Report.from_json(Report("ps", layers={"bubblewrap": "missing"}).to_json())
