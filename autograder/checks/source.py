"""Was it done in the way that the exercise asks for? Read from the text, never the only evidence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from autograder.checks.answers import Answer
from autograder.checks.claim import Claim, Observation, register
from autograder.errors import AuthoringError, StudentError
from autograder.results import Outcome

WEIGHT = 0.25
"""Share of an outcome that looks at the text, beside a weight of 1 for one that looks at numbers."""

CUSTOMARY = {
    "np": "numpy",
    "tf": "tensorflow",
    "tfp": "tensorflow_probability",
    "tfd": "tensorflow_probability.distributions",
    "keras": "keras",
    "plt": "matplotlib.pyplot",
}
"""What short names mean to an author, and to a student whose imports are not in sight."""

STATEMENTS: dict[str, tuple[type[ast.AST], ...]] = {
    "for": (ast.For, ast.AsyncFor),
    "while": (ast.While,),
    "comprehension": (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    "lambda": (ast.Lambda,),
    "class": (ast.ClassDef,),
}
"""Forms of the language that can be asked for by name."""

_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Written(Claim):
    """The function, or a helper that it calls, uses one of some names; or none of them.

    Args:
        function: name of the function.
        names: dotted names (``tf.GradientTape``), attributes of any object (``.numpy``), or keys of
            ``STATEMENTS``.
    """

    wanted: ClassVar[bool]

    function: str
    names: tuple[str, ...]

    def decide(self, *values: Any) -> Outcome:
        """Looks every name up in the text."""
        text = values[-1]
        if not isinstance(text, str):
            raise StudentError(f"the text of `{self.function}` is not to be found")
        found = [name for name in self.names if uses_name(text, self.function, name)]
        listed = " or ".join(f"`{name}`" for name in self.names)
        evidence = {"names": list(self.names), "found": found}
        if self.wanted:
            verb = "uses" if found else "should use"
            return self._outcome(bool(found), f"`{self.function}` {verb} {listed}", **evidence)
        if not found:
            return self._outcome(True, f"`{self.function}` does without {listed}", **evidence)
        shown = " and ".join(f"`{name}`" for name in found)
        return self._outcome(False, f"`{self.function}` should do without {shown}", **evidence)

    def observe(self, *values: Any) -> Observation | None:
        """Nothing: mistakes are told apart by numbers."""
        return None


@register
@dataclass(frozen=True, kw_only=True)
class Uses(Written):
    """One of the names must be used."""

    kind: ClassVar[str] = "uses"
    wanted: ClassVar[bool] = True


@register
@dataclass(frozen=True, kw_only=True)
class Avoids(Written):
    """None of the names may be used."""

    kind: ClassVar[str] = "avoids"
    wanted: ClassVar[bool] = False


def uses(
    source: Answer,
    function: str,
    *names: str,
    answer: Answer | None = None,
    label: str = "",
    weight: float = WEIGHT,
) -> Uses:
    """The function uses at least one of the names, itself or through the notebook's own helpers.

    Args:
        source: ``student.source(function)``.
        function: name of the function.
        *names: dotted names as the author would write them (``tf.GradientTape``, ``np.random``), attributes
            of any object with a leading dot (``.numpy``), or one of ``for``, ``while``, ``comprehension``,
            ``lambda``, ``class``.
        answer: what the function returned: without an answer, as from a stub, its text earns nothing.
        label: what is looked at.
        weight: share of the check's points, at most ``WEIGHT``: text alone never decides.

    Raises:
        AuthoringError: no name, or the weight is too large.

    Example:
        >>> text = Answer(lambda: "from tensorflow import GradientTape as T\\ndef f(x):\\n    return T()")
        >>> uses(text, "f", "tf.GradientTape").outcome().message
        '`f` uses `tf.GradientTape`'
    """
    _require(names, weight)
    return Uses(answers=_evidence(source, answer), function=function, names=names, label=label, weight=weight)


def avoids(
    source: Answer,
    function: str,
    *names: str,
    answer: Answer | None = None,
    label: str = "",
    weight: float = WEIGHT,
) -> Avoids:
    """The function, the notebook's own helpers included, uses none of the names; see :func:`uses`.

    Example:
        >>> text = Answer(lambda: "def f(x):\\n    return x.sum()")
        >>> avoids(text, "f", "tf.GradientTape", "for").outcome().passed
        True
    """
    _require(names, weight)
    return Avoids(
        answers=_evidence(source, answer), function=function, names=names, label=label, weight=weight
    )


def _evidence(source: Answer, answer: Answer | None) -> tuple[Answer, ...]:
    # The text comes last: what an answer lacks is said first.
    return (source,) if answer is None else (answer, source)


def _require(names: tuple[str, ...], weight: float) -> None:
    if not names or not 0 < weight <= WEIGHT:
        raise AuthoringError(
            "uses() and avoids() take names and a small weight",
            expected=f"a weight of at most {WEIGHT}",
            received=weight,
            fix="let outcomes that look at numbers decide",
        )


def source_in_cells(cells: Iterable[str], function: str) -> str:
    """The text of a notebook's code cells, for ``Student(call, source=...)``.

    Args:
        cells: the source of the code cells, in order, as the submitted file has them.
        function: name of the function that will be looked for.

    Returns:
        The cells without IPython's commands and without the cells that do not parse.

    Raises:
        StudentError: no cell defines the function.
    """
    parsed = [cell for cell in map(_plain_python, cells) if cell]
    text = "\n\n".join(parsed)
    if function not in _definitions(ast.parse(text)):
        raise StudentError(f"no cell defines `{function}`")
    return text


def _plain_python(cell: str) -> str:
    text = "" if cell.lstrip().startswith("%%") else _MAGIC.sub("pass", cell)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return text


def uses_name(text: str, function: str, name: str) -> bool:
    """Whether a function, or what it calls in the same text, uses a name.

    Aliases are followed: ``import x as y``, ``from x import y as z``, ``y = x.z`` at any level,
    ``getattr(x, "z")``.

    Args:
        text: Python source.
        function: name of the function, as the text defines or assigns it.
        name: as for :func:`uses`.

    Raises:
        StudentError: the text does not parse, or does not define the function.
    """
    definitions, aliases = _understood(text)
    if function not in definitions:
        raise StudentError(f"the text does not define `{function}`")
    for body in _reachable(function, definitions):
        for node in ast.walk(body):
            if name in STATEMENTS:
                if isinstance(node, STATEMENTS[name]):
                    return True
            elif name.startswith("."):
                if isinstance(node, ast.Attribute) and node.attr == name[1:]:
                    return True
            elif _matches(_dotted(node, aliases), _canonical(name, CUSTOMARY)):
                return True
    return False


@lru_cache(maxsize=8)
def _understood(text: str) -> tuple[dict[str, ast.AST], dict[str, str]]:
    """Definitions and aliases of a text, which is asked for one name after another."""
    try:
        tree = ast.parse(_MAGIC.sub("pass", text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise StudentError("the notebook's text is not Python") from None
    return _definitions(tree), _aliases(tree)


def _matches(found: str, name: str) -> bool:
    return found == name or found.startswith(f"{name}.")


def _definitions(tree: ast.Module) -> dict[str, ast.AST]:
    """What each top-level name stands for; the last definition counts, as it does when cells run in order."""
    found: dict[str, ast.AST] = {}
    for node in _top_level(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                # f = decorate(f) keeps what f was.
                own = isinstance(target, ast.Name) and any(
                    isinstance(part, ast.Name) and part.id == target.id for part in ast.walk(node.value)
                )
                if isinstance(target, ast.Name) and not (own and target.id in found):
                    found[target.id] = node.value
    return found


def _top_level(node: ast.AST) -> Iterator[ast.AST]:
    """What stands outside functions and classes, inside ``if``, ``with``, ``for`` and ``try`` too."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _top_level(child)


