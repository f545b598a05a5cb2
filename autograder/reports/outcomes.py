"""A check's result in words: as HTML for notebooks and feedback pages, as text for terminals."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.reports.pictures import MAX_PICTURES, alt_text, data_uri
from autograder.reports.templating import render
from autograder.results import AFTER_HAND_IN, CheckResult, Outcome, Show, Status

HEADLINES = {
    Status.PASSED: "passed",
    Status.PARTIAL: "partly right",
    Status.FAILED: "not yet",
    Status.NOT_RUN: "not run",
    Status.BY_HAND: "a person decides",
}
"""Each status in words."""


def to_html(result: CheckResult) -> str:
    """The result as a self-contained fragment: inline style, no script, everything escaped."""
    outcomes = visible(result)
    return render(
        "check.html",
        result=result,
        headline=headline(result),
        outcomes=outcomes,
        words=result.show in (Show.FULL, Show.MESSAGE),
        pictures=_pictures(outcomes) if result.show is Show.FULL else {},
    )


def _pictures(outcomes: Sequence[Outcome]) -> dict[int, tuple[str, str]]:
    """Image and alternative text of the first few outcomes that failed with something to see, by position."""
    drawn: dict[int, tuple[str, str]] = {}
    explained: set[tuple[str, ...]] = set()
    for position, outcome in enumerate(outcomes):
        picture = outcome.evidence.get("picture")
        # Of a mistake with a name one picture is enough, as one explanation is.
        again = bool(outcome.mistakes) and outcome.mistakes in explained
        if outcome.passed or not picture or again or len(drawn) == MAX_PICTURES:
            continue
        if uri := data_uri(picture):
            drawn[position] = (uri, alt_text(picture))
            explained.add(outcome.mistakes)
    return drawn


def to_text(result: CheckResult) -> str:
    """The result as plain lines."""
    lines = [f"{result.check}: {headline(result)}"]
    words = result.show in (Show.FULL, Show.MESSAGE)
    for outcome in visible(result):
        mark = "✓" if outcome.passed else "✗"
        said = f": {outcome.message}" if words and not outcome.passed else ""
        lines.append(f"  {mark} {outcome.label or outcome.kind}{said}")
    return "\n".join(lines)


def headline(result: CheckResult) -> str:
    """One line: the status, the points where students may know them, and the reason if it did not run."""
    if result.status is Status.NOT_RUN and result.reason == AFTER_HAND_IN:
        return result.reason
    if result.show is Show.NOTHING and result.status is not Status.NOT_RUN:
        return "graded"
    line = HEADLINES[result.status]
    if result.show is not Show.NOTHING and not result.by_hand:
        line += f", {result.score:g} of {result.points:g} points"
    # Nobody looked at the work: that its score is 0 has to be seen not to be a verdict.
    return f"{line}: {result.reason}" if result.reason else line


def visible(result: CheckResult) -> list[Outcome]:
    """The outcomes that the student may see.

    Several that failed for one reason are shown once; what passed is shown when everything is.
    """
    if result.show is Show.NOTHING:
        return []
    shown: list[Outcome] = []
    for outcome in result.outcomes:
        if result.show is Show.MESSAGE and outcome.passed:
            continue
        if any(not o.passed and not outcome.passed and o.message == outcome.message for o in shown):
            continue
        shown.append(outcome)
    return shown
