"""The notebook in format 3, with its checks left out."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = ""


def submitted(right: NotebookNode) -> bytes:
    cells = [
        {"cell_type": c.cell_type, "input": c.source, "language": "bash", "metadata": c.metadata}
        for c in right.cells
        if c.cell_type == "code" and not c.id.startswith("check_")
    ]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}).encode()
