"""What a class has been graded with, read back from the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograder.errors import ConfigurationError
from autograder.grading.classroom_run import ClassRun
from autograder.grading.incoming import printable
from autograder.grading.journal import Journal
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


def graded_class(classroom: Classroom, problem_set: ProblemSet) -> dict[str, Graded]:
    """The delivered verdict of every student, by student; who handed in without one gets a reason.

    Args:
        classroom: whose class.
        problem_set: which assignment.

    Raises:
        ConfigurationError: nobody has been graded.
    """
    import nbformat

    journal = Journal(classroom.results)
    untouched = _solutions(problem_set.release_notebook)
    found = {}
    for student in journal.students(problem_set.name):
        entry = journal.get(journal.delivered(problem_set.name, student))
        if entry is not None:
            notebook = nbformat.reads(entry.notebook, as_version=4)
            own = _solutions(notebook)
            found[student] = Graded(entry.report, "" if own == untouched else "\n".join(own))
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


def _solutions(notebook: Any) -> list[str]:
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.metadata.get("nbgrader", {}).get("solution")
        and not cell.metadata.nbgrader.get("grade")
    ]
