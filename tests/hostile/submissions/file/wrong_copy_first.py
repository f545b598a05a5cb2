"""A worthless copy of a solution with its id, before the real one, and again behind all checks."""

from __future__ import annotations

import copy
import json

from nbformat import NotebookNode

SCORE: float | None = 4.0
SEES = "stood on several cells"


def submitted(right: NotebookNode) -> bytes:
    worthless = copy.deepcopy(next(c for c in right.cells if c.id == "total"))
    worthless.source = "def total(x):\n    return 0.0"
    right.cells.append(copy.deepcopy(worthless))
    check = next(i for i, c in enumerate(right.cells) if c.id == "check_total")
    right.cells.insert(check, worthless)
    return json.dumps(right).encode()
