"""Every cell twice, with the same grade_id."""

from __future__ import annotations

import copy
import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = "stood on several cells"


def submitted(right: NotebookNode) -> bytes:
    right.cells += copy.deepcopy(right.cells)
    return json.dumps(right).encode()
