"""No cell says what it is."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = "had lost its id"


def submitted(right: NotebookNode) -> bytes:
    for cell in right.cells:
        cell.metadata = NotebookNode()
    return json.dumps(right).encode()
