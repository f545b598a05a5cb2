"""An ordinary nbgrader assignment as a value: all that grading needs, so that a worker needs no classroom."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nbformat import NotebookNode

from autograder.grading.hidden import Delimiters
from autograder.grading.repair import grade_id, is_solution
from autograder.results import Show


@dataclass(frozen=True)
class PlainNotebook:
    """One notebook of an ordinary assignment.

    Args:
        name: nbgrader's name of it, without ``.ipynb``.
        handed_out: what students got.
        sources: text of its locked cells as they are graded, hidden tests included, by ``grade_id``.
    """

    name: str
    handed_out: NotebookNode
    sources: Mapping[str, str]

    @cached_property
    def tests(self) -> Mapping[str, float]:
        """Points of the cells that grade by being run, by ``grade_id``, in the notebook's order."""
        return {
            grade_id(cell): float(cell.metadata.nbgrader.points)
            for cell in self.handed_out.cells
            if cell.cell_type == "code" and _is_graded(cell) and not is_solution(cell)
        }

    @property
    def manual_points(self) -> float:
        """Points that a person awards: of written answers, of code that is read, and of tasks."""
        return sum(
            float(cell.metadata.nbgrader.points)
            for cell in self.handed_out.cells
            if grade_id(cell) not in self.tests and (_is_graded(cell) or _is_task(cell))
        )


def _is_graded(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def _is_task(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("task"))


@dataclass(frozen=True)
class PlainAssignment:
    """An ordinary nbgrader assignment.

    Args:
        name: nbgrader's name of it.
        notebooks: its notebooks, sorted by name.
        files: the author's files, by relative path; they replace a student's of the same name.
        defaults: the author's files that a student's of the same name replaces, as
            ``Autograde.exclude_overwriting`` says.
        ignored: patterns of names in submissions that are left alone.
        delimiters: of hidden tests.
        hidden: how much of a hidden test's outcome its student sees.
    """

    name: str
    notebooks: tuple[PlainNotebook, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    defaults: Mapping[str, bytes] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    delimiters: Delimiters = field(default_factory=Delimiters)
    hidden: Show = Show.VERDICT

    @property
    def manual_points(self) -> float:
        """Points that a person awards."""
        return sum(notebook.manual_points for notebook in self.notebooks)

    def notebook(self, name: str) -> PlainNotebook:
        """The notebook of a name; KeyError when there is none."""
        return {notebook.name: notebook for notebook in self.notebooks}[name]

    def check_name(self, notebook: str, cell: str) -> str:
        """What the report calls a test cell: its id alone where the assignment has one notebook."""
        return cell if len(self.notebooks) == 1 else f"{notebook}/{cell}"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that a verdict depends on, as hexadecimal digits."""
        digest = hashlib.sha256()
        for notebook in self.notebooks:
            parts = [notebook.name, notebook.handed_out, dict(notebook.sources)]
            digest.update(json.dumps(parts, sort_keys=True).encode())
        for files in (self.files, self.defaults):
            for name in sorted(files):
                digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
            digest.update(b"\1")
        digest.update(repr((self.ignored, self.delimiters, self.hidden.value)).encode())
        return digest.hexdigest()
