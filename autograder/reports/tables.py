"""Reports as terminal tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from autograder.results import CheckResult, Report, Status

_MARKS = {
    Status.PASSED: "[green]✓[/]",
    Status.PARTIAL: "[yellow]◐[/]",
    Status.FAILED: "[red]✗[/]",
    Status.NOT_RUN: "[red]![/]",
    Status.BY_HAND: "[yellow]?[/]",
}
_CONTROL = {code: None for code in [*range(32), *range(127, 160)] if chr(code) not in "\n\t"}


def clean(text: str) -> str:
    """A student's words for a terminal: no control sequences, no markup."""
    return escape(text.translate(_CONTROL))


def class_table(title: str, rows: Sequence[tuple[str, Report, bool]]) -> Table:
    """The class: one line a student, one column a check.

    Args:
        title: the problem set.
        rows: student, report and whether it came from the journal.
    """
    checks = max((report.checks for _, report, _ in rows), key=len, default=())
    legend = "  ".join(f"{number} {clean(check.check)}" for number, check in enumerate(checks, start=1))
    table = Table(
        title=title, caption=legend, title_justify="left", caption_justify="left", header_style="bold"
    )
    table.add_column("student", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    for number in range(1, len(checks) + 1):
        table.add_column(str(number), justify="center")
    table.add_column("what happened", overflow="fold", ratio=1)
    for student, report, cached in rows:
        score = "none" if report.score is None else f"{report.score:g}/{report.points:g}"
        marks = [_MARKS[c.status] for c in report.checks] or ["[dim]–[/]"] * len(checks)
        remark = remarks(report) + (" [dim](graded before)[/]" if cached else "")
        table.add_row(clean(student), score, *marks, remark)
    return table


def remarks(report: Report) -> str:
    """A submission for the instructor, in a line or two: the reason, the mistakes, the notes."""
    if report.not_gradable:
        return f"[red]not gradable:[/] {clean(report.not_gradable)}"
    named = sorted(
        {name for check in report.checks for outcome in check.outcomes for name in outcome.mistakes}
    )
    words = [" or ".join(named)] if named else _first(_failures(report.checks))
    reasons = [
        f"{check.check}: {_without_verdict(check)} ({check.reason})"
        for check in report.checks
        if check.reason
    ]
    return "; ".join(map(clean, [*words, *reasons, *_first(list(report.notes))]))


def _without_verdict(check: CheckResult) -> str:
    return "a person decides" if check.by_hand else "not run, counted as 0"


def _failures(checks: Sequence[CheckResult]) -> list[str]:
    messages = (o.message.splitlines()[0] for c in checks for o in c.outcomes if not o.passed)
    return list(dict.fromkeys(messages))


def _first(sentences: list[str]) -> list[str]:
    """The first of several sentences, with the number of the others: the report has them all."""
    if not sentences:
        return []
    more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
    return [sentences[0][:160] + more]


def report_table(report: Report) -> Table:
    """One submission: one line an outcome."""
    table = Table(title=clean(report.problem_set), title_justify="left", header_style="bold")
    table.add_column("check")
    table.add_column("points", justify="right")
    table.add_column("")
    table.add_column("outcome", overflow="fold", ratio=1)
    for check in report.checks:
        head = (clean(check.check), f"{check.score:g}/{check.points:g}")
        if not check.outcomes:
            table.add_row(*head, _MARKS[check.status], clean(f"{_without_verdict(check)}: {check.reason}"))
        for index, outcome in enumerate(check.outcomes):
            mark = _MARKS[Status.PASSED if outcome.passed else Status.FAILED]
            text = clean(outcome.label or outcome.kind)
            if not outcome.passed:
                text += f": {clean(outcome.message)}"
            table.add_row(*(head if not index else ("", "")), mark, text)
    return table