def _reachable(function: str, definitions: dict[str, ast.AST]) -> Iterator[ast.AST]:
    waiting, seen = [function], {function}
    while waiting:
        body = definitions[waiting.pop()]
        yield body
        for node in ast.walk(body):
            if isinstance(node, ast.Name) and node.id in definitions and node.id not in seen:
                seen.add(node.id)
                waiting.append(node.id)


def _aliases(tree: ast.Module) -> dict[str, str]:
    aliases = dict(CUSTOMARY)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                aliases[item.asname or item.name.split(".")[0]] = (
                    item.name if item.asname else item.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for item in node.names:
                aliases[item.asname or item.name] = f"{node.module}.{item.name}"
    # y = x.z, and chains of them: as often as there are assignments to follow.
    simple = [
        (target.id, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    for _ in range(min(len(simple), 5)):
        for name, value in simple:
            dotted = _dotted(value, aliases)
            if dotted and dotted.split(".")[0] != name:
                aliases[name] = dotted
    return aliases


def _dotted(node: ast.AST, aliases: dict[str, str]) -> str:
    """The full dotted name that an expression stands for; empty when it is none."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, aliases)
        return f"{base}.{node.attr}" if base else ""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and len(node.args) >= 2
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    ):
        base = _dotted(node.args[0], aliases)
        return f"{base}.{node.args[1].value}" if base else ""
    return ""


def _canonical(name: str, aliases: dict[str, str]) -> str:
    first, _, rest = name.partition(".")
    full = aliases.get(first, first)
    return f"{full}.{rest}" if rest else full
