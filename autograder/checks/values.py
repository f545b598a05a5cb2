"""What an answer has to be before it is judged: numbers, of a shape, finite."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.errors import StudentError
from autograder.wire import Handle


def numeric(value: Any, what: str = "the result") -> np.ndarray:
    """``value`` as a numeric array.

    Lists and tuples of equal-shaped arrays are stacked.

    Raises:
        StudentError: it is not made of numbers.
    """
    if isinstance(value, Handle):
        raise StudentError(f"{what} should be an array of numbers, not a {value.type_name}")
    if value is None:
        raise StudentError(f"{what} is None; is the `return` missing?")
    try:
        array = np.asarray(value)
    except ValueError:
        raise StudentError(f"{what} is a ragged list; return one array") from None
    if isinstance(value, (dict, str)):
        raise StudentError(f"{what} should be an array of numbers, not a {type(value).__name__}")
    if array.dtype.kind not in "biufc":
        raise StudentError(f"{what} should be made of numbers, not of {array.dtype.name}")
    return array


def real(value: Any, what: str = "the result") -> np.ndarray:
    """``value`` as a float64 array.

    Raises:
        StudentError: it is not made of real numbers.
    """
    array = numeric(value, what)
    if array.dtype.kind == "c":
        raise StudentError(f"{what} is complex, but a real one was asked for")
    return array.astype(np.float64)


LEADING_AXIS = "an extra leading axis of length 1 was dropped"


def without_leading_axis(value: Any, shape: tuple[Any, ...]) -> Any:
    """``value`` without an axis of length 1 that stands before the expected ones, as batched code returns it.

    It is unambiguous: the other axes keep their order and their lengths, and no entry moves.

    Args:
        value: an answer of any kind.
        shape: the expected shape; an ellipsis at its end stands for any further axes.
    """
    if not isinstance(value, (np.ndarray, list, tuple)):
        return value
    try:
        array = np.asarray(value)
    except ValueError:  # ragged; it is said elsewhere
        return value
    if shape[-1:] == (...,):
        wanted = shape[:-1]
        extra = array.shape[: 1 + len(wanted)] == (1, *wanted)
    else:
        extra = array.shape == (1, *shape)
    return array[0] if extra else value


def expect_shape(array: np.ndarray, shape: tuple[int, ...]) -> None:
    """Checks a shape.

    Raises:
        StudentError: it is another; says both, and when they differ only by a transposition.
    """
    if array.shape == shape:
        return
    hint = ""
    if array.ndim > 1 and array.shape == shape[::-1]:
        hint = "; the axes are swapped"
    elif array.size == int(np.prod(shape)) and array.ndim < len(shape):
        hint = "; an axis is missing"
    raise StudentError(f"the shape is {array.shape}, but {shape} was asked for{hint}")


def expect_finite(array: np.ndarray) -> None:
    """Checks that an array has no NaN and no infinity.

    Raises:
        StudentError: it has; says how many.
    """
    bad = int(np.size(array) - np.count_nonzero(np.isfinite(array)))
    if bad:
        raise StudentError(f"{bad} of {np.size(array)} numbers are NaN or infinite")
