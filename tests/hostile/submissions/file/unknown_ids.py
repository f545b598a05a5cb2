"""Cells with ids that the release has not, and with the ids of checks on prose."""

from __future__ import annotations

import copy
import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = "unknown id"


def submitted(right: NotebookNode) -> bytes:
    stranger = copy.deepcopy(next(c for c in right.cells if c.id == "check_total"))
    stranger.metadata.nbgrader.update(grade_id="check_bonus", points=100)
    right.cells.append(stranger)
    right.cells[0].metadata.nbgrader = NotebookNode(grade_id="check_more", points=100, grade=True)
    return json.dumps(right).encode()
