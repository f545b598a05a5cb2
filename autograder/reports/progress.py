"""Progress of a class run: a bar with an estimate on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from autograder.reports.tables import clean

if TYPE_CHECKING:
    from autograder.grading.classroom_run import Line


@contextmanager
def class_progress(console: Console, total: int) -> Iterator[Callable[[Line], None]]:
    """Shows how far a class run is.

    Args:
        console: where to.
        total: submissions.

    Yields:
        A function to be told of each graded submission.
    """
    if not console.is_terminal:
        yield _plain(console, total)
        return
    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)

        def advance(line: Line) -> None:
            progress.update(task, advance=1, description=f"[dim]{clean(line.student)}[/]")

        yield advance


@contextmanager
def step_progress(console: Console, name: str) -> Iterator[Callable[[int], Callable[[str], None]]]:
    """Shows how far a long measurement is, with an estimate of what is left.

    Args:
        console: where to; only a terminal is written to.
        name: what is measured.

    Yields:
        A function to be told the number of steps; it returns the one to be told of each.
    """
    columns = (
        TextColumn("{task.fields[name]}"),
        BarColumn(),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.description}[/]"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:

        def begin(total: int) -> Callable[[str], None]:
            task = progress.add_task("", total=total, name=name)

            def step(done: str) -> None:
                progress.update(task, advance=1, description=clean(done))

            return step

        yield begin


def _plain(console: Console, total: int) -> Callable[[Line], None]:
    started, done, graded = time.monotonic(), 0, 0

    def advance(line: Line) -> None:
        nonlocal done, graded
        done, graded = done + 1, graded + (not line.cached)
        score = "none" if line.report.score is None else f"{line.report.score:g}/{line.report.points:g}"
        elapsed = time.monotonic() - started
        left = f", about {elapsed / graded * (total - done):.0f} s left" if graded and done < total else ""
        console.print(f"{done}/{total} {clean(line.student)}: {score}{left}", highlight=False)

    return advance
