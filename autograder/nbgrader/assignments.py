"""What a name means in a classroom: a problem set of its course, or an ordinary nbgrader assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.errors import ConfigurationError
from autograder.nbgrader import plain

if TYPE_CHECKING:
    from autograder.grading.plain import PlainAssignment
    from autograder.nbgrader.classroom import Classroom
    from autograder.problem_sets import ProblemSet


def find(classroom: Classroom, name: str) -> ProblemSet | PlainAssignment:
    """The assignment of a name; a problem set of the course comes first.

    Args:
        classroom: where it is looked for.
        name: nbgrader's name of it.

    Raises:
        ConfigurationError: there is no such thing, or an ordinary assignment was not released here.
    """
    return problem_set(classroom, name) or plain.load(classroom, name)


def problem_set(classroom: Classroom, name: str) -> ProblemSet | None:
    """The problem set of a name; None where the classroom has an ordinary assignment of that name.

    Raises:
        ConfigurationError: there is neither.
    """
    from autograder.problem_sets import all_problem_sets, locate

    course: list[str] = []
    if classroom.has_course:
        course = [found.name for found in all_problem_sets(classroom.course)]
    if name in course:
        return locate(name, classroom.course)
    ordinary = plain.names(classroom)
    if name in ordinary:
        return None
    known = [*course, *ordinary]
    raise ConfigurationError(
        "there is no such problem set, and no ordinary assignment of that name",
        where=str(classroom.directory),
        expected=" or ".join(known[:20]) or "notebooks in source/<name>",
        received=repr(name[:200]),
    )
