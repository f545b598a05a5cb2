"""Puts a submitted notebook back into the form of its release, keeping every line the student wrote.

Graded cells are found by their id, else by their text (checks), by the function they define (solutions), or
by their place between cells that were found (answers that define none). Each cell of the release ends up in
the notebook exactly once and as it was released; what the student's file says about points, locks and ids is
not believed.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

_CHANGED = "cell {!r} had been changed; it was restored from the release"


@dataclass(frozen=True)
class Repaired:
    """A notebook that can be graded.

    Args:
        notebook: the student's cells, with the release's graded cells in place.
        notes: what was mended, in sentences for the instructor.
    """

    notebook: NotebookNode
    notes: tuple[str, ...] = ()


def repair(submitted: NotebookNode, release: NotebookNode) -> Repaired:
    """Restores the graded cells of ``release`` in a submission.

    Args:
        submitted: a valid notebook of a student's.
        release: the notebook that was handed out.

    Returns:
        A new notebook with the release's metadata, and notes. Never raises for what a student did.
    """
    work = _Repair(submitted, release)
    work.claim_by_id()
    work.claim_by_content()
    work.claim_by_place()
    work.insert_missing()
    return Repaired(work.notebook, tuple(work.notes))


class _Repair:
    def __init__(self, submitted: NotebookNode, release: NotebookNode) -> None:
        self.release = release
        self.notebook = copy.deepcopy(submitted)
        self.notebook.metadata = copy.deepcopy(release.metadata)
        self.notes: list[str] = []
        self.expected = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
        self.order = list(self.expected)
        self.found: dict[str, NotebookNode] = {}

    def claim_by_id(self) -> None:
        """Takes the first cell with each id of the release; every other claim to an id is dropped."""
        for cell in self.notebook.cells:
            name = grade_id(cell)
            said = cell.metadata.pop("nbgrader", None)
            if said is None:
                continue
            if name not in self.expected:
                self.notes.append(
                    f"a cell claimed the unknown id {name[:60]!r}; it counts as an ordinary one"
                )
            elif name in self.found:
                self.notes.append(f"the id {name!r} stood on several cells; the first one keeps it")
            else:
                self._adopt(cell, name, said)

    def claim_by_content(self) -> None:
        """Finds cells that lost their id: checks by their text, solutions by the function they define."""
        for name in self._missing():
            released = self.expected[name]
            for cell in self.notebook.cells:
                if "nbgrader" not in cell.metadata and _same_work(cell, released):
                    self.notes.append(f"cell {name!r} had lost its id; it was recognised by what it says")
                    self._adopt(cell, name, None)
                    break

    def claim_by_place(self) -> None:
        """Finds answers that lost their id and define no function: nothing else is in their place."""
        authored = {cell.source.strip() for cell in self.release.cells}
        for name in self._missing():
            released = self.expected[name]
            if not is_solution(released) or functions(released):
                continue
            for cell in self._between(name):
                other = "nbgrader" in cell.metadata or cell.cell_type != released.cell_type
                if not other and cell.source.strip() and cell.source.strip() not in authored:
                    self.notes.append(f"cell {name!r} had lost its id; it was recognised by its place")
                    self._adopt(cell, name, None)
                    break

    def _between(self, name: str) -> list[NotebookNode]:
        """The cells behind the last found one that comes before ``name``, up to the next found one."""
        cells = self.notebook.cells
        here = self.order.index(name)
        behind = [i for i, cell in enumerate(cells) if grade_id(cell) in self.order[:here]]
        start = behind[-1] + 1 if behind else 0
        ahead = [i for i, cell in enumerate(cells) if i >= start and grade_id(cell) in self.order[here + 1 :]]
        return list(cells[start : ahead[0] if ahead else len(cells)])

    def insert_missing(self) -> None:
        """Puts back what is still missing; solutions only where nothing defines their function."""
        for name in self._missing():
            released = self.expected[name]
            if is_solution(released) and self._defined_at(functions(released)) is not None:
                self.notes.append(f"cell {name!r} was merged into another cell, with its function")
                continue
            cell = copy.deepcopy(released)
            self.notebook.cells.insert(self._place(name), cell)
            self.found[name] = cell
            self.notes.append(f"cell {name!r} had been deleted; it was restored from the release")

    def _missing(self) -> list[str]:
        return [name for name in self.order if name not in self.found]

    def _adopt(self, cell: NotebookNode, name: str, said: Any) -> None:
        released = self.expected[name]
        official = released.metadata.nbgrader
        if cell.cell_type != released.cell_type:
            self.notes.append(_CHANGED.format(name))
            cell.cell_type = released.cell_type
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            else:
                cell.pop("outputs", None)
                cell.pop("execution_count", None)
        if is_locked(released) and cell.source.strip() != released.source.strip():
            self.notes.append(_CHANGED.format(name))
        if is_locked(released):
            cell.source = released.source
        if isinstance(said, dict) and any(
            said.get(key, official[key]) != official[key]
            for key in ("points", "grade", "solution")
            if key in official
        ):
            self.notes.append(
                f"the metadata of cell {name!r} had been changed; it was restored from the release"
            )
        cell.metadata.nbgrader = copy.deepcopy(official)
        self.found[name] = cell

    def _place(self, name: str) -> int:
        """Behind the cell that defines the function under check; else before the next cell of the release."""
        before = self.order[: self.order.index(name)]
        if is_solution(self.expected[name]) and not functions(self.expected[name]):
            # What the student wrote instead runs later, and is not undone by what stood there.
            found = [i for i, cell in enumerate(self.notebook.cells) if grade_id(cell) in before]
            if found:
                return found[-1] + 1
        solution = next((n for n in reversed(before) if is_solution(self.expected[n])), None)
        if solution is not None and not is_solution(self.expected[name]):
            defined = self._defined_at(functions(self.expected[solution]))
            if defined is not None:
                return defined + 1
        following = self.order[self.order.index(name) + 1 :]
        for index, cell in enumerate(self.notebook.cells):
            if grade_id(cell) in following:
                return index
        return len(self.notebook.cells)

    def _defined_at(self, names: set[str]) -> int | None:
        places = [i for i, cell in enumerate(self.notebook.cells) if names & functions(cell)]
        return places[-1] if places else None


def grade_id(cell: NotebookNode) -> str:
    """The name that nbgrader knows a cell by; empty when it has none."""
    metadata = cell.metadata.get("nbgrader")
    name = metadata.get("grade_id") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def is_solution(cell: NotebookNode) -> bool:
    """Whether students write in the cell."""
    return bool(cell.metadata.nbgrader.get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """Whether the cell stays as released: all that is not for writing, but for what its author left open."""
    about = cell.metadata.nbgrader
    return not is_solution(cell) and bool(about.get("grade") or about.get("locked", True))


def functions(cell: NotebookNode) -> set[str]:
    """Names of the functions and classes that a code cell defines at its top level."""
    if cell.cell_type != "code":
        return set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's odd escape sequence is not ours to report
            body: Iterable[ast.stmt] = ast.parse(cell.source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {s.name for s in body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}


def _same_work(cell: NotebookNode, released: NotebookNode) -> bool:
    if cell.cell_type != released.cell_type:
        return False
    if is_solution(released) and released.cell_type == "code":
        return bool(functions(released) & functions(cell))
    return bool(cell.source.strip() == released.source.strip())
