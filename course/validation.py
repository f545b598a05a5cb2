"""Checks of constructor arguments, shared by layers and distributions."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable

from course.errors import ArgumentError


def positive_int(value: object, name: str) -> int:
    """The value as an int.

    Args:
        value: anything.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: the value is not an integer ≥ 1.

    Example:
        >>> positive_int(3, "units")
        3
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ArgumentError(
            f"`{name}` is a positive integer", expected=f"{name} ≥ 1", received=f"{name}={value!r}"
        )
    return int(value)


def finite_float(value: object, name: str) -> float:
    """The value as a finite float.

    Args:
        value: anything.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: the value is not a finite real number.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise ArgumentError(
            f"`{name}` is a finite number", expected=f"a finite {name}", received=f"{name}={value!r}"
        )
    return float(value)


def positive_float(value: object, name: str) -> float:
    """The value as a float above zero.

    Args:
        value: anything.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: the value is not a finite number > 0.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 < float(value) < math.inf:
        raise ArgumentError(f"`{name}` is positive", expected=f"{name} > 0", received=f"{name}={value!r}")
    return float(value)


def probability(value: object, name: str) -> float:
    """The value as a float in the open interval (0, 1).

    Args:
        value: anything.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: the value is not inside (0, 1).
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 < float(value) < 1:
        raise ArgumentError(
            f"`{name}` is a probability strictly between 0 and 1",
            expected=f"0 < {name} < 1",
            received=f"{name}={value!r}",
        )
    return float(value)


def one_of(value: object, choices: Iterable[str], name: str) -> str:
    """The value, if it is one of the choices.

    Args:
        value: anything.
        choices: the allowed words.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: the value is none of them.
    """
    allowed = tuple(choices)
    if value not in allowed:
        raise ArgumentError(
            f"unknown `{name}`",
            expected=f"one of {', '.join(map(repr, allowed))}",
            received=f"{name}={value!r}",
        )
    return str(value)


def int_tuple(value: object, length: int, name: str) -> tuple[int, ...]:
    """The value as a tuple of positive integers, one a spatial dimension.

    Args:
        value: a positive integer, or a sequence of ``length`` of them.
        length: number of spatial dimensions.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: the length or an entry is wrong.

    Example:
        >>> int_tuple(3, 2, "kernel_size")
        (3, 3)
    """
    if isinstance(value, numbers.Integral):
        return (positive_int(value, name),) * length
    if not isinstance(value, list | tuple) or len(value) != length:
        raise ArgumentError(
            f"`{name}` is one positive integer or {length} of them",
            expected=f"an integer or {length} integers",
            received=f"{name}={value!r}",
        )
    return tuple(positive_int(entry, name) for entry in value)
