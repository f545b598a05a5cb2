"""An author's notebook: percent text whose cells carry a short form of nbgrader's metadata.

    # %% kind="solution" grade_id="pathwise_gradient"

students write here: the cell holds the stub of that function;

    # %% kind="check" points=3

one line, ``check("name")``, graded by the suite; its id is ``check_<name>``;

    # %% [markdown] kind="manual" grade_id="why" points=2

students answer in words, a person grades;

    # %% kind="constants" grade_id="constants"

plain assignments, whose values may be another student's others. All other cells carry nothing. The header's
``jupyter: expected_gradient:`` names the problem set and the sums of its points.
"""

from __future__ import annotations

import io
import math
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from autograder.errors import AuthoringError

_MARKER = re.compile(r"#\s*%%(\s|$)")
_CHECK = re.compile(r"check\(\s*([\"'])(\w+)\1\s*\)")
_GRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""nbgrader's alphabet for ids, at the length that notebook cell ids may have."""

_HEADER_KEYS = {"problem_set", "title", "points", "manual_points"}
_EDITOR_KEYS = {"tags", "title", "lines_to_next_cell"}
"""What jupytext and editors write by themselves; it means nothing to a build."""

_SUM_ERROR = 1e-9
"""Sums of points in floating point: 0.1 + 0.2 is 0.3."""


class Kind(StrEnum):
    """What a cell is for."""

    PLAIN = "plain"
    SOLUTION = "solution"
    CHECK = "check"
    MANUAL = "manual"
    CONSTANTS = "constants"


_KEYS = {
    Kind.SOLUTION: ({"grade_id"}, "code"),
    Kind.CHECK: ({"points"}, "code"),
    Kind.MANUAL: ({"grade_id", "points"}, "markdown"),
    Kind.CONSTANTS: ({"grade_id"}, "code"),
}


@dataclass(frozen=True)
class Cell:
    """One cell of an author's notebook.

    Args:
        kind: what it is for.
        cell_type: ``code``, ``markdown`` or ``raw``.
        source: its text.
        line: where its marker stands in the file, counted from 1.
        grade_id: nbgrader's name of it; empty for plain cells.
        points: the most that it earns; 0 unless it is graded.
        check: name of the check that a check cell runs.
    """

    kind: Kind
    cell_type: str
    source: str
    line: int
    grade_id: str = ""
    points: float = 0.0
    check: str = ""


@dataclass(frozen=True)
class Assignment:
    """An author's notebook, read and checked.

    Args:
        file: the file as messages name it.
        problem_set: the problem set that its header names.
        title: its title; may be empty.
        cells: its cells in order.
    """

    file: str
    problem_set: str
    title: str
    cells: tuple[Cell, ...]

    def of(self, kind: Kind) -> tuple[Cell, ...]:
        """The cells of one kind, in order."""
        return tuple(cell for cell in self.cells if cell.kind is kind)

    @property
    def points(self) -> float:
        """Points that checks award."""
        return sum(cell.points for cell in self.of(Kind.CHECK))

    @property
    def manual_points(self) -> float:
        """Points that a person awards."""
        return sum(cell.points for cell in self.of(Kind.MANUAL))

    def error(self, rule: str, cell: Cell | None = None, **details: Any) -> AuthoringError:
        """An error that names the file, and the line of ``cell``."""
        return AuthoringError(rule, where=f"{self.file}:{cell.line}" if cell else self.file, **details)


def read_assignment(text: str, file: str) -> Assignment:
    """Reads an author's notebook.

    Args:
        text: the percent text.
        file: its name, for messages.

    Returns:
        The notebook; its points add up and its ids are unique.

    Raises:
        AuthoringError: a rule of the form is broken; names the file, the line and the rule.

    Example:
        >>> header = "# ---\\n# jupyter:\\n#   expected_gradient: {problem_set: ps00, points: 1}\\n# ---\\n"
        >>> cells = '# %% kind="check" points=1\\ncheck("f")\\n'
        >>> read_assignment(header + cells, "ps00.py").cells[0].grade_id
        'check_f'
    """
    import jupytext

    try:
        notebook = jupytext.reads(text, fmt="py:percent")
    except Exception as error:
        # jupytext's header is YAML and its errors are of many types.
        raise AuthoringError(
            "the notebook is not percent text that jupytext reads",
            where=file,
            received=str(error).splitlines()[0] if str(error) else type(error).__name__,
        ) from error
    lines = _lines(text, file, len(notebook.cells))
    cells = tuple(
        _cell(cell.cell_type, cell.source, cell.metadata, line, file)
        for cell, line in zip(notebook.cells, lines, strict=True)
    )
    header = notebook.metadata.get("expected_gradient")
    assignment = Assignment(file, *_header(header, file), cells)
    _check_ids(assignment)
    _check_points(assignment, header)
    return assignment


