"""Reads a student's ``.ipynb``, which may hold anything, into a small valid notebook, or says why it cannot.

Only what grading needs is kept: cells in order, their text, attachments of written answers, and the flat
part of nbgrader's metadata (a claim, which the repair checks against the release). Outputs, counters and
all other metadata are dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from autograder.errors import NotebookError

MAX_BYTES = 20_000_000
"""Size of a submitted file."""
MAX_CELLS = 2000
MAX_CONTAINERS = 1_000_000
"""Brackets that open in the file: each costs some 60 bytes of memory, whatever it holds."""
MAX_ATTACHMENT_BYTES = 10_000_000
"""All attachments of a notebook together, as base64 text."""
MAX_ATTACHMENTS = 100

_IMAGE = re.compile(r"image/(png|jpeg|gif|webp)")
"""Images that cannot carry script; SVG can."""
_MAX_METADATA_TEXT = 200

_NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def read_submission(data: bytes) -> NotebookNode:
    """Reads a submitted file.

    Args:
        data: its bytes.

    Returns:
        A valid notebook of format 4.5: cells have ids ``submitted-<number>`` and no outputs.

    Raises:
        NotebookError: the file is not a notebook that can be graded; the rule is the reason. Nothing
            else is raised.

    Example:
        >>> data = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x = ", "1"]}]}'
        >>> read_submission(data).cells[0].source
        'x = 1'
    """
    try:
        return _Reader().read(_parse(data))
    except NotebookError:
        raise
    except RecursionError:
        raise NotebookError("the file is nested too deeply to be a notebook") from None
    except Exception as error:
        # Fails closed: whatever a strange file does to the reader costs its sender the grade, and nobody
        # else.
        raise NotebookError(
            "the file could not be read as a notebook", received=type(error).__name__
        ) from None


def _parse(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise NotebookError(
            "the file is too large", expected=f"at most {MAX_BYTES} bytes", received=f"at least {len(data)}"
        )
    if not data.strip():
        raise NotebookError("the file is empty")
    if data.count(b"{") + data.count(b"[") > MAX_CONTAINERS:
        raise NotebookError("the file has too many parts", expected=f"at most {MAX_CONTAINERS} brackets")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotebookError("the file is not UTF-8 text, so it is not a notebook") from None
    try:
        # NaN is not JSON, but plotting libraries write it into outputs, which are dropped anyway.
        notebook = json.loads(text, parse_constant=lambda name: None)
    except ValueError as error:
        raise NotebookError(
            "the file is not JSON, so it is not a notebook", received=str(error)[:100]
        ) from None
    if not isinstance(notebook, dict):
        raise NotebookError("a notebook is a JSON object", received=f"a JSON {type(notebook).__name__}")
    return notebook


class _Reader:
    def __init__(self) -> None:
        self._attachments = self._attachment_bytes = 0

    def read(self, data: dict[str, Any]) -> NotebookNode:
        cells = list(_cells(data))
        if len(cells) > MAX_CELLS:
            raise NotebookError(
                "the notebook has too many cells", expected=f"at most {MAX_CELLS}", received=len(cells)
            )
        notebook = new_notebook()
        notebook.cells = [self._cell(cell, number) for number, cell in enumerate(cells, start=1)]
        notebook.nbformat_minor = 5
        return notebook

    def _cell(self, cell: Any, number: int) -> NotebookNode:
        if not isinstance(cell, dict):
            raise NotebookError(f"cell {number} is not a JSON object", received=type(cell).__name__)
        kind = cell.get("cell_type")
        if not isinstance(kind, str) or kind not in _NEW_CELL:
            raise NotebookError(
                f"cell {number} has no known cell_type",
                expected=", ".join(_NEW_CELL),
                received=repr(kind)[:40],
            )
        source = _text(cell.get("source", ""), number)
        # Ids of our own: a cell put back from the release must never meet a student's cell that took its id.
        clean = _NEW_CELL[kind](id=f"submitted-{number}")
        if kind == "markdown":
            attachments, remarks = self._attached(cell.get("attachments"))
            if attachments:
                clean.attachments = attachments
            source += remarks
        clean.source = source
        claim = _flat(cell.get("metadata"))
        if claim is not None:
            clean.metadata["nbgrader"] = claim
        return clean

    def _attached(self, attachments: Any) -> tuple[NotebookNode, str]:
        kept, remarks = NotebookNode(), ""
        for name, bundle in (attachments if isinstance(attachments, dict) else {}).items():
            for mime, body in (bundle if isinstance(bundle, dict) else {}).items():
                body = "".join(body) if _is_lines(body) else body
                if not _IMAGE.fullmatch(mime) or not isinstance(body, str) or not body.isascii():
                    continue
                self._attachments += 1
                if (
                    self._attachments > MAX_ATTACHMENTS
                    or self._attachment_bytes + len(body) > MAX_ATTACHMENT_BYTES
                ):
                    # Said in the cell itself, so that the person who grades the answer knows.
                    remarks = "\n\n*(images were left out: a notebook may carry at most 10 MB of them)*"
                    continue
                self._attachment_bytes += len(body)
                kept.setdefault(_scalar_text(name), NotebookNode())[mime] = body
        return kept, remarks


def _cells(data: dict[str, Any]) -> Iterator[Any]:
    version = data.get("nbformat")
    if isinstance(version, bool) or not isinstance(version, int):
        raise NotebookError("a notebook states its format as a number", received=f"nbformat {version!r}"[:60])
    if version == 4:
        yield from _list(data.get("cells"), "cells")
    elif version == 3:
        for sheet in _list(data.get("worksheets"), "worksheets"):
            yield from map(
                _from_version_3, _list(sheet.get("cells") if isinstance(sheet, dict) else None, "cells")
            )
    else:
        raise NotebookError(
            "the notebook's format is not supported",
            expected="nbformat 4 or 3",
            received=f"nbformat {version}"[:60],
            fix="open it in a current Jupyter and save it again",
        )


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise NotebookError(f"a notebook has a list of {name}", received=f"{type(value).__name__} as {name}")
    return value


def _from_version_3(cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    kind = cell.get("cell_type")
    if kind == "code":
        return {**cell, "source": cell.get("input", "")}
    if kind in ("heading", "html"):
        return {**cell, "cell_type": "markdown"}
    return cell


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _text(source: Any, number: int) -> str:
    if _is_lines(source):
        source = "".join(source)
    if not isinstance(source, str):
        raise NotebookError(
            f"the source of cell {number} is not text", expected="a string or a list of strings"
        )
    return _scalar_text(source)


def _scalar_text(text: str) -> str:
    # JSON can spell half of a surrogate pair, which no file or database accepts later.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _flat(metadata: Any) -> NotebookNode | None:
    """The scalars of nbgrader's metadata: enough to say which cell of the release this claims to be."""
    claim = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if not isinstance(claim, dict):
        return None
    flat = NotebookNode()
    for key, value in claim.items():
        if isinstance(value, str):
            value = _scalar_text(value[:_MAX_METADATA_TEXT])
        if value is None or isinstance(value, (str, bool, int, float)):
            flat[_scalar_text(key[:_MAX_METADATA_TEXT])] = value
    return flat
