"""Where a check calls a function, and whether mistakes hide there.

At σ = 1 a variance is a standard deviation, at μ = 0 a forgotten mean shows nothing, at θ = 2 the derivative
2θ is θ², in a square matrix a transposition is legal, in a batch of one a mean is a sum.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograder import calling
from autograder.certify.certificate import PointLine
from autograder.checks.answers import Answer, Expected, Student
from autograder.checks.suite import Check
from autograder.errors import AuthoringError

NEAR = 1e-3
"""Distance from a degenerate value at which a number counts as it; farther off, the margin says how bad it
is."""

_ONE = frozenset({"std", "stds", "sigma", "variance", "variances", "var", "scale", "gamma", "temperature"})
_ZERO = frozenset({"mean", "means", "mu", "loc", "bias", "beta", "log_var", "logvar", "log_std", "logits"})
_TWO = frozenset({"theta"})
_MARKS = ((_ONE, 1.0), (_ZERO, 0.0), (_TWO, 2.0))
_REASONS = {
    1.0: "is 1, where a variance equals a standard deviation and a factor is invisible",
    0.0: "is 0, where a forgotten term is invisible and its logarithm's exponential is 1",
    2.0: "is 2, where 2θ = θ²",
}
SQUARE = "is square, so that a transposition goes unnoticed"
SINGLE = "has a batch of one, where a mean is a sum"

Call = tuple[str, Mapping[str, Any]]
"""A function's name and its arguments by name."""


class RecordingStudent(Student):
    """Correct functions in the student's place; keeps what each call was made with.

    Args:
        call: how the functions are reached.
        reference: the functions by name, for their signatures.
    """

    def __init__(self, call: Callable[..., Any], reference: Mapping[str, Any]) -> None:
        super().__init__(call)
        self._reference = reference
        self.calls: list[Call] = []

    def answer(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], bound: bool) -> Answer:
        """Notes the call, then makes it."""
        function = name.rpartition(":")[2]
        if not name.startswith(calling.SOURCE_OF):
            positional = args[1:] if name.startswith(calling.GRADIENT_OF) else args
            self.calls.append((function, self._named(function, positional, kwargs)))
        return super().answer(name, args, kwargs, bound)

    def _named(self, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return inspect.signature(self._reference[function]).bind(*args, **kwargs).arguments
        except (KeyError, TypeError, ValueError):
            return {f"argument {number}": arg for number, arg in enumerate(args)} | dict(kwargs)


def places(runs: Sequence[Sequence[Call]], meant: Mapping[str, str] | None = None) -> tuple[PointLine, ...]:
    """The arguments that a check passes, over several hidden inputs, with what is degenerate about them.

    An argument is called degenerate when in some run *every* call of its function has it so: a further call
    at σ = 1 hides nothing that another one shows.

    Args:
        runs: for each hidden input the calls of one run.
        meant: the author's reasons for degenerate points, by argument.

    Returns:
        One line for each argument that holds numbers, in the order of the calls.
    """
    values: dict[tuple[str, str], list[Any]] = {}
    reasons: dict[tuple[str, str], dict[str, None]] = {}
    for calls in runs:
        found: dict[tuple[str, str], list[frozenset[str]]] = {}
        for function, arguments in calls:
            for argument, passed in arguments.items():
                numbers = list(_numbers(passed))
                if not numbers:
                    continue
                values.setdefault((function, argument), []).extend(numbers)
                # Of a list of arrays, as of the weights of layers, each has to be degenerate.
                marks_of_all = [_degenerate(argument, number) for number in numbers]
                found.setdefault((function, argument), []).append(frozenset.intersection(*marks_of_all))
        for key, marks in found.items():
            everywhere = frozenset.intersection(*marks)
            reasons.setdefault(key, {}).update(dict.fromkeys(sorted(everywhere)))
    return tuple(
        PointLine(
            function,
            argument,
            _seen(seen),
            "; ".join(reasons[function, argument]),
            (meant or {}).get(argument, "") if reasons[function, argument] else "",
        )
        for (function, argument), seen in values.items()
    )


def problems(lines: Sequence[PointLine], check: Check, where: str) -> list[str]:
    """A sentence for each degenerate argument without a reason, and for each reason without one.

    Args:
        lines: what the check's calls were made with.
        check: the check.
        where: the file that chooses the points.
    """
    found = [
        AuthoringError(
            f"check {check.name!r}: a test point is not degenerate",
            where=where,
            received=f"{line.function}({line.argument}) {line.degenerate}",
            fix="choose another point, call the function at a second one,"
            f" or say why: meant={{{line.argument!r}: ...}}",
        )
        for line in lines
        if line.degenerate and not line.meant
    ]
    found += [
        AuthoringError(
            f"check {check.name!r}: what is said to be meant is degenerate",
            where=where,
            received=repr(argument),
            fix="drop it from meant",
        )
        for argument in check.meant
        if not any(line.argument == argument and line.degenerate for line in lines)
    ]
    return [str(error) for error in found]


def _numbers(passed: Any) -> Iterator[np.ndarray]:
    if isinstance(passed, Expected):
        passed = passed.value
    if isinstance(passed, dict):
        passed = list(passed.values())
    if isinstance(passed, (list, tuple)) and not all(isinstance(item, (int, float)) for item in passed):
        for item in passed:
            yield from _numbers(item)
        return
    # The student's own results are no choice of the author's.
    if isinstance(passed, (Answer, bool, str)) or callable(passed) or passed is None:
        return
    array = np.asarray(passed)
    if array.dtype.kind in "iuf" and array.size:
        yield array


def _degenerate(argument: str, number: np.ndarray) -> frozenset[str]:
    found = set()
    if number.dtype.kind == "f":
        words = argument.lower()
        for names, value in _MARKS:
            if words in names and np.all(np.abs(number - value) <= NEAR):
                found.add(_REASONS[value])
        if number.ndim >= 2 and number.shape[-1] == number.shape[-2] > 1:
            found.add(SQUARE)
        if number.ndim >= 2 and number.shape[0] == 1:
            found.add(SINGLE)
    return frozenset(found)


def _seen(values: Sequence[np.ndarray]) -> str:
    shapes = sorted({value.shape for value in values})
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    span = f"{low:.4g}" if low == high else f"{low:.3g} to {high:.3g}"
    if shapes == [()]:
        return span
    shown = ", ".join(str(shape) for shape in shapes[:4]) + (", …" if len(shapes) > 4 else "")
    return f"{span}; shape {shown}"
