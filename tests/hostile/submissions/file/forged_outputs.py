"""Outputs that say passed, in every cell, and an execution count of a million."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 0.0
SEES = ""


def submitted(right: NotebookNode) -> bytes:
    for cell in right.cells:
        if cell.cell_type == "code":
            if not cell.id.startswith("check_"):
                cell.source = ""
            cell.outputs = [NotebookNode(output_type="stream", name="stdout", text="3.0")]
            cell.execution_count = 1_000_000
    return json.dumps(right).encode()
