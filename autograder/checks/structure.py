"""Is a wrong array the right one times a constant, or plus a constant, and which constant is it?

Asked before any registered mistake: a forgotten mean over N shows as the factor N whoever made it, and the
factor says more than "wrong". Constants are named from the sizes that a check declares; a check with a second
set of sizes tells N from d.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

_RATIOS_TO_TRUST = 3
"""Entries with different expected values that must share a constant before one without a name is believed.
With fewer, any wrong answer would have one."""


def relation(got: np.ndarray, expected: np.ndarray, tolerance: np.ndarray, sizes: Mapping[str, float]) -> str:
    """The sentence that relates a wrong array to the right one by a sign, a factor or an offset.

    Args:
        got: what was returned, float64, finite.
        expected: what was asked for, float64, same shape.
        tolerance: rounding allowed in each entry, > 0.
        sizes: the check's sizes by name, as ``{"N": 37}``; each at least 2.

    Returns:
        A sentence without its full stop; empty when there is no such relation.

    Example:
        >>> relation(np.array([3.0, -6.0]), np.array([1.0, -2.0]), np.full(2, 1e-12), {"N": 3})
        'every number is N = 3 times too large'
    """
    got, expected, tolerance = got.ravel(), expected.ravel(), tolerance.ravel()
    if not got.size:
        return ""
    subject = "every number" if got.size > 1 else "the result"
    if not got.any():
        return f"{subject} is zero"
    return _factor(got, expected, tolerance, sizes, subject) or _offset(
        got, expected, tolerance, sizes, subject
    )


def _factor(
    got: np.ndarray, expected: np.ndarray, tolerance: np.ndarray, sizes: Mapping[str, float], subject: str
) -> str:
    # The ratio is taken where rounding blurs it least.
    sharp = int(np.argmax(np.abs(expected) / tolerance))
    if abs(expected[sharp]) <= tolerance[sharp]:
        return ""
    with np.errstate(over="ignore", invalid="ignore"):
        factor = float(got[sharp] / expected[sharp])
        blur = float(tolerance[sharp] * (1 + abs(factor)) / abs(expected[sharp]))
        allowed = tolerance * (1 + abs(factor)) + blur * np.abs(expected)
        if not np.all(np.abs(got - factor * expected) <= allowed) or factor == 0 or not math.isfinite(factor):
            return ""
    size = abs(factor)
    sign = "has the wrong sign" if factor < 0 else ""
    if abs(size - 1) <= blur:
        return f"{subject} {sign}" if sign else ""
    name = ""
    if abs(size - 2) <= 2 * blur and 2 not in sizes.values():
        name = "is twice what it should be"
    elif abs(size - 0.5) <= blur and 2 not in sizes.values():
        name = "is half of what it should be"
    else:
        for text, value in _factors(sizes):
            if abs(size - value) <= 2 * blur:
                name = f"is {text} times too large"
            elif abs(1 / size - value) <= 2 * blur * value / size:
                name = f"is {text} times too small"
            if name:
                break
    if not name:
        if _distinct(expected, tolerance) < _RATIOS_TO_TRUST:
            return f"{subject} {sign}" if sign and got.size > 1 and _distinct(expected, tolerance) > 1 else ""
        return f"{subject} is {factor:.4g} times what it should be"
    return f"{subject} {sign} and {name}" if sign else f"{subject} {name}"


def _factors(sizes: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name, n in sizes.items():
        yield f"{name} = {n:g}", n
    for name, n in sizes.items():
        yield f"{name}/({name} − 1) = {n / (n - 1):.4g}", n / (n - 1)
        yield f"{name}² = {n * n:g}", n * n
        yield f"{name}/2 = {n / 2:g}", n / 2
        yield f"2·{name} = {2 * n:g}", 2 * n
        yield f"√{name} = {math.sqrt(n):.4g}", math.sqrt(n)
    names = list(sizes.items())
    for i, (a, m) in enumerate(names):
        for b, n in names[i + 1 :]:
            yield f"{a}·{b} = {m * n:g}", m * n
            yield f"{a}/{b} = {m / n:.4g}", m / n
            yield f"{b}/{a} = {n / m:.4g}", n / m


def _offset(
    got: np.ndarray, expected: np.ndarray, tolerance: np.ndarray, sizes: Mapping[str, float], subject: str
) -> str:
    with np.errstate(over="ignore", invalid="ignore"):
        gaps = got - expected
        sharp = int(np.argmin(tolerance))
        offset = float(gaps[sharp])
        # Adding a constant rounds too: a large one blurs a small entry.
        allowed = 2 * (tolerance + tolerance[sharp]) + 4 * np.finfo(float).eps * abs(offset)
        if not np.all(np.abs(gaps - offset) <= allowed):
            return ""
    much = "large" if offset > 0 else "small"
    for text, value in _offsets(sizes):
        if abs(abs(offset) - value) <= float(allowed.max()):
            return f"{subject} is too {much} by {text}"
    if _distinct(expected, tolerance) < _RATIOS_TO_TRUST:
        return ""
    return f"{subject} is too {much} by {abs(offset):.4g}"


def _offsets(sizes: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    yield from (("1", 1.0), ("1/2", 0.5), ("2", 2.0))
    half_log_two_pi = 0.5 * math.log(2 * math.pi)
    yield f"½·log 2π = {half_log_two_pi:.4g}", half_log_two_pi
    for name, n in sizes.items():
        yield f"{name} = {n:g}", n
        yield f"{name}/2 = {n / 2:g}", n / 2
        yield f"log {name} = {math.log(n):.4g}", math.log(n)
        yield f"1/{name} = {1 / n:.4g}", 1 / n
        yield f"{name}/2·log 2π = {n * half_log_two_pi:.4g}", n * half_log_two_pi


def _distinct(expected: np.ndarray, tolerance: np.ndarray) -> int:
    ordered = np.argsort(expected)
    steps = np.diff(expected[ordered]) > tolerance[ordered][1:] + tolerance[ordered][:-1]
    return 1 + int(np.count_nonzero(steps))
