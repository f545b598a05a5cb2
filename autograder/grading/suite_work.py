"""Submissions to a problem set of a course's own: one notebook, judged by a suite of checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from nbformat import reads, writes

from autograder.errors import ConfigurationError
from autograder.grading.graded_work import GradedWork, WorkPage
from autograder.grading.incoming import SUBMISSION_FOLDERS, names_in, read_file
from autograder.grading.settings import GradingSettings
from autograder.grading.submission import Graded, grade_bytes, not_gradable
from autograder.grading.written import solutions
from autograder.results import Report

if TYPE_CHECKING:
    from autograder.problem_sets import ProblemSet


@dataclass(frozen=True)
class SuiteWork:
    """The work of a class on a problem set, as :class:`autograder.grading.work.Work` describes it.

    Args:
        problem_set: what is worked on.
    """

    problem_set: ProblemSet
    in_kernel = False
    beside: ClassVar[Mapping[str, bytes]] = MappingProxyType({})

    @property
    def name(self) -> str:
        """The assignment's name."""
        return self.problem_set.name

    @property
    def expected(self) -> str:
        """The files that a student's folder should hold."""
        return f"{self.name}.ipynb"

    @property
    def constants(self) -> Mapping[str, Any]:
        """Values of the constants that differ by student."""
        return self.problem_set.constants

    def of(self, student: str, secret: bytes) -> SuiteWork:
        """The work of one student, with constants of their own."""
        return SuiteWork(self.problem_set.of(student, secret))

    def with_constants(self, values: Mapping[str, Any]) -> SuiteWork:
        """The work with these constants."""
        return SuiteWork(self.problem_set.with_constants(values)) if values else self

    @property
    def clauses(self) -> dict[str, str]:
        """The registered mistakes in words."""
        return {mistake.name: mistake.clause for mistake in self.problem_set.suite.mistakes}

    def read(self, folder: Path) -> tuple[bytes, str]:
        """What a student handed in, and a note about how."""
        names = names_in(folder, SUBMISSION_FOLDERS)
        if self.expected in names:
            return read_file(folder / self.expected, SUBMISSION_FOLDERS), ""
        notebooks = [n for n in names if n.endswith(".ipynb") and not n.startswith(".")]
        if len(notebooks) == 1:
            note = f"the notebook was handed in as {notebooks[0]!r}; it was the only one, and was graded"
            return read_file(folder / notebooks[0], SUBMISSION_FOLDERS), note
        found = f"{len(notebooks)} other notebooks" if notebooks else "no notebook"
        raise ConfigurationError(f"there is {found} in the folder, and no {self.expected}")

    def grade(self, data: bytes, settings: GradingSettings) -> GradedWork:
        """Grades it."""
        return _work(grade_bytes(data, self.problem_set, settings))

    def not_gradable(self, reason: str) -> GradedWork:
        """What stands in place of a grade."""
        return _work(not_gradable(self.problem_set, reason))

    def pages(self, text: str, report: Report) -> list[WorkPage]:
        """The executed notebooks, each with its part of the report."""
        return [WorkPage(self.name, text, report)]

    def solutions(self, text: str) -> str:
        """What stands in the solution cells; empty when it was not touched."""
        own = solutions(reads(text, as_version=4))
        return "" if own == solutions(self.problem_set.release_notebook) else "\n".join(own)


def _work(graded: Graded) -> GradedWork:
    return GradedWork(graded.report, writes(graded.notebook), graded.again)
