"""Fifteen megabytes in an attachment, and one that is no image."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = ""


def submitted(right: NotebookNode) -> bytes:
    data = json.loads(json.dumps(right).encode())
    bundle = {
        "a.png": {"image/png": "A" * 15_000_000},
        "b.html": {"text/html": "<script>window.owned = 1</script>"},
    }
    data["cells"].append({"cell_type": "markdown", "source": "![](attachment:a.png)", "attachments": bundle})
    return json.dumps(data).encode()
