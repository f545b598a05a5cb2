"""The file ends in the middle."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = None
SEES = "the file is not JSON"


def submitted(right: NotebookNode) -> bytes:
    data = json.dumps(right).encode()
    return data[: len(data) // 2]
