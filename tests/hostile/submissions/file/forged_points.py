"""Claims a million points, unlocks the checks and marks solutions as checks."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = "had been changed"


def submitted(right: NotebookNode) -> bytes:
    for cell in right.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(
                points=1e6, grade=True, solution=True, locked=False, schema_version=99
            )
    return json.dumps(right).encode()
