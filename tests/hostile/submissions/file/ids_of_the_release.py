"""Own cells that take the cell ids of the release's, and ids that are no ids."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = ""


def submitted(right: NotebookNode) -> bytes:
    data = json.loads(json.dumps(right).encode())
    for number, cell in enumerate(data["cells"]):
        cell["id"] = ["check_total", 7, None, "", "x" * 10_000, "../x", {}][number % 7]
    return json.dumps(data).encode()
