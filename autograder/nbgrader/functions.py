"""Functions as text: found in a module, with their comments, and with the names that they need.

Everything works on text and syntax trees, so that comments survive and no decorator gets in the way.
"""

from __future__ import annotations

import ast
import copy
import dis
import inspect
import io
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from autograder.errors import AuthoringError

_REGISTERING = {"mistake", "variant"}
"""Decorators of a problem set's bank; they stay behind when a function is pasted."""

_LOADS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}


@dataclass(frozen=True)
class Source:
    """One function as text.

    Args:
        text: the module or cell that it stands in.
        node: its definition in that text.
        where: file and line as messages name them.
    """

    text: str
    node: ast.FunctionDef
    where: str

    @property
    def name(self) -> str:
        """The function's name."""
        return self.node.name

    @property
    def lines(self) -> list[str]:
        """The lines of the text around it."""
        # Not splitlines: it also splits at characters that do not end a line of Python.
        return self.text.split("\n")

    @property
    def statements(self) -> list[ast.stmt]:
        """The statements after the docstring."""
        has_docstring = ast.get_docstring(self.node, clean=False) is not None
        return self.node.body[1:] if has_docstring else self.node.body

    @property
    def header_end(self) -> int:
        """Line on which the signature, or the docstring when there is one, ends."""
        if len(self.statements) < len(self.node.body):
            return self.node.body[0].end_lineno or self.node.lineno
        depth = 0
        for token in _tokens(self.text):
            if token.start[0] < self.node.lineno or token.type != tokenize.OP:
                continue
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == ":" and depth == 0:
                return token.start[0]
        return self.node.lineno

    @property
    def decorators(self) -> list[str]:
        """The decorators as written, without the ones that register the function in a bank."""
        kept = (node for node in self.node.decorator_list if _name_of(node) not in _REGISTERING)
        return [f"@{ast.get_source_segment(self.text, node)}" for node in kept]

    @property
    def parameters(self) -> str:
        """The parameters with their defaults and without annotations."""
        return ast.unparse(_bare(self.node, defaults=True).args)

    @property
    def parameter_names(self) -> str:
        """The parameters without defaults and annotations."""
        return ast.unparse(_bare(self.node).args)

    def body(self, column: int) -> list[str]:
        """The lines of work after the docstring, comments included.

        Args:
            column: where its statements begin, in spaces.

        Raises:
            AuthoringError: the work begins on the line of the ``def``.
        """
        statements = self.statements
        if not statements:
            return [f"{' ' * column}pass"]
        lines, start, end = self.lines, self.header_end, self.node.end_lineno or 0
        if statements[0].lineno <= start:
            raise AuthoringError("a function's work begins on a line of its own", where=self.where)
        own = statements[0].col_offset
        # A comment that closes the function belongs to it, although no statement follows.
        while end < len(lines) and lines[end].startswith(f"{' ' * own}#"):
            end += 1
        fixed = _string_lines(self.text)
        shifted = [
            line if number in fixed or not line.strip() else _shift(line, column - own)
            for number, line in enumerate(lines[start:end], start=start + 1)
        ]
        return _without_blank_ends(shifted)

    def global_names(self) -> set[str]:
        """Names that its work and its decorators take from the module, builtins included."""
        module = ast.Module(body=[_bare(self.node)], type_ignores=[])
        compiled = compile(ast.fix_missing_locations(module), "<function>", "exec", dont_inherit=True)
        used = set(_loaded(compiled))
        for node in self.node.decorator_list:
            if _name_of(node) not in _REGISTERING:
                used |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        return used


def in_file(path: Path, name: str, where: str) -> Source:
    """The function ``name`` of a module.

    Args:
        path: the module's file.
        name: of a function at its top level.
        where: the file as messages name it.

    Raises:
        AuthoringError: the module does not define such a function with ``def``, or is not Python.
    """
    text = path.read_text("utf-8")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise AuthoringError(
            "a module is Python", where=f"{where}:{error.lineno}", received=error.msg
        ) from None
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not found:
        raise AuthoringError(f"{name!r} is a function that the module defines with def", where=where)
    return Source(text, found[-1], f"{where}:{found[-1].lineno}")


def of_text(text: str, where: str = "the given source") -> Source:
    """The only function that ``text`` defines.

    Raises:
        AuthoringError: the text is not the definition of one function.
    """
    text = textwrap.dedent(text)
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        raise AuthoringError("a replacement is Python", where=where, received=error.msg) from None
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise AuthoringError("a replacement is the definition of one function", where=where)
    return Source(text, body[0], where)


def of_callable(function: Callable[..., Any]) -> Source:
    """The text of a function of this process.

    Raises:
        AuthoringError: its source cannot be found.
    """
    name = getattr(function, "__name__", repr(function))
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        raise AuthoringError(f"the source of {name!r} cannot be found", fix="give its text instead") from None
    return of_text(text, where=f"{inspect.getsourcefile(function)}:{name}")


def _name_of(decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _bare(node: ast.FunctionDef, *, defaults: bool = False) -> ast.FunctionDef:
    node = copy.deepcopy(node)
    node.decorator_list, node.returns = [], None
    arguments = node.args
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    if not defaults:
        arguments.defaults = []
        arguments.kw_defaults = [None for _ in arguments.kwonlyargs]
    return node


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(text).readline)


def _string_lines(text: str) -> set[int]:
    """Lines that begin inside a string, whose indentation is part of its value."""
    inside: set[int] = set()
    for token in _tokens(text):
        if token.type not in (tokenize.OP, tokenize.NL, tokenize.NEWLINE):
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    return inside


def _shift(line: str, columns: int) -> str:
    if columns >= 0:
        return " " * columns + line
    # A comment may stand further out than the code around it.
    return line[min(-columns, len(line) - len(line.lstrip())) :]


def _without_blank_ends(lines: list[str]) -> list[str]:
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1]


def _loaded(code: CodeType) -> Iterator[str]:
    instructions = list(dis.get_instructions(code))
    # A class body looks its own names up first.
    own = {i.argval for i in instructions if i.opname == "STORE_NAME"} | {"__name__", "__qualname__"}
    for instruction in instructions:
        if instruction.opname in _LOADS and not (
            instruction.opname != "LOAD_GLOBAL" and instruction.argval in own
        ):
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _loaded(constant)
