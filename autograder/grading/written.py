"""What a student wrote in the cells that are there for it."""

from __future__ import annotations

from nbformat import NotebookNode


def solutions(notebook: NotebookNode) -> list[str]:
    """Text of the solution cells of a graded notebook, in its order."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.metadata.get("nbgrader", {}).get("solution")
        and not cell.metadata.nbgrader.get("grade")
    ]
