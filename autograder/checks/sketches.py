"""What a picture of a failed outcome is drawn from: plain numbers, few of them, whatever the answer's size.

Each function returns a mapping with a ``kind`` and lists, to be kept in an outcome's evidence under
``picture`` and drawn by :mod:`autograder.reports.pictures`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

MAX_ROWS, MAX_COLUMNS = 32, 48
"""Cells of an error map; larger arrays keep the worst entry of each cell."""

MAX_POINTS = 120
"""Entries that are shown one by one, and points of a curve."""

BINS = 48

_HUGE = 1e300
"""Draws beyond it are drawn at it: differences of larger ones are no numbers any more."""

_FAR = 1e12
"""Multiple of the tolerance beyond which one error looks like another."""

Picture = dict[str, Any]


def entries(got: np.ndarray, expected: np.ndarray, excess: np.ndarray) -> Picture | None:
    """A wrong array beside the right one: its entries if it has one axis, a map of its errors if it has more.

    Args:
        got: what was returned; real or complex.
        expected: what was asked for, same shape.
        excess: per entry the error as a multiple of the tolerance, >= 0.

    Returns:
        None for a single number, which the message shows as well.
    """
    if got.size < 2:
        return None
    if got.ndim == 1 and got.dtype.kind != "c" and not np.iscomplexobj(expected):
        shown = slice(0, MAX_POINTS)
        return {
            "kind": "entries",
            "got": _short(got[shown]),
            "expected": _short(expected[shown]),
            "wrong": (excess[shown] > 1).tolist(),
            "length": int(got.size),
        }
    # Leading axes are stacked: an entry's last index is its column.
    table = np.nan_to_num(excess.reshape(-1, excess.shape[-1]), nan=_FAR, posinf=_FAR)
    magnitude = np.log10(np.clip(_worst_of_cells(table), 1 / _FAR, _FAR))
    # Rounded away from the verge: what is barely wrong must not look right.
    tenths = np.where(magnitude > 0, np.ceil(10 * magnitude), np.floor(10 * magnitude)) / 10
    return {
        "kind": "error_map",
        "magnitude": tenths.tolist(),
        "shape": list(got.shape),
    }


def histogram(
    draws: np.ndarray,
    mean: float | None = None,
    estimate: float | None = None,
    half_width: float | None = None,
    distribution: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Picture | None:
    """Draws, with the mean that they should have and the interval around their own, or with their law.

    Args:
        draws: shape (n,), finite.
        mean: the true mean.
        estimate: their mean.
        half_width: half the length of its interval.
        distribution: the distribution function that they should have.
    """
    if draws.size < 2:
        return None
    draws = np.clip(draws, -_HUGE, _HUGE)
    # The middle 99 %: one far draw would squeeze all others into a bar.
    low, high = np.quantile(draws, [0.005, 0.995])
    marks = [float(mark) for mark in (mean, estimate) if mark is not None]
    low, high = min([float(low), *marks]), max([float(high), *marks])
    if not math.isfinite(high - low):
        return None
    margin = 0.02 * (high - low) or max(1e-6, 1e-6 * abs(high))
    bins = int(np.clip(2 * math.sqrt(draws.size), 6, BINS))
    counts, edges = np.histogram(draws, bins=bins, range=(low - margin, high + margin))
    picture: Picture = {
        "kind": "histogram",
        "counts": counts.tolist(),
        "edges": _short(edges),
        "outside": int(draws.size - counts.sum()),
    }
    if mean is not None:
        picture["mean"] = float(mean)
    if distribution is not None:
        picture["expected"] = _short(draws.size * np.diff(distribution(edges)))
    if estimate is not None and half_width is not None:
        picture |= {"estimate": float(estimate), "half_width": float(half_width)}
    return picture


def variance_curve(draws: np.ndarray, mean: float, variance: float) -> Picture | None:
    """How far averages of N draws are from the true mean, for growing N, against what it should be.

    Args:
        draws: shape (n,), finite.
        mean: the true mean.
        variance: the variance that one draw should have: averages of N have a mean squared error of
            ``variance / N``.
    """
    sizes, measured = [], []
    # At least eight averages of each size: fewer say nothing about their variance.
    for size in (2**k for k in range(0, 40, 2)):
        groups = draws.size // size
        if groups < 8:
            break
        with np.errstate(over="ignore", invalid="ignore"):
            averages = draws[: groups * size].reshape(groups, size).mean(axis=1)
            error = float(np.mean((averages - mean) ** 2))
        sizes.append(size)
        measured.append(error)
    if not sizes or not np.isfinite(measured).all():
        return None
    theory = variance / np.array(sizes)
    return {
        "kind": "variance_curve",
        "sizes": sizes,
        "measured": _short(np.array(measured)),
        "theory": _short(theory),
    }


def loss_curves(history: Any) -> Picture | None:
    """Losses by epoch, as training recorded them.

    Args:
        history: a list of numbers, or a mapping from names to such lists, as ``History.history`` of Keras.

    Returns:
        None when it is neither; a picture never fails work.
    """
    curves = history if isinstance(history, dict) else {"loss": history}
    lists: dict[str, np.ndarray] = {}
    for name, values in list(curves.items())[:4]:
        try:
            numbers = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            continue
        if numbers.ndim == 1 and numbers.size > 1:
            lists[str(name)[:40]] = numbers
    if not lists:
        return None
    epochs = max(map(len, lists.values()))
    step = math.ceil(epochs / MAX_POINTS)
    kept = {name: _short(values[::step]) for name, values in lists.items()}
    return {"kind": "loss_curves", "curves": kept, "epochs": epochs, "step": step}


def _worst_of_cells(table: np.ndarray) -> np.ndarray:
    for axis, limit in ((0, MAX_ROWS), (1, MAX_COLUMNS)):
        if table.shape[axis] > limit:
            starts = np.linspace(0, table.shape[axis], limit, endpoint=False).astype(np.int64)
            table = np.maximum.reduceat(table, starts, axis=axis)
    return table


def _short(values: np.ndarray) -> Any:
    """As lists, with four digits: enough for an eye."""
    with np.errstate(all="ignore"):
        size = np.where(values == 0, 1.0, np.abs(values).astype(np.float64))
        unit = 10.0 ** (np.floor(np.log10(np.maximum(size, np.finfo(float).tiny))) - 3)
        rounded = np.round(values.astype(np.float64) / unit) * unit
    return np.where(np.isfinite(rounded), rounded, values).tolist()
