"""Commands that grade a class: ``grade`` and ``demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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


def grade(
    problem_set: ProblemSetArgument,
    classroom: ClassroomOption = Path(),
    workers: WorkersOption = 2,
    force: Annotated[bool, typer.Option(help="Grade again what was graded before.")] = False,
    feedback: Annotated[bool, typer.Option(help="Write the feedback pages as well.")] = False,
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print one JSON object a submission, as it is done.")
    ] = False,
) -> None:
    """Grade everything that was handed in; a rerun grades only what is new.

    Exit code 0: every submission has a grade. 3: some have a named reason in its place. 1: the run failed.
    """
    from autograder.grading.classroom_run import ClassRun
    from autograder.reports.progress import class_progress
    from autograder.reports.tables import class_table

    opened = open_classroom(classroom)
    warn_without_sandbox(opened.settings.isolation)
    run = ClassRun(opened, find_assignment(opened, problem_set), workers, force)
    # Whoever reads lines by machine reads nothing else on standard output.
    console = Console(stderr=True) if json_lines else console_of_output()
    try:
        with class_progress(console, len(run.students())) as advance:
            lines = run.run(_json_line if json_lines else advance)
    except KeyboardInterrupt:
        console.print("interrupted; what was graded is kept, and the same command goes on from here")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if not json_lines:
        console.print(class_table(problem_set, [(line.student, line.report, line.cached) for line in lines]))
    if feedback:
        write_feedback(opened, problem_set, console)
    if any(line.report.not_gradable for line in lines):
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
    from autograder.reports.progress import class_progress
    from autograder.reports.tables import class_table

    console = console_of_output()
    name = "ps05_estimators"
    problem_set = find_problem_set(name, course_root(course))
    opened = make_class(directory, problem_set)
    console.print(f"classroom: {opened.directory}")
    build(opened, problem_set)
    run = ClassRun(opened, problem_set, workers)
    with class_progress(console, len(run.students())) as advance:
        lines = run.run(advance)
    console.print(class_table(name, [(line.student, line.report, line.cached) for line in lines]))
    write_feedback(opened, name, console)
    console.print(
        f"gradebook: {opened.directory / 'gradebook.db'}\n"
        f"released:  {opened.directory / 'release' / name / f'{name}.ipynb'}\n"
        f"formgrader: cd {opened.directory} && jupyter lab, then the menu Nbgrader → Formgrader"
    )


def _json_line(line: Any) -> None:
    from json import dumps

    about = {"student": line.student, "cached": line.cached, "report": line.report.to_dict()}
    print(dumps(about, allow_nan=False), flush=True)
