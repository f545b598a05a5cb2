"""NumPy's functions on numbers that carry their rounding, by the recursion of ``running_error``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.checks.running_error import LIBRARY, RULES, Running, growth, multilinear, parts, unsupported

Array = np.ndarray

_DERIVATIVES: Mapping[np.ufunc, Callable[[Array, Array], Any]] = {
    np.exp: lambda x, z: z,
    np.expm1: lambda x, z: z + 1,
    np.exp2: lambda x, z: z * np.log(2),
    np.log: lambda x, z: 1 / x,
    np.log1p: lambda x, z: 1 / (1 + x),
    np.log2: lambda x, z: 1 / (x * np.log(2)),
    np.log10: lambda x, z: 1 / (x * np.log(10)),
    np.sqrt: lambda x, z: 0.5 / z,
    np.square: lambda x, z: 2 * x,
    np.reciprocal: lambda x, z: z * z,
    np.tanh: lambda x, z: 1 - z * z,
    np.sinh: lambda x, z: np.cosh(x),
    np.cosh: lambda x, z: np.sinh(x),
    np.sin: lambda x, z: np.cos(x),
    np.cos: lambda x, z: np.sin(x),
    np.tan: lambda x, z: 1 + z * z,
    np.arctan: lambda x, z: 1 / (1 + x * x),
}

_EXACT = (np.negative, np.positive, np.absolute, np.fabs, np.conjugate)

_PLAIN = (
    *(np.sign, np.floor, np.ceil, np.rint, np.trunc, np.heaviside, np.signbit),
    *(np.isfinite, np.isnan, np.isinf, np.equal, np.not_equal, np.less, np.less_equal, np.greater),
    *(np.greater_equal, np.logical_and, np.logical_or, np.logical_not, np.logical_xor),
)
"""Results that are exact, or decisions: ordinary arrays."""


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``Running.__array_ufunc__`` does."""
    out = kwargs.pop("out", None)
    kwargs.pop("dtype", None)
    if kwargs.pop("where", True) is not True:
        raise unsupported(f"the where= argument of {ufunc.__name__}")
    if method == "reduce":
        result = _reduce(ufunc, inputs[0], **kwargs)
    elif method == "accumulate" and ufunc is np.add:
        result = _cumulative(inputs[0], kwargs.get("axis", 0))
    elif method == "outer" and ufunc is np.multiply:
        result = multilinear(np.multiply.outer, inputs)
    elif method == "__call__":
        with np.errstate(all="ignore"):
            result = _call(ufunc, inputs, kwargs)
    else:
        raise unsupported(f"{ufunc.__name__}.{method}")
    if out is None:
        return result
    if not isinstance(out[0], Running):
        raise unsupported(f"the out= argument of {ufunc.__name__}")
    out[0][...] = result
    return out[0]


def _call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if ufunc in _PLAIN:
        return ufunc(*(parts(item)[0] if isinstance(item, Running) else item for item in inputs), **kwargs)
    if ufunc is np.matmul:
        return multilinear(np.matmul, inputs)
    pairs = [parts(item) for item in inputs]
    values, errors = [p[0] for p in pairs], [p[1] for p in pairs]
    z = ufunc(*values, **kwargs)
    size = np.abs(z)
    if ufunc in _EXACT:
        return Running(z, errors[0])
    if len(inputs) == 1 and ufunc.nout == 1:
        slope = _slope(ufunc, values[0], z)
        return Running(z, _finite_product(np.abs(slope), errors[0]) + LIBRARY * size)
    if len(inputs) != 2 or ufunc not in _BINARY:
        raise unsupported(ufunc.__name__)
    return Running(z, _BINARY[ufunc](*values, *errors, z))


def _slope(ufunc: np.ufunc, x: Array, z: Array) -> Array:
    if ufunc in _DERIVATIVES:
        return np.asarray(_DERIVATIVES[ufunc](x, z))
    # Functions of scipy.special: central differences are good to ten digits, and an amount needs one.
    step = 1e-5 * np.maximum(1.0, np.abs(x))
    return np.asarray((ufunc(x + step) - ufunc(x - step)) / (2 * step))


def _finite_product(slope: Array, error: Array) -> Array:
    # An infinite slope does no harm to an exact input: sqrt(0) is exact.
    return np.where(error == 0, 0.0, slope * error)


