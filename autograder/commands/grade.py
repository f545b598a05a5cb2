"""Commands that grade a class: ``grade`` and ``demo``."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from autograder.commands.common import (
    EXIT_INTERRUPTED,
    EXIT_SOME_UNGRADED,
    ClassroomOption,
    ProblemSetArgument,
    RootOption,
    WorkersOption,
    console_of_output,
    find_assignment,
    find_problem_set,
    open_classroom,
    warn_without_sandbox,
)
from autograder.commands.pages import write_feedback

if TYPE_CHECKING:
    from autograder.reports.run_summary import RunSummary


def grade(
    problem_set: ProblemSetArgument,
    classroom: ClassroomOption = Path(),
    workers: WorkersOption = 2,
    force: Annotated[bool, typer.Option(help="Grade again what was graded before.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with what arrives, until Ctrl-C.")] = False,
    scheduler: Annotated[
        str,
        typer.Option(
            help="A Dask scheduler, tcp://host:port or tls://host:port; its workers grade, not --workers."
        ),
    ] = "",
    resources: Annotated[
        str,
        typer.Option(help="With --scheduler: what a submission takes of its worker, such as GPU=1."),
    ] = "",
    feedback: Annotated[bool, typer.Option(help="Write the feedback pages as well.")] = False,
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print one JSON object a submission, as it is done.")
    ] = False,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="A student to leave out; may be given again.")
    ] = None,
) -> None:
    """Grade everything that was handed in; a rerun grades only what is new.

    Exit code 0: every submission has a grade. 1: the run failed; what was graded is kept. 2: wrong arguments.
    3: some submissions have a named reason in place of a grade. 130: stopped by Ctrl-C or SIGTERM before all
    were graded. With --watch, Ctrl-C is the way to end: 0 or 3, and 130 only in the middle of a submission.
    """
    from autograder.grading.classroom_run import ClassRun
    from autograder.grading.cluster import Cluster
    from autograder.grading.incoming import printable
    from autograder.reports.run_summary import RunSummary

    opened = open_classroom(classroom)
    warn_without_sandbox(opened.settings.isolation)
    cluster = Cluster(workers, scheduler, _amounts(resources))
    assignment = find_assignment(opened, problem_set)
    run = ClassRun(opened, assignment, workers, force, cluster=cluster, watch=watch)
    run.exclude = frozenset(exclude or ())
    # Whoever reads lines by machine reads nothing else on standard output.
    console = Console(stderr=True) if json_lines else console_of_output()
    _warn_if_open(scheduler)
    if left_out := run.excluded():
        names = ", ".join(map(printable, left_out))
        console.print(f"left out, as asked: {names}", markup=False, highlight=False)
    summary = RunSummary(problem_set)
    interrupted = False
    try:
        with _terminable():
            _run(run, console, summary, json_lines)
    except KeyboardInterrupt:
        interrupted = not (watch and run.idle)
        if interrupted:
            console.print("interrupted; what was graded is kept, and the same command goes on from here")
            raise typer.Exit(EXIT_INTERRUPTED) from None
    for part in summary.renderables():
        console.print(part)
    if feedback:
        write_feedback(opened, problem_set, console)
    if summary.failed:
        raise typer.Exit(EXIT_SOME_UNGRADED)


def demo(
    directory: Annotated[Path, typer.Argument(help="Where the sample classroom is made.")] = Path(
        "build/demo"
    ),
    workers: WorkersOption = 2,
    course: RootOption = None,
) -> None:
    """Grade a sample class end to end: release, grade, gradebook, feedback."""
    from autograder.demo import make_class
    from autograder.grading.classroom_run import ClassRun
    from autograder.nbgrader.release import release as build
    from autograder.problem_sets import course_root
    from autograder.reports.run_summary import RunSummary

    console = console_of_output()
    name = "ps05_estimators"
    problem_set = find_problem_set(name, course_root(course))
    opened = make_class(directory, problem_set)
    console.print(f"classroom: {opened.directory}")
    build(opened, problem_set)
    summary = RunSummary(name)
    _run(ClassRun(opened, problem_set, workers), console, summary)
    for part in summary.renderables():
        console.print(part)
    write_feedback(opened, name, console)
    console.print(
        f"gradebook: {opened.directory / 'gradebook.db'}\n"
        f"released:  {opened.directory / 'release' / name / f'{name}.ipynb'}\n"
        f"formgrader: cd {opened.directory} && jupyter lab, then the menu Nbgrader → Formgrader"
    )


def _run(run: Any, console: Console, summary: RunSummary, json_lines: bool = False) -> None:
    from autograder.grading.observer import Line
    from autograder.reports.progress import ClassProgress

    class Show(ClassProgress):
        def line(self, line: Line) -> None:
            summary.add(line)
            if json_lines:
                about = {"student": line.student, "cached": line.cached, "report": line.report.to_dict()}
                print(dumps(about, allow_nan=False), flush=True)
            if not json_lines or console.is_terminal:
                super().line(line)

    with Show(console) as progress:
        run.grade(progress)


def _amounts(text: str) -> Mapping[str, float]:
    """``GPU=1,MEMORY=2`` as numbers by name, the way ``dask worker --resources`` reads it."""
    amounts = {}
    for part in text.replace(",", " ").split():
        name, _, amount = part.partition("=")
        try:
            amounts[name] = float(amount)
        except ValueError:
            amounts[name] = 0.0
        if not name or not 0 < amounts[name] < float("inf"):
            raise typer.BadParameter(
                f"{part!r} is not NAME=NUMBER with a number > 0", param_hint="--resources"
            )
    return amounts


def _warn_if_open(scheduler: str) -> None:
    """Says it where work and the classroom's secret go over a network that others may read."""
    host = scheduler.rpartition("://")[2].rpartition(":")[0].strip("[]")
    if (
        scheduler.startswith("tls://")
        or not scheduler
        or host in ("localhost", "::1")
        or host.startswith("127.")
    ):
        return
    Console(stderr=True).print(
        "[bold]Not encrypted:[/] students' work and the secret of the hidden inputs go to the workers as they"
        " are. Use tls:// unless everybody on that network may read them.",
        highlight=False,
        soft_wrap=True,
    )


@contextmanager
def _terminable() -> Iterator[None]:
    """Takes SIGTERM, by which services are stopped, for Ctrl-C."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
