"""The command that takes grades, or the grader, elsewhere: ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import (
    EXIT_SOME_UNGRADED,
    ClassroomOption,
    ProblemSetArgument,
    console_of_output,
    find_problem_set,
    open_classroom,
)


def export(
    problem_set: ProblemSetArgument,
    format_: Annotated[str, typer.Option("--format", "-f", help="canvas, moodle or gradescope.")],
    classroom: ClassroomOption = Path(),
    ids: Annotated[
        Path | None,
        typer.Option(help="CSV: column student is nbgrader's id, the others are named as the platform does."),
    ] = None,
    column: Annotated[
        str, typer.Option(help="The grade's column; for Canvas 'Name (12345)' with its own number.")
    ] = "",
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Also grades that still wait for a person.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file.")] = None,
    wheel: Annotated[
        Path | None, typer.Option(help="gradescope: the wheel of this grader; built if not given.")
    ] = None,
    container_only: Annotated[
        bool,
        typer.Option(
            "--container-only",
            help="gradescope: where bubblewrap cannot run, grade as another user of the container instead.",
        ),
    ] = False,
) -> None:
    """Write grades for Canvas or Moodle, or a zip that grades on Gradescope.

    Exit code 0: written. 1: nothing was written. 3: written, but without some students; says who and why.
    """
    from autograder.errors import ConfigurationError
    from autograder.grading.journal import write_atomically

    opened = open_classroom(classroom)
    console = console_of_output()
    if format_ not in ("canvas", "moodle", "gradescope"):
        platforms = "canvas, moodle or gradescope"
        raise ConfigurationError(
            "grades are exported to a platform", expected=platforms, received=repr(format_)
        )
    suffix = "zip" if format_ == "gradescope" else "csv"
    path = output or opened.directory / "exports" / f"{problem_set}.{format_}.{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if format_ == "gradescope":
        from autograder.export.gradescope_zip import gradescope_zip

        found = find_problem_set(problem_set, opened.course)
        write_atomically(path, gradescope_zip(opened, found, wheel, container_only=container_only))
        console.print(f"written: {path}", highlight=False, soft_wrap=True)
        return
    from autograder.export.csv_text import read_ids
    from autograder.export.grades import class_grades
    from autograder.export.tables import CANVAS_IDS, MOODLE_IDS, canvas, moodle
    from autograder.grading.incoming import printable

    known = read_ids(ids, CANVAS_IDS if format_ == "canvas" else MOODLE_IDS) if ids else None
    graded = class_grades(opened, problem_set, provisional=provisional)
    made = (canvas if format_ == "canvas" else moodle)(graded, column or problem_set, known)
    write_atomically(path, made.data)
    console.print(f"written: {path} ({len(made.students)} students)", highlight=False, soft_wrap=True)
    for student, reason in made.left_out.items():
        said = f"left out: {printable(student)}: {reason}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    if made.left_out:
        raise typer.Exit(EXIT_SOME_UNGRADED)
