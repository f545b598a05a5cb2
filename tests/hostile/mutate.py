"""A seeded mutator of notebook files: structure, metadata, sources, outputs, bytes."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    7,
    1e308,
    2**70,
    "",
    "code",
    "markdown",
    "raw",
    "check_total",
    "total",
    "\x00",
    "\ud800",
    "\u202e\u2028",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "x" * 5000,
    [],
    {},
    [[]],
    {"": {}},
    ["a", 1],
    {"grade_id": "scaled", "grade": True, "solution": True, "points": 99, "locked": False},
    {"nbgrader": {"grade_id": ["total"]}},
)
SOURCE_EDITS = (
    "\n\x00",
    "\\",
    "'''",
    "(" * 400,
    "\nreturn",
    "\n%%bash\n",
    "\n!ls",
    "\nfrom __future__ import braces",
    "\ndef total(x): return 0.0",
    "\ndel np",
    "\nraise SystemExit",
    "\nimport os; os._exit(1)",
    "\nprint('x' * 1_000_000)",
    "\n\t  mixed",
    "# -*- coding: utf-7 -*-\n",
    "\ufeff",
    "\nclass total: pass",
    "\nnoise = None",
    "\nassert False, '\x1b[2J'",
    "\nawait x",
    "\nexit()",
    "\nimport numpy as total",
)


def mutated(right: dict[str, Any], seed: int) -> bytes:
    """A file made from a right notebook by one to six changes; the same seed gives the same bytes."""
    draw = random.Random(seed)
    notebook = copy.deepcopy(right)
    for _ in range(draw.randint(1, 6)):
        draw.choice((_structure, _structure, _cells, _cells, _metadata, _source, _source, _outputs))(
            notebook, draw
        )
    data = json.dumps(notebook, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")
    if draw.random() < 0.15:
        data = _bytes(data, draw)
    return data


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a JSON value with each of its keys."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        here = stack.pop()
        keys = here.keys() if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        for key in keys:
            found.append((here, key))
            stack.append(here[key])
    return found


def _structure(notebook: dict[str, Any], draw: random.Random) -> None:
    places = _places(notebook)
    if not places:
        return
    container, key = draw.choice(places)
    act = draw.randrange(4)
    if act == 0:
        container[key] = copy.deepcopy(draw.choice(ODD_VALUES))
    elif act == 1:
        del container[key]
    elif act == 2:
        container[key] = [container[key]] * draw.randint(1, 3)
    elif isinstance(container, dict):
        container[draw.choice(("cells", "source", "metadata", "nbgrader", "input", "id", "x"))] = container[
            key
        ]


def _list(notebook: dict[str, Any]) -> list[Any]:
    cells = notebook.get("cells")
    return cells if isinstance(cells, list) else []


def _cells(notebook: dict[str, Any], draw: random.Random) -> None:
    cells = _list(notebook)
    if not cells:
        return
    index = draw.randrange(len(cells))
    act = draw.randrange(5)
    if act == 0:
        del cells[index]
    elif act == 1:
        cells.insert(draw.randrange(len(cells)), copy.deepcopy(cells[index]))
    elif act == 2:
        cells.insert(draw.randrange(len(cells)), cells.pop(index))
    elif act == 3 and isinstance(cells[index], dict):
        cells[index]["cell_type"] = draw.choice(("code", "markdown", "raw", "heading", "", 4))
    elif act == 4:
        other = cells[draw.randrange(len(cells))]
        if isinstance(other, dict) and isinstance(cells[index], dict):
            cells[index]["source"] = str(cells[index].get("source")) + "\n" + str(other.get("source"))


def _metadata(notebook: dict[str, Any], draw: random.Random) -> None:
    cell = draw.choice(_list(notebook) or [None])
    if not isinstance(cell, dict):
        return
    metadata = cell.get("metadata")
    said = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(said, dict):
        key = draw.choice(
            ("grade_id", "points", "grade", "solution", "locked", "schema_version", "task", "cell_type")
        )
        said[key] = copy.deepcopy(draw.choice(ODD_VALUES))
    else:
        cell["metadata"] = copy.deepcopy(draw.choice(ODD_VALUES))


def _source(notebook: dict[str, Any], draw: random.Random) -> None:
    cell = draw.choice(_list(notebook) or [None])
    if not isinstance(cell, dict):
        return
    source = cell.get("source")
    text = (
        source if isinstance(source, str) else "".join(map(str, source)) if isinstance(source, list) else ""
    )
    at = draw.randrange(len(text) + 1)
    act = draw.randrange(4)
    if act == 0:
        cell["source"] = text[:at]
    elif act == 1:
        cell["source"] = text[:at] + draw.choice(SOURCE_EDITS) + text[at:]
    elif act == 2:
        cell["source"] = text + draw.choice(SOURCE_EDITS)
    else:
        cell["source"] = text.splitlines(keepends=draw.random() < 0.5)


def _outputs(notebook: dict[str, Any], draw: random.Random) -> None:
    cell = draw.choice(_list(notebook) or [None])
    if isinstance(cell, dict):
        cell[draw.choice(("outputs", "attachments", "execution_count", "id"))] = draw.choice(
            (
                [{"output_type": "stream", "text": "3.0"}] * 3,
                {"a.png": {"image/png": "iVBORw0KGgo="}, "b": {"text/html": "<b>"}},
                *ODD_VALUES,
            )
        )


def _bytes(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return draw.choice(
        (
            data[:at],
            data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :],
            data[:at] + data[at : at + 50] * 20 + data[at + 50 :],
            b"\xef\xbb\xbf" + data,
            data.decode("utf-8", "replace").encode("utf-16"),
            data + data,
        )
    )