def _power(x: Array, y: Array, ex: Array, ey: Array, z: Array) -> Array:
    size = np.abs(z)
    slope = np.where(y == 0, 0.0, np.abs(y) * np.abs(x) ** (y - 1))
    logarithm = np.where(x == 0, 0.0, np.abs(np.log(np.abs(x))))
    # By repeated products |y| roundings, by exp(y·log x) as many as y·log x is large.
    own = np.maximum(LIBRARY, np.maximum(np.abs(y), np.abs(y) * logarithm)) * size
    return _finite_product(slope, ex) + _finite_product(size * logarithm, ey) + own


def _logaddexp(x: Array, y: Array, ex: Array, ey: Array, z: Array) -> Array:
    left, right = np.exp(x - z), np.exp(y - z)
    return (
        left * ex + right * ey + np.maximum(left * np.abs(x), right * np.abs(y)) + LIBRARY * (1 + np.abs(z))
    )


_BINARY: Mapping[np.ufunc, Callable[..., Array]] = {
    np.add: lambda x, y, ex, ey, z: ex + ey + np.abs(z),
    np.subtract: lambda x, y, ex, ey, z: ex + ey + np.abs(z),
    np.multiply: lambda x, y, ex, ey, z: np.abs(x) * ey + np.abs(y) * ex + np.abs(z),
    np.divide: lambda x, y, ex, ey, z: (ex + np.abs(z) * ey) / np.abs(y) + np.abs(z),
    np.maximum: lambda x, y, ex, ey, z: np.maximum(ex, ey),
    np.minimum: lambda x, y, ex, ey, z: np.maximum(ex, ey),
    np.hypot: lambda x, y, ex, ey, z: ex + ey + LIBRARY * z,
    np.logaddexp: _logaddexp,
    np.power: _power,
    np.float_power: _power,
}


def _reduce(ufunc: np.ufunc, item: Any, axis: Any = 0, keepdims: bool = False, **kwargs: Any) -> Any:
    value, error = parts(item)
    initial = kwargs.pop("initial", None)
    if kwargs or initial not in (None, np._NoValue):
        raise unsupported(f"the {', '.join(kwargs) or 'initial'} argument of a reduction")
    if ufunc in (np.logical_and, np.logical_or):
        return np.any(value != 0, axis) if ufunc is np.logical_or else np.all(value != 0, axis)
    reduce: Any = ufunc.reduce
    z = reduce(value, axis=axis, keepdims=keepdims)
    if ufunc is np.add:
        terms = value.size / max(1, np.size(z))
        amount = np.sum(error, axis=axis, keepdims=keepdims)
        return Running(z, amount + growth(terms) * np.sum(np.abs(value), axis=axis, keepdims=keepdims))
    if ufunc in (np.maximum, np.minimum):
        return Running(z, np.max(error, axis=axis, keepdims=keepdims))
    if ufunc is np.logaddexp:
        with np.errstate(over="ignore"):
            share = np.exp(value - ufunc.reduce(value, axis=axis, keepdims=True))
        amount = np.sum(share * (error + np.abs(value)), axis=axis, keepdims=keepdims)
        terms = value.size / max(1, np.size(z))
        return Running(z, amount + LIBRARY * (growth(terms) + np.abs(z)))
    if ufunc is np.multiply and np.all(value != 0):
        relative = np.sum(1 + error / np.abs(value), axis=axis, keepdims=keepdims)
        return Running(z, np.abs(z) * relative)
    raise unsupported(f"{ufunc.__name__}.reduce")


def _cumulative(item: Any, axis: int | None) -> Running:
    value, error = parts(item)
    if axis is None:
        value, error, axis = value.ravel(), error.ravel(), 0
    amount = np.cumsum(error, axis=axis) + growth(value.shape[axis]) * np.cumsum(np.abs(value), axis=axis)
    return Running(np.cumsum(value, axis=axis), amount)


