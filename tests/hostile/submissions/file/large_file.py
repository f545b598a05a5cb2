"""Twenty-one million bytes of spaces."""

from __future__ import annotations

from nbformat import NotebookNode

SCORE: float | None = None
SEES = "too large"


def submitted(right: NotebookNode) -> bytes:
    return b" " * 21_000_000
