"""All code in one cell, without ids."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = "merged|had lost its id|restored"


def submitted(right: NotebookNode) -> bytes:
    code = [c.source for c in right.cells if c.cell_type == "code" and not c.id.startswith("check_")]
    right.cells = [right.cells[1]]
    right.cells[0].source = "\n\n".join(code)
    return json.dumps(right).encode()
