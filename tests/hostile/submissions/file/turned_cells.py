"""Code cells that say they are Markdown, and prose that says it is code."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = "had been changed"


def submitted(right: NotebookNode) -> bytes:
    for cell in right.cells:
        if cell.id in ("check_total", "scaled", "noise"):
            cell.cell_type = "markdown"
            cell.pop("outputs", None)
        cell.pop("execution_count", None)
    return json.dumps(right).encode()
