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
    find_problem_set,
    open_classroom,
)


def init(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder.")], course: RootOption = None
) -> None:
    """Make a classroom: nbgrader's course directory, set up for this grader."""
    from autograder.nbgrader import classroom
    from autograder.problem_sets import course_root

    made = classroom.init(directory, course_root(course))
    console_of_output().print(
        f"classroom: {made.directory}\nnext: autograder release PROBLEM_SET --classroom {made.directory}"
    )


def release(problem_set: ProblemSetArgument, classroom: ClassroomOption = Path()) -> None:
    """Build a problem set and its release; what students get is in release/."""
    from autograder.nbgrader.release import release as build

    opened = open_classroom(classroom)
    folder = build(opened, find_problem_set(problem_set, opened.course))
    console_of_output().print(f"released: {folder}")
