"""Σ|terms| of a NumPy reference, derived from its code instead of written beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numpy as np

import autograder.checks.running_rules  # noqa: F401  (fills in the rules)
from autograder.checks.running_error import Running, unsupported
from autograder.errors import AuthoringError


def terms_of(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The amount that 16·u is multiplied with, for every entry of ``function(*args, **kwargs)``.

    The function is run once on numbers that carry their rounding (:mod:`autograder.checks.running_error`).
    Floating-point arguments are taken to be rounded to the working type; integers, booleans, text and
    functions are taken as they are.

    Args:
        function: a reference that computes with NumPy (and SciPy's elementwise functions), its helpers in the
            same module included.
        *args: its arguments.
        **kwargs: its keyword arguments.

    Returns:
        In the structure of the function's result, arrays >= |result|.

    Raises:
        AuthoringError: the function does something whose rounding is not followed: TensorFlow, ``float()``, a
            linear solver, a conversion to integers. It says what, and asks for ``<function>_terms``.

    Example:
        >>> terms_of(lambda x: x[0] - x[1], np.array([3.0, 1.0]))
        array(2.)
    """
    traced = _rebind(function)
    try:
        with np.errstate(all="ignore"):
            result = traced(*map(_wrap, args), **{key: _wrap(arg) for key, arg in kwargs.items()})
        return _amounts(result)
    except AuthoringError as error:
        raise _named(function, error) from None
    except Exception as error:
        # TensorFlow and SciPy turn our refusal into errors of their own.
        raise _named(function, unsupported(f"{type(error).__name__}: {str(error)[:120]}")) from error


def _named(function: Callable[..., Any], error: AuthoringError) -> AuthoringError:
    name = getattr(function, "__name__", "function")
    return AuthoringError(
        f"{name}: {error.rule}", fix=f"define {name}_terms in reference.py, or pass terms= to close()"
    )


def _wrap(argument: Any) -> Any:
    if isinstance(argument, (float, np.floating)) or (
        isinstance(argument, np.ndarray) and argument.dtype.kind == "f"
    ):
        return Running(argument)
    if isinstance(argument, (list, tuple)):
        return type(argument)(map(_wrap, argument))
    if isinstance(argument, dict):
        return {key: _wrap(item) for key, item in argument.items()}
    return argument


def _amounts(result: Any) -> Any:
    if isinstance(result, Running):
        return np.asarray(np.maximum(result.error, np.abs(result.value)))
    if isinstance(result, (list, tuple)):
        return [_amounts(item) for item in result]
    if isinstance(result, Mapping):
        return {key: _amounts(item) for key, item in result.items()}
    plain = np.asarray(result)
    if plain.dtype.kind not in "biuf":
        raise unsupported(f"a result of type {type(result).__name__}")
    return np.abs(plain.astype(np.float64))


def _rebind(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function and its module's helpers, with a NumPy that keeps what ``np.asarray`` would drop."""
    if not isinstance(function, FunctionType):
        return function
    names: dict[str, Any] = dict(function.__globals__)
    for name, item in function.__globals__.items():
        if item is np:
            names[name] = _Numpy()
        elif isinstance(item, FunctionType) and item.__globals__ is function.__globals__:
            names[name] = _copy(item, names)
    return _copy(function, names)


def _copy(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    copy = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


class _Numpy:
    """NumPy, except for the functions that make arrays: they do not ask ``__array_function__``."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def asarray(self, item: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if isinstance(item, Running):
            return item if dtype is None else item.astype(dtype)
        if isinstance(item, (list, tuple)) and _holds_running(item):
            return np.stack([self.asarray(part) for part in item])
        return np.asarray(item, dtype)

    def array(self, item: Any, dtype: Any = None, **kwargs: Any) -> Any:
        made = self.asarray(item, dtype)
        return made.copy()

    asanyarray = ascontiguousarray = asarray

    def zeros(self, shape: Any, dtype: Any = float, **kwargs: Any) -> Any:
        return self._filled(np.zeros(shape, dtype))

    def ones(self, shape: Any, dtype: Any = float, **kwargs: Any) -> Any:
        return self._filled(np.ones(shape, dtype))

    def full(self, shape: Any, fill: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if isinstance(fill, Running):
            return np.broadcast_to(fill, shape).copy()
        return self._filled(np.full(shape, fill, dtype))

    empty = zeros

    def zeros_like(self, item: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return self.zeros(np.shape(item), _dtype(item, dtype))

    def ones_like(self, item: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return self.ones(np.shape(item), _dtype(item, dtype))

    empty_like = zeros_like

    @staticmethod
    def _filled(array: np.ndarray) -> Any:
        # Floating-point arrays may be filled in place with numbers that carry their rounding.
        return Running(array) if array.dtype.kind == "f" else array


def _dtype(item: Any, dtype: Any) -> Any:
    return dtype or getattr(item, "dtype", float)


def _holds_running(item: Any) -> bool:
    return isinstance(item, Running) or (isinstance(item, (list, tuple)) and any(map(_holds_running, item)))
