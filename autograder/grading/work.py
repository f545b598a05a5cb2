"""What a class hands in, whatever it is graded by: the seam between problem sets and ordinary assignments.

A submission to a problem set is one notebook that checks judge from outside; one to an ordinary nbgrader
assignment is some notebooks and files whose test cells run beside the student's code. The class run, the
workers, the journal and the writer know neither: they move bytes, a report and a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from autograder.grading.graded_work import GradedWork, WorkPage
from autograder.grading.plain import PlainAssignment
from autograder.grading.plain_work import PlainWork
from autograder.grading.settings import GradingSettings
from autograder.grading.suite_work import SuiteWork
from autograder.results import Report

if TYPE_CHECKING:
    from autograder.problem_sets import ProblemSet


class Work(Protocol):
    """Submissions to one assignment: read, graded, and taken apart again."""

    @property
    def name(self) -> str:
        """The assignment's name, as nbgrader knows it."""

    @property
    def expected(self) -> str:
        """The files that a student's folder should hold, in words."""

    @property
    def beside(self) -> Mapping[str, bytes]:
        """Files that lie beside an executed notebook, by relative path: its pages may show them."""

    @property
    def in_kernel(self) -> bool:
        """Whether test cells in the student's own kernel decide."""

    @property
    def constants(self) -> Mapping[str, Any]:
        """Values of the constants that differ by student, by name; empty where there are none."""

    def of(self, student: str, secret: bytes) -> Work:
        """The work of one student, with constants of their own; itself where there are none."""

    def with_constants(self, values: Mapping[str, Any]) -> Work:
        """The work with these constants; itself when there are none."""

    @property
    def clauses(self) -> Mapping[str, str]:
        """The registered mistakes in words, by name."""

    def read(self, folder: Path) -> tuple[bytes, str]:
        """What a student handed in, as bytes to grade, and a note about how.

        Raises:
            ConfigurationError: nothing there can be graded; its rule is the reason.
        """

    def grade(self, data: bytes, settings: GradingSettings) -> GradedWork:
        """Grades what :meth:`read` gave; nothing in it makes this raise.

        Raises:
            AuthoringError: the problem set itself is wrong.
            SandboxError: there is no sandbox.
        """

    def not_gradable(self, reason: str) -> GradedWork:
        """What stands in place of a grade."""

    def pages(self, text: str, report: Report) -> list[WorkPage]:
        """The executed notebooks in a graded work's text, each with its part of the report."""

    def solutions(self, text: str) -> str:
        """What stands in the solution cells of a graded work; empty when that is what was handed out."""


def work_on(assignment: ProblemSet | PlainAssignment) -> Work:
    """The work of a class on an assignment of either kind."""
    return PlainWork(assignment) if isinstance(assignment, PlainAssignment) else SuiteWork(assignment)
