"""No check is there."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = "had been deleted"


def submitted(right: NotebookNode) -> bytes:
    right.cells = [cell for cell in right.cells if not cell.id.startswith("check_")]
    return json.dumps(right).encode()
