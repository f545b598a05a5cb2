"""The cell of a check holds code of the student's that prints full marks."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 0.0
SEES = "had been changed"


def submitted(right: NotebookNode) -> bytes:
    for cell in right.cells:
        if cell.id.startswith("check_"):
            cell.source = "print(1.0)\n1.0"
        elif cell.cell_type == "code":
            cell.source = ""
    return json.dumps(right).encode()
