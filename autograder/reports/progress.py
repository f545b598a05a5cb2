"""Progress of a run: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from autograder.grading.observer import Line, Observer
from autograder.reports.tables import clean

_SLOW_SECONDS = 60.0
"""From when on plain lines mention what is still being graded."""


class ClassProgress(Observer):
    """Shows how far a class run is: graded, failed, cached, the rate, the time left, the slowest at work.

    Use it in a ``with`` block around the run.

    Args:
        console: where to.
        clock: seconds, from any moment on.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._started = clock()
        self._first: float | None = None
        self._total = 0
        self._mentioned: set[str] = set()
        self.graded = self.failed = self.cached = 0
        self._bar = Progress(
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            TextColumn("[dim]{task.fields[slowest]}[/]"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, slowest="")

    def __enter__(self) -> ClassProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    @property
    def done(self) -> int:
        """Submissions that are done."""
        return self.graded + self.failed + self.cached

    @property
    def rate(self) -> float | None:
        """Submissions a minute that were graded, since the first worker was there; None before the first."""
        new = self.graded + self.failed
        if self._first is None or not new:
            return None
        return 60.0 * new / max(self._clock() - self._first, 1e-9)

    def began(self, total: int) -> None:
        """Notes the number of submissions."""
        self._total = total

    def cluster(self, about: str) -> None:
        """Prints where the workers can be watched."""
        self._first = self._clock()
        self._console.print(f"[dim]{about}[/]", highlight=False, soft_wrap=True)

    def line(self, line: Line) -> None:
        """Counts a submission, and prints it where there is no bar."""
        if line.cached:
            self.cached += 1
        elif line.report.not_gradable:
            self.failed += 1
        else:
            self.graded += 1
        self._total = max(self._total, self.done)
        self._mentioned.discard(line.student)
        if self._console.is_terminal:
            self._show("")
            return
        score = "none" if line.report.score is None else f"{line.report.score:g}/{line.report.points:g}"
        cached = " (graded before)" if line.cached else ""
        self._console.print(
            f"{self.done}/{self._total} {clean(line.student)}: {score}{cached}{self._left()}",
            highlight=False,
            soft_wrap=True,
        )

    def tick(self, total: int, running: Mapping[str, float]) -> None:
        """Shows the submission that is longest at work."""
        self._total = max(total, self.done)
        student, seconds = max(running.items(), key=lambda item: item[1], default=("", 0.0))
        if self._console.is_terminal:
            self._show(f"slowest now: {clean(student)}, {seconds:.0f} s" if student else "")
        elif student and seconds > _SLOW_SECONDS and student not in self._mentioned:
            self._mentioned.add(student)
            self._console.print(f"still grading {clean(student)}, for {seconds:.0f} s", highlight=False)

    def _left(self) -> str:
        if self.rate is None:
            return ""
        left = self._total - self.done
        remaining = f", about {60 * left / self.rate:.0f} s left" if left > 0 else ""
        return f" · {self.rate:.3g} a minute{remaining}"

    def _show(self, slowest: str) -> None:
        counts = [f"{self.graded} graded", f"[red]{self.failed} failed[/]" if self.failed else ""]
        counts += [f"{self.cached} cached" if self.cached else ""]
        counts += [f"{self.rate:.3g} a minute" if self.rate is not None else ""]
        self._bar.update(
            self._task,
            completed=self.done,
            total=self._total or None,
            description=" · ".join(filter(None, counts)),
            slowest=slowest,
        )


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
