"""All checks of a notebook at a glance: points so far, and what is graded later, unseen or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.reports.outcomes import HEADLINES
from autograder.reports.templating import render
from autograder.results import AFTER_HAND_IN, CheckResult, Show, Status

BY_HAND = "graded by a person"


@dataclass(frozen=True)
class Row:
    """One line of the overview.

    Args:
        result: of the check, or the empty one of a question that a person grades.
        by_hand: whether a person grades it.
    """

    result: CheckResult
    by_hand: bool = False

    @property
    def score(self) -> float | None:
        """Points so far; None where students cannot know them yet."""
        hidden = self.by_hand or self.result.show is Show.NOTHING or self.result.status is Status.NOT_RUN
        return None if hidden else self.result.score

    @property
    def status(self) -> Status:
        """Passed, partly right, not yet; not run for what is graded later."""
        return Status.NOT_RUN if self.score is None else self.result.status

    @property
    def said(self) -> str:
        """The status in words."""
        if self.by_hand:
            return BY_HAND
        return AFTER_HAND_IN if self.score is None else HEADLINES[self.result.status]


def summary(rows: Sequence[Row]) -> str:
    """One sentence: points so far, and the points that nobody can see yet."""
    seen = [row for row in rows if row.score is not None]
    said = f"so far {sum(row.score or 0 for row in seen):g} of {_points(seen):g} points"
    for phrase, by_hand in ((AFTER_HAND_IN, False), (BY_HAND, True)):
        if points := _points([row for row in rows if row.score is None and row.by_hand is by_hand]):
            said += f"; {points:g} more are {phrase}"
    return f"{said}. After hand-in the same checks run on other numbers."


def to_text(rows: Sequence[Row]) -> str:
    """The overview as plain lines."""
    cells = [(row.result.check, f"{_score(row)} of {row.result.points:g}", row.said) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [f"{part:<{widths[0]}}  {points:>{widths[1]}}  {said}" for part, points, said in cells]
    return "\n".join([*lines, summary(rows)])


def to_html(rows: Sequence[Row]) -> str:
    """The overview as a self-contained table: inline style, no script, everything escaped."""
    return render("overview.html", rows=[(row, _score(row)) for row in rows], summary=summary(rows))


def _score(row: Row) -> str:
    return "–" if row.score is None else f"{row.score:g}"


def _points(rows: Sequence[Row]) -> float:
    return sum(row.result.points for row in rows)
