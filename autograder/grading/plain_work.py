"""Submissions to an ordinary nbgrader assignment: notebooks and files, judged by the author's test cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from nbformat import reads

from autograder.grading.bundle import read_bundle
from autograder.grading.graded_work import GradedWork, WorkPage
from autograder.grading.plain import PlainAssignment
from autograder.grading.plain_submission import KEY, grade_bundle, not_gradable, part_of
from autograder.grading.settings import GradingSettings
from autograder.grading.written import solutions
from autograder.results import Report

NO_CLAUSES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class PlainWork:
    """The work of a class on an ordinary assignment, as :class:`autograder.grading.work.Work` describes it.

    Args:
        assignment: what is worked on.
    """

    assignment: PlainAssignment
    in_kernel = True
    clauses = NO_CLAUSES
    constants: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    @property
    def name(self) -> str:
        """The assignment's name."""
        return self.assignment.name

    @property
    def expected(self) -> str:
        """The files that a student's folder should hold."""
        return " or ".join(f"{notebook.name}.ipynb" for notebook in self.assignment.notebooks)

    @property
    def beside(self) -> Mapping[str, bytes]:
        """The author's files."""
        return {**self.assignment.defaults, **self.assignment.files}

    def of(self, student: str, secret: bytes) -> PlainWork:
        """Itself: every student has the same notebooks."""
        return self

    def with_constants(self, values: Mapping[str, Any]) -> PlainWork:
        """Itself: there are no constants."""
        return self

    def read(self, folder: Path) -> tuple[bytes, str]:
        """What a student handed in, and a note about how."""
        names = [notebook.name for notebook in self.assignment.notebooks]
        bundle = read_bundle(folder, names, self.assignment.ignored)
        return bundle.pack(), "; ".join(bundle.notes)

    def grade(self, data: bytes, settings: GradingSettings) -> GradedWork:
        """Grades it."""
        return _work(*grade_bundle(data, self.assignment, settings))

    def not_gradable(self, reason: str) -> GradedWork:
        """What stands in place of a grade."""
        return _work(*not_gradable(self.assignment, reason))

    def pages(self, text: str, report: Report) -> list[WorkPage]:
        """The executed notebooks, each with its part of the report."""
        texts: dict[str, str] = json.loads(text)
        found = []
        for notebook in self.assignment.notebooks:
            page = texts[notebook.name]
            reason = reads(page, as_version=4).metadata.get(KEY, {}).get("not_gradable", "")
            part = part_of(report, self.assignment, notebook.name, reason)
            found.append(WorkPage(notebook.name, page, part))
        return found

    def solutions(self, text: str) -> str:
        """What stands in the solution cells; empty when it was not touched."""
        texts: dict[str, str] = json.loads(text)
        # A journal may hold work that was graded before a notebook came to be.
        graded = [notebook for notebook in self.assignment.notebooks if notebook.name in texts]
        own = [solutions(reads(texts[notebook.name], as_version=4)) for notebook in graded]
        untouched = [solutions(notebook.handed_out) for notebook in graded]
        return "" if own == untouched else "\n".join(cell for cells in own for cell in cells)


def _work(report: Report, texts: dict[str, str]) -> GradedWork:
    return GradedWork(report, json.dumps(texts))
