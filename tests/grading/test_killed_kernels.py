"""Anybody may have killed a kernel: the work is tried again, and what repeats counts."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from nbformat import NotebookNode, writes
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading import submission
from autograder.grading.plain import PlainAssignment, PlainNotebook
from autograder.grading.plain_submission import grade_notebook
from autograder.grading.settings import GradingSettings
from autograder.grading.submission import grade_bytes
from autograder.nbgrader.build import submission_notebook
from autograder.problem_sets import ProblemSet
from autograder.sandbox.isolation import Isolation

SETTINGS = GradingSettings(b"0" * 32, Isolation.NONE)


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one whenever a notebook is executed."""
    counted: list[int] = []
    cells: Any = submission.grade_cells
    monkeypatch.setattr(submission, "grade_cells", lambda *a: counted.append(1) or cells(*a))
    return counted


def killing_once(folder: Path) -> str:
    """Code that kills the first kernel; a second finds the mark, where no sandbox hides it."""
    return (
        f"import os, pathlib\nmark = pathlib.Path({str(folder)!r}, 'mark')\n"
        "if not mark.exists():\n    mark.touch()\n    os.kill(os.getpid(), 9)\n"
    )


@pytest.mark.parametrize("when", ["in a cell", "in a call"])
def test_one_kill_costs_nothing(tiny: ProblemSet, tries: list[int], tmp_path: Path, when: str) -> None:
    notebook = submission_notebook(tiny)
    cell = next(c for c in notebook.cells if c.source.startswith("def scaled"))
    kill = killing_once(tmp_path)
    if when == "in a cell":
        cell.source = kill + cell.source
    else:
        head, _, body = cell.source.partition("\n")
        cell.source = f"{head}\n{indent(kill, '    ')}{body}"
    graded = grade_bytes(writes(notebook).encode(), tiny, SETTINGS)
    assert (len(tries), graded.again) == (2, "a kernel was killed")
    assert graded.report.score == 5.0 and not graded.report.notes


def test_what_happens_again_counts(tiny: ProblemSet, tries: list[int]) -> None:
    assert graded_with(tiny, "os.kill(os.getpid(), 9)") == (3.0, "a kernel was killed")
    assert len(tries) == 2


def test_a_kernel_that_ends_by_itself_is_not_tried_again(tiny: ProblemSet, tries: list[int]) -> None:
    assert graded_with(tiny, "os._exit(9)") == (3.0, "")
    assert len(tries) == 1


def graded_with(tiny: ProblemSet, end: str) -> tuple[float | None, str]:
    notebook = submission_notebook(tiny)
    cell = next(c for c in notebook.cells if c.source.startswith("def scaled"))
    cell.source = f"def scaled(x, factor=2.0):\n    import os\n    {end}"
    graded = grade_bytes(writes(notebook).encode(), tiny, SETTINGS)
    return graded.report.score, graded.again


def test_an_ordinary_assignment_is_tried_again_as_well(tmp_path: Path) -> None:
    def marked(name: str, source: str, **flags: object) -> NotebookNode:
        usual = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
        cell = new_code_cell(source, id=name)
        cell.metadata.nbgrader = NotebookNode({**usual, **flags, "grade_id": name})
        return cell

    test = marked("test", "assert f() == 1", grade=True, locked=True, points=2)
    handed_out = new_notebook(cells=[marked("f", "", solution=True), test], nbformat_minor=5)
    notebook = PlainNotebook("hw", handed_out, {"test": test.source})
    work = new_notebook(cells=[marked("f", killing_once(tmp_path) + "f = lambda: 1", solution=True), test])
    page = grade_notebook(work, PlainAssignment("hw", (notebook,)), notebook, {}, SETTINGS)
    assert [check.score for check in page.checks] == [2.0] and not page.notes
