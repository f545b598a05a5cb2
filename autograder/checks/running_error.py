"""Numbers that carry the size of their own rounding: a NumPy duck array for running-error analysis.

Each value x̂ comes with an amount e such that |x̂ − x| ≤ e·u to first order, u being the unit roundoff of
whatever type the work is done in (Wilkinson; Higham 2002, §3.3). The recursion, z being the result::

    input or constant        e = |z|, or 0 where float32 holds it exactly
    z = x ± y                e = e_x + e_y + |z|
    z = x·y                  e = |x|·e_y + |y|·e_x + |z|
    z = x / y                e = (e_x + |z|·e_y) / |y| + |z|
    z = f(x)                 e = |f′(x)|·e_x + 2|z|       (library functions are good to an ulp)
    z = Σ x_i                e = Σ e_i + g(n)·Σ|x_i|,                  g(n) = max(1, √n/2)
    z = Σ x_i·y_i            e = Σ(|x_i|·e_i^y + |y_i|·e_i^x) + (1 + g(n))·Σ|x_i·y_i|
    max, min, where, index   e of what was chosen

g(n) is between pairwise summation, log₂ n, and the worst case of any order, n − 1: rounding errors of a long
sum mostly cancel (Higham & Mary 2019, λ√n·u), and the factor 16 of ``close`` on top of √n/2 was enough even
for a float32 running sum of 1e5 equal terms, whose errors do not cancel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.errors import AuthoringError

LIBRARY = 2.0
"""Rounding of one library function (exp, log, tanh, ...), in units of its result."""

RULES: dict[str, Callable[..., Any]] = {}
"""NumPy's two protocols, ``ufunc`` and ``function``, filled in by :mod:`autograder.checks.running_rules`: the
rules need the numbers, and the numbers the rules."""


def unsupported(what: str) -> AuthoringError:
    """The error for an operation whose rounding is not followed."""
    return AuthoringError(
        f"the sum of absolute terms cannot be derived through {what}",
        fix="define <function>_terms in reference.py, or pass terms= to close()",
    )


def growth(count: float) -> float:
    """g(n): how much rounding a sum of n terms commits, in units of u·Σ|terms|."""
    return max(1.0, 0.5 * math.sqrt(count))


class Running(np.lib.mixins.NDArrayOperatorsMixin):
    """Values with their rounding, in arithmetic like a float64 array.

    Args:
        value: float64 array.
        error: same shape, >= 0, in units of u; by default what storing the value costs.
    """

    __slots__ = ("error", "value")

    def __init__(self, value: Any, error: np.ndarray | None = None) -> None:
        self.value = np.array(value, dtype=np.float64)
        self.error = storage(self.value) if error is None else np.array(error, dtype=np.float64)
        if self.error.shape != self.value.shape:
            self.error = np.broadcast_to(self.error, self.value.shape).copy()

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    T = property(lambda self: Running(self.value.T, self.error.T))

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Running:
        return Running(self.value[key], self.error[key])

    def __setitem__(self, key: Any, item: Any) -> None:
        value, error = parts(item)
        self.value[key], self.error[key] = value, error

    def __bool__(self) -> bool:
        return bool(self.value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise unsupported("a conversion to a plain array (as TensorFlow's functions do)")

    def __float__(self) -> float:
        raise unsupported("float(), or a function of the math module")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return RULES["ufunc"](ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return RULES["function"](function, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        # x.sum(axis=0) is np.sum(x, axis=0), for every method that NumPy has as a function too.
        if name.startswith("_") or name not in _METHODS:
            raise AttributeError(name)
        function = getattr(np, name)
        return lambda *args, **kwargs: function(self, *args, **kwargs)

    def reshape(self, *shape: Any, **kwargs: Any) -> Running:
        """As ``numpy.ndarray.reshape``."""
        return Running(self.value.reshape(*shape, **kwargs), self.error.reshape(*shape, **kwargs))

    def transpose(self, *axes: Any) -> Running:
        """As ``numpy.ndarray.transpose``."""
        return Running(self.value.transpose(*axes), self.error.transpose(*axes))

    def flatten(self) -> Running:
        """As ``numpy.ndarray.flatten``."""
        return self.reshape(-1)

    def copy(self) -> Running:
        """As ``numpy.ndarray.copy``."""
        return Running(self.value, self.error)

    def item(self) -> Running:
        """The one value, still with its rounding."""
        return self.reshape(())

    def astype(self, dtype: Any, **kwargs: Any) -> Running:
        """A copy; only floating-point types keep what is counted here."""
        if np.dtype(dtype).kind != "f":
            raise unsupported(f"astype({np.dtype(dtype)})")
        return self.copy()


_METHODS = {
    *("sum", "mean", "prod", "max", "min", "var", "std", "cumsum", "dot", "clip", "squeeze", "ravel"),
    *("swapaxes", "repeat", "take", "diagonal", "trace", "argmax", "argmin", "argsort", "any", "all"),
}


def storage(value: np.ndarray) -> np.ndarray:
    """What storing values in the working type costs, in units of u: nothing where float32 is exact."""
    with np.errstate(over="ignore"):
        exact = value.astype(np.float32).astype(np.float64) == value
    return np.where(exact, 0.0, np.abs(value))


def parts(item: Any) -> tuple[np.ndarray, np.ndarray]:
    """Value and error of anything that can stand beside a ``Running`` in arithmetic."""
    if isinstance(item, Running):
        return item.value, item.error
    value = np.asarray(item)
    if value.dtype.kind not in "biuf":
        raise unsupported(f"values of type {value.dtype}")
    value = value.astype(np.float64)
    return value, storage(value)


def multilinear(function: Callable[..., Any], operands: Sequence[Any]) -> Running:
    """A sum of products, one factor from each operand: matmul, dot, einsum, tensordot, outer.

    Args:
        function: the operation on plain arrays.
        operands: its operands.
    """
    pairs = [parts(operand) for operand in operands]
    sizes = [np.abs(value) for value, _ in pairs]
    # On ones, the operation counts its own terms.
    terms = float(np.max(function(*(np.ones_like(size) for size in sizes)), initial=1.0))
    products = function(*sizes)
    error = (len(pairs) - 1 + growth(terms)) * products
    for i, (_, inherited) in enumerate(pairs):
        error = error + function(*sizes[:i], inherited, *sizes[i + 1 :])
    return Running(function(*(value for value, _ in pairs)), error)
