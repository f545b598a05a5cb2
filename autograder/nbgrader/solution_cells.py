"""Solution cells: a stub as the author writes it, and the text with a function's work in its place."""

from __future__ import annotations

import ast
import builtins
import dis
import re

from autograder.errors import AuthoringError
from autograder.nbgrader.functions import Source
from autograder.percent import Assignment, Cell

EVERYWHERE = frozenset(dir(builtins)) | {"get_ipython", "display", "__name__"}
"""What every notebook cell can name without an import."""

_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


def stub(assignment: Assignment, cell: Cell) -> Source:
    """The stub that a solution cell holds: signature, docstring, ``raise NotImplementedError("...")``.

    Raises:
        AuthoringError: the cell holds anything else; names file, line and rule.
    """
    body = _parsed(assignment, cell)
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise assignment.error("a solution cell holds one function and nothing else", cell)
    node = body[0]
    source = Source(cell.source, node, f"{assignment.file}:{cell.line}")
    if node.name != cell.grade_id:
        raise assignment.error(
            "a solution cell's grade_id is the name of its function",
            cell,
            expected=cell.grade_id,
            received=node.name,
        )
    if node.decorator_list:
        raise assignment.error("a stub has no decorators", cell, received=node.name)
    if ast.get_docstring(node) is None:
        raise assignment.error("a stub's docstring is its specification", cell, received="no docstring")
    statements = source.statements
    if len(statements) != 1 or not _raises_not_implemented(statements[0]):
        raise assignment.error(
            "a stub's only statement raises",
            cell,
            expected='raise NotImplementedError("...")',
            received=ast.unparse(statements[0])[:60] if statements else "nothing",
        )
    return source


def pasted(target: Source, work: Source, *, fenced: bool = False) -> str:
    """A solution cell's text: the stub's signature and docstring with another function's work.

    Args:
        target: the stub.
        work: the function whose work takes the place of the stub's.
        fenced: whether nbgrader's solution marks stand around the work.

    Returns:
        The text.

    Raises:
        AuthoringError: the two have not the same parameters, or the work cannot be fenced in.
    """
    same = "parameters" if fenced else "parameter_names"
    if getattr(target, same) != getattr(work, same):
        raise AuthoringError(
            f"{work.name!r} has the signature of its stub in {target.where}",
            where=work.where,
            expected=f"({getattr(target, same)})",
            received=f"({getattr(work, same)})",
        )
    if fenced and work.decorators:
        raise AuthoringError(
            "a worked function has no decorators; they would stand outside the solution",
            where=work.where,
            received=work.decorators[0],
        )
    docstring = target.node.body[0]
    indent = " " * docstring.col_offset
    body = work.body(docstring.col_offset)
    if fenced:
        body = [f"{indent}### BEGIN SOLUTION", *body, f"{indent}### END SOLUTION"]
    header = target.lines[: target.header_end]
    first = target.node.lineno - 1
    return "\n".join([*header[:first], *work.decorators, *header[first:], *body])


def defined_names(assignment: Assignment, cell: Cell) -> set[str]:
    """Names that a code cell binds when it runs.

    Raises:
        AuthoringError: the cell is not Python, or imports ``*``, which hides what it binds.
    """
    body = _parsed(assignment, cell)
    module = ast.Module(body=body, type_ignores=[])
    if any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(module)):
        raise assignment.error("a notebook imports names, never *", cell)
    compiled = compile(module, "<cell>", "exec", dont_inherit=True)
    stores = ("STORE_NAME", "STORE_GLOBAL")
    return {str(i.argval) for i in dis.get_instructions(compiled) if i.opname in stores}


def _parsed(assignment: Assignment, cell: Cell) -> list[ast.stmt]:
    try:
        return ast.parse(_MAGIC.sub(r"\1pass", cell.source)).body
    except SyntaxError as error:
        raise assignment.error(
            "a code cell is Python", cell, received=f"{error.msg} in its line {error.lineno}"
        ) from None


def _raises_not_implemented(statement: ast.stmt) -> bool:
    match statement:
        case ast.Raise(exc=ast.Call(func=ast.Name("NotImplementedError"), args=[ast.Constant(str())])):
            return True
    return False
