"""The cell of an author's notebook that holds constants, and the same notebook with a student's own in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from autograder.checks.constants import NAME, Value, is_value
from autograder.percent import Assignment, Cell, Kind

GRADE_ID = "constants"
"""What nbgrader knows the cell by."""


def defaults(assignment: Assignment) -> dict[str, Value]:
    """The constants as the author wrote them, in their order; none without such a cell.

    Raises:
        AuthoringError: the cell holds something else than plain assignments, or comes too late; names the
            line and the rule.
    """
    return {name: value for cell in _cells(assignment) for name, value, _ in _assignments(assignment, cell)}


def filled(assignment: Assignment, constants: Mapping[str, Value]) -> Assignment:
    """The notebook with other values in its constants cell; its comments and its layout stay.

    Args:
        assignment: the author's notebook.
        constants: the values by name; one that is not named stays.

    Raises:
        AuthoringError: as for :func:`defaults`.
    """
    texts = {cell.grade_id: _filled(assignment, cell, constants) for cell in _cells(assignment)}
    cells = (
        replace(cell, source=texts[cell.grade_id]) if cell.kind is Kind.CONSTANTS else cell
        for cell in assignment.cells
    )
    return replace(assignment, cells=tuple(cells))


def _filled(assignment: Assignment, cell: Cell, constants: Mapping[str, Value]) -> str:
    # Offsets of syntax trees count bytes.
    lines = [line.encode() for line in cell.source.split("\n")]
    for name, default, node in reversed(list(_assignments(assignment, cell))):
        value = constants.get(name, default)
        if value != default or type(value) is not type(default):
            line = lines[node.lineno - 1]
            new = repr(value).encode()
            lines[node.lineno - 1] = line[: node.col_offset] + new + line[node.end_col_offset :]
    return "\n".join(line.decode() for line in lines)


def _cells(assignment: Assignment) -> tuple[Cell, ...]:
    cells = assignment.of(Kind.CONSTANTS)
    for cell in cells:
        if cell.grade_id != GRADE_ID:
            raise assignment.error(
                "there is one constants cell, and its grade_id says so",
                cell,
                expected=f'grade_id="{GRADE_ID}"',
                received=repr(cell.grade_id),
            )
        early = [c for c in assignment.cells if c.line < cell.line and c.kind is not Kind.PLAIN]
        if early:
            raise assignment.error(
                "the constants come before every cell that is written in or graded",
                cell,
                received=f"{early[0].grade_id} in line {early[0].line}",
            )
    return cells


def _assignments(assignment: Assignment, cell: Cell) -> Iterator[tuple[str, Value, ast.expr]]:
    try:
        body = ast.parse(cell.source).body
    except SyntaxError as error:
        raise assignment.error(
            "a code cell is Python", cell, received=f"{error.msg} in its line {error.lineno}"
        ) from None
    if not body:
        raise assignment.error("a constants cell holds constants", cell, received="none")
    seen = set()
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=node) if NAME.fullmatch(name):
                value = _literal(node)
            case _:
                value = None
        if value is None:
            raise assignment.error(
                "a constants cell holds plain assignments of a number or a text to a name in capitals",
                cell,
                expected="RATE = 0.1",
                received=ast.unparse(statement)[:60],
            )
        if name in seen:
            raise assignment.error("a constant is assigned once", cell, received=name)
        seen.add(name)
        yield name, value, node


def _literal(node: ast.expr) -> Value | None:
    """The value of a literal on one line; None for anything else."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if is_value(value) and node.lineno == node.end_lineno else None
