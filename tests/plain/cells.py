"""Cells of ordinary nbgrader notebooks, as its authors write them."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def notebook(*cells: NotebookNode) -> NotebookNode:
    for number, cell in enumerate(cells):
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell-{number}"
    return new_notebook(cells=list(cells), metadata=PYTHON, nbformat_minor=5)


def _marked(cell: NotebookNode, name: str, points: float | None = None, **flags: bool) -> NotebookNode:
    usual = {"grade": False, "solution": False, "locked": False, "task": False}
    cell.metadata.nbgrader = NotebookNode({**usual, **flags, "grade_id": name, "schema_version": 3})
    if points is not None:
        cell.metadata.nbgrader.points = points
    return cell


def text(source: str) -> NotebookNode:
    return new_markdown_cell(source)


def code(source: str) -> NotebookNode:
    return new_code_cell(source)


def read_only(name: str, source: str) -> NotebookNode:
    return _marked(new_code_cell(source), name, locked=True)


def solution(name: str, before: str, worked: str) -> NotebookNode:
    body = f"{before}### BEGIN SOLUTION\n{worked}\n### END SOLUTION"
    return _marked(new_code_cell(body), name, solution=True)


def tests(name: str, points: float, source: str, hidden: str = "") -> NotebookNode:
    if hidden:
        source += f"\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    return _marked(new_code_cell(source), name, points, grade=True, locked=True)


def essay(name: str, points: float, answer: str) -> NotebookNode:
    return _marked(new_markdown_cell(answer), name, points, grade=True, solution=True)


def task(name: str, points: float, source: str) -> NotebookNode:
    return _marked(new_markdown_cell(source), name, points, task=True, locked=True)
