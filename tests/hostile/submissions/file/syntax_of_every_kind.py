"""Cells that no parser takes: null characters, a million parentheses, endless decorators."""

from __future__ import annotations

import json

import nbformat
from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = ""


def submitted(right: NotebookNode) -> bytes:
    for source in (
        "\0",
        "(" * 100_000,
        "@x\n" * 5_000,
        "x = " + "-" * 50_000 + "1",
        "\tif 1:\n  pass",
        "%%nothing",
    ):
        right.cells.append(nbformat.v4.new_code_cell(source))
    return json.dumps(right).encode()
