"""One sample class, handed in to our classroom and to an ordinary nbgrader course.

Submissions are those of the small problem set's bank in turn: two right ones, then every mistake and every other
route. Stock nbgrader and otter grade the same functions by cells of asserts: equal points for equal work.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.demo import hand_in
from autograder.nbgrader import classroom as classrooms
from autograder.nbgrader.build import source_notebook, submission_notebook
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet, locate

COURSE = Path(__file__).resolve().parent / "course"
NAME = "ps00_small"

ASSERTS = {
    "cross_entropy": (
        (
            "logits = np.random.default_rng(0).normal(size=(7, 5))\n"
            "labels = np.array([0, 1, 2, 3, 4, 0, 1])\n"
            "shifted = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))\n"
            "expected = -np.mean(shifted[np.arange(7), labels])\n"
            "np.testing.assert_allclose(cross_entropy(logits, labels), expected, rtol=1e-6)",
            2,
        ),
    ),
    "slope": (
        (
            "rng = np.random.default_rng(1)\n"
            "w, x, y = rng.normal(size=3), rng.normal(size=(11, 3)), rng.normal(size=11)\n"
            "expected = 2 * x.T @ (x @ w - y) / 11\n"
            "np.testing.assert_allclose(slope(w, x, y), expected, rtol=1e-6)",
            2,
        ),
    ),
    "descend": (
        ("np.testing.assert_allclose(descend(w, x, y, 0.05, 1), w - 0.05 * expected, rtol=1e-6)", 1),
        (
            "at = w\n"
            "for _ in range(4):\n"
            "    at = at - 0.05 * 2 * x.T @ (x @ at - y) / 11\n"
            "np.testing.assert_allclose(descend(w, x, y, 0.05, 4), at, rtol=1e-6)",
            1,
        ),
    ),
}
"""Test cells and their points, by function; what one defines is there for the next."""


def problem_set() -> ProblemSet:
    """The small problem set."""
    return locate(NAME, COURSE)


def submissions(count: int) -> dict[str, NotebookNode]:
    """As many submissions as are asked for, by student."""
    small = problem_set()
    bank = [*small.suite.mistakes, *small.suite.variants]
    kinds = [{}, {}, *({entry.function: entry} for entry in bank)]
    made = [submission_notebook(small, kind) for kind in kinds]
    return {f"s{number:04}": notebook for number, notebook in enumerate(islice(cycle(made), count))}


def our_classroom(folder: Path, count: int) -> Classroom:
    """A classroom of ours in which the class has handed in; nothing is released yet."""
    made = classrooms.init(folder, COURSE)
    for student, notebook in submissions(count).items():
        hand_in(made, NAME, student, notebook)
    return made


def stock_course(folder: Path, count: int, settings: str = "") -> None:
    """An ordinary nbgrader course with the same work; nothing is released yet.

    Args:
        folder: made here.
        count: students.
        settings: further lines of its configuration.
    """
    folder.mkdir(parents=True)
    text = f"c = get_config()\nc.CourseDirectory.root = {str(folder)!r}\n{settings}\n"
    (folder / "nbgrader_config.py").write_text(text, "utf-8")
    _write(folder / "source" / NAME, with_asserts(source_notebook(problem_set())))
    for student, notebook in submissions(count).items():
        _write(folder / "submitted" / student / NAME, with_asserts(notebook))


def with_asserts(notebook: NotebookNode) -> NotebookNode:
    """The notebook with cells of asserts in place of our checks."""
    cells = []
    for cell in notebook.cells:
        name = cell.source.partition('check("')[2].partition('"')[0]
        if "public_checks" in cell.source:
            cells.append(new_code_cell("import numpy as np\nimport tensorflow as tf", id=cell.id))
        elif name in ASSERTS:
            for number, (source, points) in enumerate(ASSERTS[name], start=1):
                cells.append(_test_cell(f"test_{name}_{number}", source, points))
        else:
            cells.append(cell)
    notebook.cells = cells
    return notebook


def totals(database: Path) -> dict[str, float]:
    """Points of every student in a gradebook."""
    query = """
        select submitted_assignment.student_id, sum(coalesce(grade.auto_score, 0))
        from grade
        join submitted_notebook on submitted_notebook.id = grade.notebook_id
        join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
        group by submitted_assignment.student_id
    """
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute(query).fetchall())


def _test_cell(name: str, source: str, points: float) -> NotebookNode:
    cell = new_code_cell(source, id=name.replace("_", "-"))
    cell.metadata.nbgrader = nbformat.from_dict(
        {
            "grade": True,
            "solution": False,
            "locked": True,
            "task": False,
            "grade_id": name,
            "points": points,
            "schema_version": 3,
        }
    )
    return cell


def _write(folder: Path, notebook: NotebookNode) -> None:
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
