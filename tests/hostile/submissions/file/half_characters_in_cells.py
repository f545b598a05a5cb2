"""Half surrogate pairs, null characters and separators in sources and names."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = 7.0
SEES = ""


def submitted(right: NotebookNode) -> bytes:
    data = json.loads(json.dumps(right).encode())
    text = b"# \\ud800 \\u2028 \\u0085".decode("unicode_escape")
    data["cells"].append({"cell_type": "code", "source": text, "metadata": {"nbgrader": {"grade_id": text}}})
    data["cells"].append({"cell_type": "markdown", "source": chr(0) + text})
    return json.dumps(data).encode()
