"""Commands that write pages of what was graded: ``feedback`` and ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autograder.commands.common import (
    ClassroomOption,
    ProblemSetArgument,
    console_of_output,
    find_assignment,
    open_classroom,
)

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.nbgrader.classroom import Classroom


def feedback(problem_set: ProblemSetArgument, classroom: ClassroomOption = Path()) -> None:
    """Write a feedback page for every graded submission."""
    write_feedback(open_classroom(classroom), problem_set, console_of_output())


def write_feedback(classroom: Classroom, problem_set: str, console: Console) -> None:
    """Writes the feedback pages of a problem set and names them."""
    from autograder.nbgrader.feedback import generate

    pages = generate(classroom, problem_set)
    console.print(f"feedback:  {len(pages)} pages in {classroom.directory / 'feedback'}")
    for page in pages:
        console.print(f"  {page}", highlight=False, soft_wrap=True)


def report(problem_set: ProblemSetArgument, classroom: ClassroomOption = Path()) -> None:
    """Write the class page: scores, hard and telling checks, misconceptions, nearly identical work."""
    from autograder.grading.graded import graded_class
    from autograder.grading.journal import write_atomically
    from autograder.grading.work import work_on
    from autograder.reports.class_figures import class_figures
    from autograder.reports.class_page import class_page

    opened = open_classroom(classroom)
    found = find_assignment(opened, problem_set)
    work = work_on(found)
    graded = graded_class(opened, found)
    figures = class_figures(
        problem_set,
        {student: one.report for student, one in graded.items()},
        work.clauses,
        {student: one.solutions for student, one in graded.items()},
        in_kernel=work.in_kernel,
    )
    page = opened.directory / "reports" / f"{problem_set}.html"
    page.parent.mkdir(exist_ok=True)
    write_atomically(page, class_page(figures).encode())
    console_of_output().print(f"report: {page}", highlight=False, soft_wrap=True)
