"""What a class has been graded with, read back from the journal."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.errors import ConfigurationError
from autograder.grading.classroom_run import ClassRun
from autograder.grading.incoming import printable
from autograder.grading.journal import Journal
from autograder.grading.plain import PlainAssignment
from autograder.grading.work import work_on
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet
from autograder.results import Report

NO_GRADE = "was handed in and has no grade; the next run says why"
"""Of work that the journal does not know."""


@dataclass(frozen=True)
class Graded:
    """One student's verdict and work.

    Args:
        report: the verdict.
        solutions: text of the solution cells, in the notebook's order; empty when they are the release's own.
    """

    report: Report
    solutions: str


def graded_class(classroom: Classroom, problem_set: ProblemSet | PlainAssignment) -> dict[str, Graded]:
    """The delivered verdict of every student, by student; who handed in without one gets a reason.

    Args:
        classroom: whose class.
        problem_set: which assignment.

    Raises:
        ConfigurationError: nobody has been graded.
    """
    journal, work = Journal(classroom.results), work_on(problem_set)
    found = {}
    for student in journal.students(problem_set.name):
        if student in classroom.excluded:
            continue
        entry = journal.get(journal.delivered(problem_set.name, student))
        if entry is not None:
            found[student] = Graded(entry.report, work.solutions(entry.notebook))
    if not found:
        raise ConfigurationError(
            "there is a report only of a class that has been graded",
            where=str(classroom.directory),
            fix=f"autograder grade {problem_set.name}",
        )
    for student in ClassRun(classroom, problem_set).students():
        waiting = Report(problem_set.name, not_gradable=NO_GRADE)
        found.setdefault(printable(student), Graded(waiting, ""))
    return found