def apply_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``Running.__array_function__`` does."""
    name = function.__name__
    if function in _COMPOSED:
        return _COMPOSED[function](*args, **kwargs)
    if function in _MOVING:
        value = function(*_each(args, 0), **_each_of(kwargs, 0))
        error = function(*_each(args, 1), **_each_of(kwargs, 1))
        if isinstance(value, (list, tuple)):
            return [Running(v, e) for v, e in zip(value, error, strict=True)]
        return Running(value, error)
    if function in _JOINING:
        pairs = [parts(item) for item in args[0]]
        joined = [function([pair[side] for pair in pairs], *args[1:], **kwargs) for side in (0, 1)]
        return Running(*joined)
    if function in _DECIDING:
        return function(*_each(args, 0), **_each_of(kwargs, 0))
    raise unsupported(f"numpy.{name}")


def _each(items: tuple[Any, ...], side: int) -> tuple[Any, ...]:
    return tuple(parts(item)[side] if isinstance(item, Running) else item for item in items)


def _each_of(items: dict[str, Any], side: int) -> dict[str, Any]:
    return {key: parts(item)[side] if isinstance(item, Running) else item for key, item in items.items()}


_MOVING = {
    *(np.reshape, np.transpose, np.squeeze, np.expand_dims, np.broadcast_to, np.moveaxis, np.swapaxes),
    *(np.ravel, np.repeat, np.tile, np.flip, np.roll, np.diagonal, np.diag, np.triu, np.tril, np.take),
    *(np.take_along_axis, np.split, np.array_split, np.copy, np.delete, np.rot90, np.atleast_1d),
    np.atleast_2d,
}
_JOINING = {np.concatenate, np.stack, np.vstack, np.hstack, np.column_stack}
_DECIDING = {
    *(np.argmax, np.argmin, np.argsort, np.any, np.all, np.shape, np.ndim, np.size, np.isclose),
    *(np.allclose, np.array_equal, np.count_nonzero, np.nonzero, np.searchsorted, np.eye, np.iscomplexobj),
    *(np.zeros_like, np.ones_like),
}


def _sum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **kwargs: Any
) -> Any:
    return _reduce(np.add, a, axis=axis, keepdims=keepdims is True, **kwargs)


def _mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **kwargs: Any
) -> Any:
    total = _sum(a, axis, None, None, keepdims, **kwargs)
    return total / (np.size(parts(a)[0]) / total.size)


def _var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    **kwargs: Any,
) -> Any:
    squares = _sum((a - _mean(a, axis, keepdims=True)) ** 2, axis, None, None, keepdims, **kwargs)
    return squares / (np.size(parts(a)[0]) / squares.size - ddof)


def _extreme(ufunc: np.ufunc) -> Callable[..., Any]:
    def extreme(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **kwargs: Any) -> Any:
        return _reduce(ufunc, a, axis=axis, keepdims=keepdims is True, **kwargs)

    return extreme


def _where(condition: Any, *choices: Any) -> Any:
    decided = parts(condition)[0] != 0 if isinstance(condition, Running) else condition
    if not choices:
        return np.where(decided)
    (x, ex), (y, ey) = map(parts, choices)
    return Running(np.where(decided, x, y), np.where(decided, ex, ey))


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **kwargs: Any) -> Any:
    a_min, a_max = kwargs.get("min", a_min), kwargs.get("max", a_max)
    if a_min is not None:
        a = np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord not in (None, 2) or (ord == 2 and axis is None and x.ndim > 1):
        raise unsupported(f"numpy.linalg.norm with ord={ord}")
    return np.sqrt(_sum(x * x, axis, keepdims=keepdims))


def _einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Running:
    return multilinear(lambda *arrays: np.einsum(subscripts, *arrays), operands)


def _sort(a: Any, axis: int = -1, **kwargs: Any) -> Any:
    return np.take_along_axis(a, np.argsort(a.value, axis=axis), axis)


_COMPOSED: Mapping[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.mean: _mean,
    np.var: _var,
    np.std: lambda *args, **kwargs: np.sqrt(_var(*args, **kwargs)),
    np.max: _extreme(np.maximum),
    np.min: _extreme(np.minimum),
    np.amax: _extreme(np.maximum),
    np.amin: _extreme(np.minimum),
    np.prod: lambda a, axis=None, dtype=None, out=None, keepdims=False, **kw: _reduce(
        np.multiply, a, axis=axis, keepdims=keepdims is True, **kw
    ),
    np.cumsum: lambda a, axis=None, dtype=None, out=None: _cumulative(a, axis),
    np.where: _where,
    np.clip: _clip,
    np.dot: lambda a, b, out=None: multilinear(np.dot, (a, b)),
    np.inner: lambda a, b: multilinear(np.inner, (a, b)),
    np.outer: lambda a, b, out=None: multilinear(np.outer, (a, b)),
    np.tensordot: lambda a, b, axes=2: multilinear(lambda x, y: np.tensordot(x, y, axes), (a, b)),
    np.einsum: _einsum,
    np.trace: lambda a, **kw: multilinear(lambda x: np.trace(x, **kw), (a,)),
    np.linalg.norm: _norm,
    np.sort: _sort,
    np.full_like: lambda a, fill, **kw: np.full(np.shape(a), fill, **kw),
}

RULES.update(ufunc=apply_ufunc, function=apply_function)
