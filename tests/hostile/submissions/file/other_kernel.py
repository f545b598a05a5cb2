"""Names a kernel, a language and a launcher of its own."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = ""


def submitted(right: NotebookNode) -> bytes:
    right.metadata = NotebookNode(
        kernelspec=NotebookNode(name="../../evil", display_name="x", language="bash", argv=["/bin/sh"]),
        language_info=NotebookNode(name="bash", pygments_lexer="../x"),
    )
    return json.dumps(right).encode()
