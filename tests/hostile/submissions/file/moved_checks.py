"""The checks stand before the functions that they judge."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 0.0
SEES = "is not defined"


def submitted(right: NotebookNode) -> bytes:
    right.cells.sort(key=lambda cell: not cell.id.startswith("check_"))
    return json.dumps(right).encode()
