"""All checks of a notebook at a glance: points so far, and what is graded later, unseen or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.reports.outcomes import headline
from autograder.reports.templating import render
from autograder.results import AFTER_HAND_IN, CheckResult, Show, Status

BY_HAND = "graded by a person"


@dataclass(frozen=True)
class Row:
    """One line of the overview.

    Args:
        part: the check's name.
        status: passed, partly right, not yet; not run for what is graded later.
        said: the status in words.
        score: points so far; None where students cannot know them yet.
        points: points that the part can give.
    """

    part: str
    status: Status
    said: str
    score: float | None
    points: float


def row(result: CheckResult, *, by_hand: bool = False) -> Row:
    """A result as a line of the overview."""
    if by_hand:
        return Row(result.check, Status.NOT_RUN, BY_HAND, None, result.points)
    if result.status is Status.NOT_RUN or result.show is Show.NOTHING:
        return Row(result.check, Status.NOT_RUN, result.reason or AFTER_HAND_IN, None, result.points)
    return Row(result.check, result.status, headline(result).split(",")[0], result.score, result.points)


def summary(rows: Sequence[Row]) -> str:
    """One sentence: points so far, and the points that nobody can see yet."""
    seen = [r for r in rows if r.score is not None]
    said = f"so far {sum(r.score or 0 for r in seen):g} of {sum(r.points for r in seen):g} points"
    for phrase in (AFTER_HAND_IN, BY_HAND):
        if points := sum(r.points for r in rows if r.score is None and r.said == phrase):
            said += f"; {points:g} more are {phrase}"
    return f"{said}. After hand-in the same checks run on other numbers."


def to_text(rows: Sequence[Row]) -> str:
    """The overview as plain lines."""
    widths = [max(len(cell) for cell in column) for column in zip(*map(_cells, rows), strict=True)]
    lines = [
        f"{part:<{widths[0]}}  {points:>{widths[1]}}  {said}" for part, points, said in map(_cells, rows)
    ]
    return "\n".join([*lines, summary(rows)])


def to_html(rows: Sequence[Row]) -> str:
    """The overview as a self-contained table: inline style, no script, everything escaped."""
    return render("overview.html", rows=rows, summary=summary(rows))


def _cells(r: Row) -> tuple[str, str, str]:
    score = "–" if r.score is None else f"{r.score:g}"
    return r.part, f"{score} of {r.points:g}", r.said
