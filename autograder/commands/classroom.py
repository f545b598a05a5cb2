"""Commands that set a classroom up: ``init`` and ``release``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.commands.common import (
    ClassroomOption,
    ProblemSetArgument,
    RootOption,
    console_of_output,
    open_classroom,
)

if TYPE_CHECKING:
    from autograder.nbgrader.classroom import Classroom


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


def release(
    problem_set: ProblemSetArgument,
    classroom: ClassroomOption = Path(),
    students: Annotated[
        Path | None,
        typer.Option("--students", help="Also a release for each student of this file, one id a line."),
    ] = None,
    from_gradebook: Annotated[
        bool, typer.Option("--from-gradebook", help="Also a release for each student of the gradebook.")
    ] = False,
) -> None:
    """Build a problem set and its release; what students get is in release/.

    Where constants of a problem set differ by student, --students or --from-gradebook makes what each of them
    gets in release_by_student/; release/ then has the author's own values.
    """
    from autograder.nbgrader.assignments import problem_set as found_in
    from autograder.nbgrader.release import BY_STUDENT, release_by_student, release_ordinary, require_students
    from autograder.nbgrader.release import release as build

    opened = open_classroom(classroom)
    found = found_in(opened, problem_set)
    names = _students(opened, students, from_gradebook)
    if names is not None:
        # Before anything is released.
        require_students(found, problem_set, names)
    folder = build(opened, found) if found else release_ordinary(opened, problem_set)
    console = console_of_output()
    console.print(f"released: {folder}")
    if found and names is not None:
        count = sum(1 for _ in release_by_student(opened, found, names))
        console.print(
            f"released: {opened.directory / BY_STUDENT}, {count} student{'s' if count != 1 else ''}",
            highlight=False,
            soft_wrap=True,
        )


def _students(classroom: Classroom, file: Path | None, from_gradebook: bool) -> list[str] | None:
    """Whom to release for; None when nobody was asked for."""
    from autograder.errors import ConfigurationError

    if file is not None and from_gradebook:
        raise typer.BadParameter("--students and --from-gradebook both say whom", param_hint="--students")
    if from_gradebook:
        with classroom.gradebook() as gradebook:
            return [student.id for student in gradebook.students]
    if file is None:
        return None
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "the students are a text file with one id a line", where=str(file), received=error
        ) from None
    return [line.strip() for line in lines if line.strip()]


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
