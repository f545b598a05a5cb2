"""Constants that differ by student: the law of each, and the draw that belongs to a student for ever."""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn, Protocol

from autograder.errors import AuthoringError, ConfigurationError

Value = int | float | str
"""What a constant can be."""

NAME = re.compile(r"[A-Z][A-Z0-9_]*")
"""How a constant is spelt."""

_MOST_DIGITS = 12


class Law(Protocol):
    """Where a constant's values come from, all of them equally likely."""

    def draw(self, number: int) -> Value:
        """One value, from a natural number far larger than the count of values."""

    def admits(self, value: Any) -> bool:
        """Whether it is one of the values."""


@dataclass(frozen=True, init=False)
class Choice:
    """One of the given values.

    Args:
        *values: two or more numbers or texts, all different.

    Raises:
        AuthoringError: they are fewer, not different, or something else.

    Example:
        >>> Choice(0.05, 0.1, 0.2).draw(7)
        0.1
    """

    values: tuple[Value, ...]

    def __init__(self, *values: Value) -> None:
        for value in values:
            if not is_value(value):
                _refuse("Choice() has numbers and texts", received=repr(value))
        if len(set(values)) < max(2, len(values)):
            _refuse("Choice() has two or more values, all different", received=f"Choice{values!r}")
        object.__setattr__(self, "values", values)

    def draw(self, number: int) -> Value:
        """One of the values."""
        return self.values[number % len(self.values)]

    def admits(self, value: Any) -> bool:
        """Whether it is one of them."""
        return is_value(value) and value in self.values


@dataclass(frozen=True)
class Integers:
    """An integer, both ends included.

    Args:
        least: the smallest.
        most: the largest; > ``least``.

    Raises:
        AuthoringError: the ends are no integers, or in the wrong order.

    Example:
        >>> Integers(3, 8).draw(7)
        4
    """

    least: int
    most: int

    def __post_init__(self) -> None:
        """Looks at the ends."""
        if any(type(end) is not int for end in (self.least, self.most)) or not self.least < self.most:
            _refuse(
                "Integers(least, most) are integers with least < most",
                received=f"{self.least!r} and {self.most!r}",
            )

    def draw(self, number: int) -> int:
        """An integer between the ends."""
        return self.least + number % (self.most - self.least + 1)

    def admits(self, value: Any) -> bool:
        """Whether it is one."""
        return type(value) is int and self.least <= value <= self.most


@dataclass(frozen=True)
class Uniform:
    """A number of so many decimal digits, both ends included.

    Args:
        least: the smallest.
        most: the largest; > ``least``.
        digits: digits behind the point, 0 to 12; neither end has more. A number that a student reads has to
            be the number that is graded with, so that there is no default of all digits.

    Raises:
        AuthoringError: the ends are no such numbers, or in the wrong order.

    Example:
        >>> Uniform(0.5, 2.0, digits=2).draw(7)
        0.57
    """

    least: float
    most: float
    digits: int

    def __post_init__(self) -> None:
        """Looks at the ends."""
        if type(self.digits) is not int or not 0 <= self.digits <= _MOST_DIGITS:
            _refuse(f"Uniform() has 0 to {_MOST_DIGITS} digits", received=repr(self.digits))
        ends = self._steps(self.least), self._steps(self.most)
        if None in ends:
            _refuse(
                f"the ends of Uniform() are numbers of {self.digits} digits",
                received=f"{self.least!r} and {self.most!r}",
            )
        if not self.least < self.most:
            _refuse("Uniform(least, most) has least < most", received=f"{self.least!r} and {self.most!r}")

    def draw(self, number: int) -> float:
        """A number between the ends."""
        least, most = self._steps(self.least), self._steps(self.most)
        assert least is not None and most is not None
        # In decimals: 0.57 is the float nearest to 0.57, whatever 57 times 0.01 is in binary.
        return float(Decimal(least + number % (most - least + 1)).scaleb(-self.digits))

    def admits(self, value: Any) -> bool:
        """Whether it is one."""
        return self._steps(value) is not None and self.least <= value <= self.most

    def _steps(self, value: Any) -> int | None:
        """A number in units of its last digit; None when it has more digits, or is none."""
        if not is_value(value) or isinstance(value, str):
            return None
        steps = Decimal(repr(value)).scaleb(self.digits)
        return int(steps) if steps == steps.to_integral_value() else None


