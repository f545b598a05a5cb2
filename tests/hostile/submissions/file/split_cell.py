"""A solution cut in two cells that both carry its id."""

from __future__ import annotations

import copy
import json

from nbformat import NotebookNode

SCORE: float | None = 4.0
SEES = "stood on several cells"


def submitted(right: NotebookNode) -> bytes:
    index = next(i for i, c in enumerate(right.cells) if c.id == "total")
    half = copy.deepcopy(right.cells[index])
    half.source = "    return 0"
    right.cells[index].source = "def total(x):"
    right.cells.insert(index + 1, half)
    return json.dumps(right).encode()