def _lines(text: str, file: str, count: int) -> list[int]:
    """Line of each cell's marker: a comment of the text read as Python, never a line of a string."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise AuthoringError("the notebook's text is not Python", where=file, received=error) from None
    comments = [t for t in tokens if t.type == tokenize.COMMENT]
    markers = [t.start[0] for t in comments if _MARKER.match(t.string) and not t.line[: t.start[1]].strip()]
    if count == len(markers) + 1:
        markers.insert(0, 1)  # text before the first marker is a cell of its own
    if count != len(markers):
        raise AuthoringError(
            "every cell begins with a # %% line",
            where=file,
            expected=f"{count} cells",
            received=f"{len(markers)} markers",
            fix="do not use # %% inside cells",
        )
    return markers


def _cell(cell_type: str, source: str, metadata: Mapping[str, Any], line: int, file: str) -> Cell:
    where = f"{file}:{line}"
    given = {key: value for key, value in metadata.items() if key not in _EDITOR_KEYS}
    if "incorrectly_encoded_metadata" in given:
        raise AuthoringError(
            "a cell's metadata cannot be read",
            where=where,
            received=given["incorrectly_encoded_metadata"],
            fix='write key="text" or key=number',
        )
    if not given:
        return Cell(Kind.PLAIN, cell_type, source, line)
    if given.get("kind") not in list(_KEYS):
        if "kind" in given or {"grade_id", "points"} & set(given):
            raise AuthoringError(
                "a cell's kind is one of solution, check, manual and constants",
                where=where,
                received=repr(given["kind"]) if "kind" in given else "no kind",
            )
        raise AuthoringError(
            "a cell's metadata has the keys kind, grade_id and points only",
            where=where,
            received=", ".join(given),
        )
    kind = Kind(given.pop("kind"))
    keys, wanted_type = _KEYS[kind]
    for key in sorted(keys - set(given)):
        raise AuthoringError(f"a {kind.value} cell has {_article(key)}", where=where, received="none")
    if unknown := sorted(set(given) - keys):
        raise AuthoringError(
            f"a {kind.value} cell has no other key than {' and '.join(sorted(keys))}",
            where=where,
            received=", ".join(unknown),
        )
    if cell_type != wanted_type:
        raise AuthoringError(
            f"a {kind.value} cell is a {wanted_type} cell", where=where, received=f"a {cell_type} cell"
        )
    check = _check_name(source, where) if kind is Kind.CHECK else ""
    grade_id = f"check_{check}" if check else given["grade_id"]
    if not isinstance(grade_id, str) or not _GRADE_ID.fullmatch(grade_id):
        raise AuthoringError(
            "a grade_id is 1 to 64 letters, digits, _ and -", where=where, received=repr(grade_id)
        )
    points = _points(given["points"], where) if "points" in given else 0.0
    return Cell(kind, cell_type, source, line, grade_id, points, check)


def _article(key: str) -> str:
    return "points" if key == "points" else f"a {key}"


def _check_name(source: str, where: str) -> str:
    match = _CHECK.fullmatch(source.strip())
    if match is None:
        raise AuthoringError(
            "a check cell is one line", where=where, expected='check("name")', received=repr(source[:60])
        )
    return match[2]


def _points(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise AuthoringError("points are a number above 0", where=where, received=repr(value))
    return float(value)


def _header(header: Any, file: str) -> tuple[str, str]:
    if not isinstance(header, Mapping) or not isinstance(header.get("problem_set"), str):
        raise AuthoringError(
            "the header names the problem set",
            where=file,
            expected="jupyter: expected_gradient: {problem_set: ..., points: ...}",
            received=repr(header)[:80],
        )
    if unknown := sorted(set(header) - _HEADER_KEYS):
        raise AuthoringError(
            f"the header's expected_gradient has the keys {', '.join(sorted(_HEADER_KEYS))} only",
            where=file,
            received=", ".join(unknown),
        )
    return header["problem_set"], str(header.get("title", ""))


def _check_ids(assignment: Assignment) -> None:
    seen: dict[str, Cell] = {}
    for cell in assignment.cells:
        if cell.grade_id in seen:
            raise assignment.error(
                "a grade_id is unique in its notebook",
                cell,
                received=f"{cell.grade_id!r}, also in line {seen[cell.grade_id].line}",
            )
        if cell.grade_id:
            seen[cell.grade_id] = cell


def _check_points(assignment: Assignment, header: Mapping[str, Any]) -> None:
    sums = (("points", assignment.points, "check"), ("manual_points", assignment.manual_points, "manual"))
    for key, found, kind in sums:
        stated = header.get(key, 0)
        if isinstance(stated, bool) or not isinstance(stated, (int, float)):
            raise assignment.error(f"the header's {key} are a number", received=repr(stated))
        if abs(stated - found) > _SUM_ERROR:
            raise assignment.error(
                f"the points of the {kind} cells add up to the header's {key}",
                expected=f"{stated:g}",
                received=f"{found:g}",
            )
