"""A check's result in words: as HTML for notebooks and feedback pages, as text for terminals."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from autograder.results import CheckResult, Outcome, Show, Status

if TYPE_CHECKING:
    import jinja2

_HEADLINES = {
    Status.PASSED: "passed",
    Status.PARTIAL: "partly right",
    Status.FAILED: "not yet",
    Status.NOT_RUN: "not run",
}


def to_html(result: CheckResult) -> str:
    """The result as a self-contained fragment: inline style, no script, everything escaped."""
    return _template().render(
        result=result,
        headline=headline(result),
        outcomes=visible(result),
        words=result.show in (Show.FULL, Show.MESSAGE),
    )


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
    if result.status is Status.NOT_RUN:
        return result.reason or _HEADLINES[Status.NOT_RUN]
    if result.show is Show.NOTHING:
        return "graded"
    return f"{_HEADLINES[result.status]}, {result.score:g} of {result.points:g} points"


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


@cache
def _template() -> jinja2.Template:
    # Imported late: a notebook that only loads its checks should not wait for a template engine.
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("check.html")
