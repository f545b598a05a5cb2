"""A compressed file that would unpack to a gigabyte."""

from __future__ import annotations

import zlib

from nbformat import NotebookNode

SCORE: float | None = None
SEES = "not UTF-8"


def submitted(right: NotebookNode) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
