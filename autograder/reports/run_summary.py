"""The end of a class run: how many ended how, which submissions were odd and why, what was degraded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table

from autograder.grading.observer import Line
from autograder.reports.tables import class_table, clean, remarks
from autograder.results import Report

MOST_ROWS = 100
"""A larger class is shown by its odd submissions alone."""

_NOT_NEEDED = "GPU"  # a layer that is degraded on most machines, and that no verdict waits for


class RunSummary:
    """Collects what the end of a run has to say; keeps whole reports of a small class only.

    Args:
        problem_set: its name.
    """

    def __init__(self, problem_set: str) -> None:
        self._problem_set = problem_set
        self._rows: dict[str, tuple[Report, bool]] | None = {}
        self._state: dict[str, str] = {}
        self._odd: dict[str, str] = {}
        self._degraded: Counter[str] = Counter()
        self._slowest = ("", 0.0)

    def add(self, line: Line) -> None:
        """Takes one submission; a later one of the same student counts in its place."""
        report = line.report
        self._state[line.student] = "failed" if report.not_gradable else "cached" if line.cached else "graded"
        if self._rows is not None:
            self._rows[line.student] = (report, line.cached)
            if len(self._rows) > MOST_ROWS:
                self._rows = None
        self._odd.pop(line.student, None)
        if reasons := list(_odd(line)):
            self._odd[line.student] = "; ".join(reasons)
        for layer, status in report.layers.items():
            if status == "degraded" and layer != _NOT_NEEDED:
                self._degraded[layer] += 1
        if not line.cached and report.seconds > self._slowest[1]:
            self._slowest = (line.student, report.seconds)

    @property
    def failed(self) -> int:
        """Submissions with a reason in place of a grade."""
        return sum(state == "failed" for state in self._state.values())

    def renderables(self) -> Iterator[RenderableType]:
        """What to print, from top to bottom."""
        if self._rows is not None and self._rows:
            rows = [(student, *self._rows[student]) for student in sorted(self._rows)]
            yield class_table(self._problem_set, rows)
        count = Counter(self._state.values())
        words = [f"{count[name]} {name}" for name in ("graded", "cached", "failed") if count[name]]
        yield f"{_submissions(len(self._state))}: {', '.join(words) or 'none'}"
        if self._slowest[0]:
            yield f"slowest: {clean(self._slowest[0])}, {self._slowest[1]:.1f} s"
        if self._odd:
            table = Table(title=f"{len(self._odd)} to look at", title_justify="left", header_style="bold")
            table.add_column("student", no_wrap=True)
            table.add_column("why", overflow="fold", ratio=1)
            for student in sorted(self._odd):
                table.add_row(clean(student), self._odd[student])
            yield table
        for layer, number in sorted(self._degraded.items()):
            yield f"degraded: {clean(layer)}, in {_submissions(number)}; see autograder doctor"


def _submissions(number: int) -> str:
    return f"{number} submission{'s' if number != 1 else ''}"


def _odd(line: Line) -> Iterator[str]:
    """Why a person should look at a submission, as markup."""
    report = line.report
    if report.not_gradable:
        yield remarks(report)
        return
    for check in report.checks:
        if check.reason:
            yield clean(f"{check.check} was not run and counts 0: {check.reason}")
    if line.again:
        yield clean(f"graded at the second try: {line.again}")