def is_value(value: Any) -> bool:
    """Whether something can be a constant: a finite number or a text."""
    if isinstance(value, float):
        return type(value) is float and math.isfinite(value)
    return type(value) in (int, str)


def require_laws(found: Any) -> dict[str, Law]:
    """The laws by name, as ``constants.py`` defines them.

    Raises:
        AuthoringError: it is no dictionary of laws, or a name is not spelt as a constant's.
    """
    if not isinstance(found, Mapping) or not found:
        _refuse(
            "constants.py defines CONSTANTS, the law of each constant by its name",
            expected='CONSTANTS = {"RATE": Choice(0.1, 0.2)}',
            received=repr(found)[:80],
        )
    for name, law in found.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            _refuse("a constant is spelt in capitals", expected="RATE", received=repr(name))
        if not isinstance(law, (Choice, Integers, Uniform)):
            _refuse(
                f"the law of {name} is a Choice, Integers or Uniform",
                received=repr(law)[:80],
            )
    return dict(found)


def require_agreement(defaults: Mapping[str, Value], laws: Mapping[str, Law], where: str) -> None:
    """Holds a notebook's constants cell against the laws.

    Args:
        defaults: the cell's values by name; empty without such a cell.
        laws: the laws by name; empty without ``constants.py``.
        where: ``constants.py`` as messages name it.

    Raises:
        AuthoringError: a name is on one side only, or a default is no value of its law.
    """
    if set(defaults) != set(laws):
        _refuse(
            "constants.py has the law of every constant in the notebook's constants cell, and no other",
            where=where,
            expected=", ".join(defaults) or "no such file: the notebook has no constants cell",
            received=", ".join(laws) or "no such file",
        )
    for name, value in defaults.items():
        if not laws[name].admits(value):
            _refuse(
                f"the notebook's own {name} is a value of its law",
                where=where,
                expected=laws[name],
                received=repr(value),
            )


def require_values(values: Mapping[str, Any], laws: Mapping[str, Law], where: str) -> None:
    """Refuses constants that no draw gives.

    Raises:
        ConfigurationError: one is missing or unknown, or has a value that is not of its law.
    """
    wrong = [n for n in {**laws, **values} if n not in laws or not laws[n].admits(values.get(n))]
    if wrong:
        raise ConfigurationError(
            "a student's constants are values of the problem set's laws",
            where=where,
            expected=", ".join(f"{n} of {laws[n]}" if n in laws else f"no {n}" for n in wrong),
            received=", ".join(f"{n} = {values[n]!r}" if n in values else f"no {n}" for n in wrong),
        )


def drawn(laws: Mapping[str, Law], secret: bytes, problem_set: str, student: str) -> dict[str, Value]:
    """A student's own constants: each from HMAC-SHA256(secret, problem set, student, name).

    The same student always gets the same, whoever else is in the class, and without the secret nobody can
    tell another's. A constant that is added to a set leaves the others as they were.

    Args:
        laws: the law of each, by name.
        secret: the classroom's.
        problem_set: its name.
        student: nbgrader's id.

    Returns:
        The values by name, in the order of the laws.
    """

    def number(name: str) -> int:
        message = "\0".join(("constants", problem_set, student, name))
        # 256 bits: the remainder by a count of values is even to 2**-200 or so.
        return int.from_bytes(hmac.digest(secret, message.encode("utf-8", "surrogatepass"), "sha256"), "big")

    return {name: law.draw(number(name)) for name, law in laws.items()}


def in_words(constants: Mapping[str, Value]) -> str:
    """Constants as a sentence names them.

    Example:
        >>> in_words({"RATE": 0.1, "SIZE": 4})
        'RATE = 0.1, SIZE = 4'
    """
    return ", ".join(f"{name} = {value!r}" for name, value in constants.items())


class Named(dict[str, Value]):
    """Constants by name, for a check; one that there is not is its author's mistake."""

    def __missing__(self, name: str) -> NoReturn:
        _refuse("a check names constants of its problem set", expected=" or ".join(self), received=repr(name))


def _refuse(rule: str, **details: Any) -> NoReturn:
    raise AuthoringError(rule, **details)
