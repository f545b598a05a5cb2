"""Commands that set a classroom up: ``init`` and ``release``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import (
    ClassroomOption,
    ProblemSetArgument,
    RootOption,
    console_of_output,
    open_classroom,
)


def init(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    course: RootOption = None,
    existing: Annotated[
        bool, typer.Option("--existing", help="Adopt a course directory that nbgrader made; loses nothing.")
    ] = False,
) -> None:
    """Make a classroom: nbgrader's course directory, set up for this grader."""
    from autograder.nbgrader import classroom
    from autograder.problem_sets import course_root

    if existing:
        _adopt(directory, course)
        return
    made = classroom.init(directory, course_root(course))
    console_of_output().print(
        f"classroom: {made.directory}\nnext: autograder release PROBLEM_SET --classroom {made.directory}"
    )


def release(problem_set: ProblemSetArgument, classroom: ClassroomOption = Path()) -> None:
    """Build a problem set and its release; what students get is in release/."""
    from autograder.nbgrader.assignments import problem_set as found_in
    from autograder.nbgrader.release import release as build
    from autograder.nbgrader.release import release_ordinary

    opened = open_classroom(classroom)
    found = found_in(opened, problem_set)
    folder = build(opened, found) if found else release_ordinary(opened, problem_set)
    console_of_output().print(f"released: {folder}")


def _adopt(directory: Path, course: Path | None) -> None:
    from autograder.nbgrader.adopt import adopt

    adopted = adopt(directory, course)
    console = console_of_output()
    console.print(f"adopted: {adopted.classroom.directory}", highlight=False, soft_wrap=True)
    for remark in adopted.remarks:
        console.print(f"  {remark}", highlight=False, markup=False, soft_wrap=True)
    console.print(
        "next: autograder grade ASSIGNMENT --classroom", adopted.classroom.directory, soft_wrap=True
    )
