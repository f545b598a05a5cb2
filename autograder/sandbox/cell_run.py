"""How one cell went, in a form that does not depend on how it was run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import nbformat
from nbformat.v4 import new_output

CellStatus = Literal["ok", "error", "died", "timeout", "output_limit"]


@dataclass(frozen=True)
class CellRun:
    """How one cell went.

    Args:
        outputs: nbformat 4 outputs, each valid by its schema.
        status: ``ok``, ``error`` (an exception), or why the kernel is gone: ``died``, ``timeout``,
            ``output_limit``.
        reason: one sentence for the student unless all went well.
        seconds: wall time.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    status: CellStatus = "ok"
    reason: str = ""
    seconds: float = 0.0


def valid_outputs(outputs: list[Any]) -> list[dict[str, Any]]:
    """Outputs as plain dicts; one that breaks the notebook format is replaced by a note."""
    checked = []
    for output in outputs:
        try:
            nbformat.validate(output, ref="output", version=4, version_minor=5)
        except Exception:
            output = new_output("stream", name="stderr", text="(an output that could not be shown)\n")
        checked.append(_plain(output))
    return checked


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
