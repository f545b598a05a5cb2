"""What grading produces: outcomes within checks within a report, and their JSON form.

``report.schema.json`` beside this file describes the JSON form; ``Report.from_json`` accepts nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from autograder.errors import NotebookError

SCHEMA_VERSION = 1

AFTER_HAND_IN = "graded after hand-in"
"""Reason of a check that a student's notebook cannot run, and that costs nothing there."""


class Show(StrEnum):
    """How much of an outcome its student gets to see."""

    FULL = "full"
    MESSAGE = "message"
    VERDICT = "verdict"
    NOTHING = "nothing"


class Status(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_RUN = "not_run"
    BY_HAND = "by_hand"


@dataclass(frozen=True)
class Outcome:
    """One decision within a check.

    Args:
        kind: which kind of decision it is (``close``, ``unbiased``, ...).
        passed: the decision.
        message: one sentence for the student.
        label: what was looked at, in a few words.
        weight: its share of the check's points, relative to its siblings; > 0.
        mistakes: registered mistakes that give the same result on the same inputs; several are twins.
        evidence: numbers behind the decision, as JSON values.
    """

    kind: str
    passed: bool
    message: str
    label: str = ""
    weight: float = 1.0
    mistakes: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResult:
    """All outcomes of one check, and the points they earn.

    Args:
        grade_id: nbgrader's name of the graded cell.
        check: name of the check in its suite.
        points: the most that the cell can earn; >= 0.
        outcomes: the decisions; none when the check did not run.
        show: how much of the outcomes the student sees.
        seconds: wall time of the check, calls into the sandbox included.
        reason: why the check did not run, or why a person decides.
        by_hand: whether it ran without a verdict, and a person awards its points; there are no outcomes then.
    """

    grade_id: str
    check: str
    points: float
    outcomes: tuple[Outcome, ...] = ()
    show: Show = Show.FULL
    seconds: float = 0.0
    reason: str = ""
    by_hand: bool = False

    @property
    def fraction(self) -> float:
        """Share of the points earned: passed weight over all weight; 0 when there was no outcome."""
        total = sum(outcome.weight for outcome in self.outcomes)
        if not total:
            return 0.0
        return sum(outcome.weight for outcome in self.outcomes if outcome.passed) / total

    @property
    def score(self) -> float:
        """Points earned, in [0, points], to a thousandth of a point."""
        return min(self.points, round(self.fraction * self.points, 3))

    @property
    def status(self) -> Status:
        """Passed when every outcome did, failed when none did, not run when there is none."""
        if not self.outcomes:
            return Status.BY_HAND if self.by_hand else Status.NOT_RUN
        passed = sum(outcome.passed for outcome in self.outcomes)
        if passed == len(self.outcomes):
            return Status.PASSED
        return Status.PARTIAL if passed else Status.FAILED


@dataclass(frozen=True)
class Report:
    """All checks of one submission.

    Args:
        problem_set: name of the problem set.
        submission: hash that the hidden inputs were drawn from; empty when the file could not be read.
        checks: one result for every graded cell of the release, in its order.
        manual_points: points that a person still awards.
        not_gradable: why there is no score; empty when there is one.
        notes: what was repaired, or happened on the way, in sentences for the instructor.
        isolation: name of the sandbox, or ``none``.
        seconds: wall time from the first byte to the verdict.
        layers: ``present`` or ``degraded`` for each layer of the sandbox; `autograder doctor` explains them.
        peak_bytes: the most memory that its kernel's processes were seen to have held, pages that a warm
            kernel shares included; 0 when that was not seen.
        constants: the student's own constants, by name, that it was graded with; empty where there are none.
    """

    problem_set: str
    submission: str = ""
    checks: tuple[CheckResult, ...] = ()
    manual_points: float = 0.0
    not_gradable: str = ""
    notes: tuple[str, ...] = ()
    isolation: str = ""
    seconds: float = 0.0
    layers: Mapping[str, str] = field(default_factory=dict)
    peak_bytes: int = 0
    constants: Mapping[str, int | float | str] = field(default_factory=dict)

    @property
    def score(self) -> float | None:
        """Points earned by the checks; None when the submission is not gradable."""
        return None if self.not_gradable else round(sum(c.score for c in self.checks), 3)

    @property
    def points(self) -> float:
        """The most that the checks can earn."""
        return sum(check.points for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values, derived figures included."""
        return {
            "schema_version": SCHEMA_VERSION,
            "problem_set": self.problem_set,
            "submission": self.submission,
            "score": self.score,
            "points": self.points,
            "manual_points": self.manual_points,
            "not_gradable": self.not_gradable,
            "notes": list(self.notes),
            "isolation": self.isolation,
            "layers": dict(self.layers),
            "seconds": round(self.seconds, 3),
            "peak_bytes": self.peak_bytes,
            "constants": dict(self.constants),
            "checks": [_check_to_dict(check) for check in self.checks],
        }

    def to_json(self, indent: int | None = None) -> str:
        """The report as JSON text that ``report.schema.json`` describes."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """Reads back :meth:`to_json`.

        Raises:
            NotebookError: the text is not a report of this schema version.
        """
        from jsonschema import ValidationError

        try:
            data = json.loads(text)
            _validator().validate(data)
        except (ValueError, ValidationError) as error:
            raise NotebookError(
                "a report does not follow its schema", received=str(error).splitlines()[0]
            ) from None
        return cls(
            problem_set=data["problem_set"],
            submission=data["submission"],
            checks=tuple(_check_from_dict(check) for check in data["checks"]),
            manual_points=data["manual_points"],
            not_gradable=data["not_gradable"],
            notes=tuple(data["notes"]),
            isolation=data["isolation"],
            seconds=data["seconds"],
            layers=data.get("layers", {}),
            peak_bytes=data.get("peak_bytes", 0),
            constants=data.get("constants", {}),
        )


@cache
def _validator() -> Any:
    """Of our schema, which is not itself examined again for every report of a class."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def schema() -> dict[str, Any]:
    """The JSON schema of a report."""
    loaded: dict[str, Any] = json.loads(files("autograder").joinpath("report.schema.json").read_text("utf-8"))
    return loaded


def _check_to_dict(check: CheckResult) -> dict[str, Any]:
    return {
        "grade_id": check.grade_id,
        "check": check.check,
        "score": check.score,
        "points": check.points,
        "status": check.status.value,
        "show": check.show.value,
        "reason": check.reason,
        "seconds": round(check.seconds, 3),
        "outcomes": [
            {
                "kind": outcome.kind,
                "passed": outcome.passed,
                "label": outcome.label,
                "message": outcome.message,
                "weight": outcome.weight,
                "mistakes": list(outcome.mistakes),
                "evidence": json_safe(outcome.evidence),
            }
            for outcome in check.outcomes
        ],
    }


def _check_from_dict(data: Mapping[str, Any]) -> CheckResult:
    return CheckResult(
        grade_id=data["grade_id"],
        check=data["check"],
        points=data["points"],
        outcomes=tuple(
            Outcome(**{**outcome, "mistakes": tuple(outcome["mistakes"])}) for outcome in data["outcomes"]
        ),
        show=Show(data["show"]),
        seconds=data["seconds"],
        reason=data["reason"],
        by_hand=data["status"] == Status.BY_HAND,
    )


def json_safe(value: Any) -> Any:
    """``value`` with arrays as nested lists and non-finite numbers as the strings JSON lacks."""
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [json_safe(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)
