"""Batch normalisation in the open: what the layer computes in training, what it keeps, what it uses later."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course.errors import ArgumentError, ShapeError
from course.validation import positive_float


class NormalizedBatch(NamedTuple):
    """A batch after normalisation, with the statistics that it was normalised with.

    Args:
        outputs: shape of the inputs.
        mean: of the batch, shape (features,).
        variance: of the batch, the biased one (division by n), shape (features,).
    """

    outputs: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def normalize_batch(x: Any, gamma: Any = 1.0, beta: Any = 0.0, epsilon: float = 1e-3) -> NormalizedBatch:
    """Batch normalisation as in training: by the batch's own statistics.

    .. math:: y = \\gamma\\,\\frac{x - m}{\\sqrt{v + \\epsilon}} + \\beta,\\quad
        m = \\tfrac1n \\sum_i x_i,\\quad v = \\tfrac1n \\sum_i (x_i - m)^2

    With γ = 1 and β = 0 the outputs have mean 0 and variance v/(v + ε) exactly.

    Args:
        x: shape (..., features): mean and variance run over all axes but the last, so that images give one
            pair a channel.
        gamma: scale, a number or shape (features,).
        beta: offset, a number or shape (features,).
        epsilon: ε > 0, added to the variance; 1e-3 is that of Keras.

    Returns:
        float64 arrays.

    Raises:
        ArgumentError: ``epsilon`` is not positive.
        ShapeError: x has fewer than two axes or no entry.

    Example:
        >>> normalize_batch([[1.0], [3.0]], epsilon=1e-12).outputs.round(6).tolist()
        [[-1.0], [1.0]]

    Source:
        Ioffe & Szegedy 2015, algorithm 1; Damianou, "Batch-normalization".
    """
    values = _batch(x)
    axes = tuple(range(values.ndim - 1))
    mean, variance = values.mean(axis=axes), values.var(axis=axes)
    return NormalizedBatch(normalize(values, mean, variance, gamma, beta, epsilon), mean, variance)


def normalize(
    x: Any, mean: Any, variance: Any, gamma: Any = 1.0, beta: Any = 0.0, epsilon: float = 1e-3
) -> np.ndarray:
    """Batch normalisation as at inference: by statistics from elsewhere, a fixed affine map.

    .. math:: y = \\gamma\\,\\frac{x - m}{\\sqrt{v + \\epsilon}} + \\beta

    Args:
        x: shape (..., features).
        mean: m, shape (features,): the moving mean.
        variance: v ≥ 0, shape (features,): the moving variance.
        gamma: as for :func:`normalize_batch`.
        beta: as for :func:`normalize_batch`.
        epsilon: as for :func:`normalize_batch`.

    Returns:
        float64, shape of x.

    Raises:
        ArgumentError: ``epsilon`` is not positive, or a variance is negative.
        ShapeError: x has fewer than two axes or no entry, or the statistics have another number of features.

    Example:
        >>> normalize([[5.0, 0.0]], mean=[1.0, 0.0], variance=[4.0, 1.0], epsilon=1e-12).round(6).tolist()
        [[2.0, 0.0]]

    Source:
        Ioffe & Szegedy 2015, algorithm 2.
    """
    values = _batch(x)
    m, v = np.asarray(mean, np.float64), np.asarray(variance, np.float64)
    if m.shape != values.shape[-1:] or v.shape != values.shape[-1:]:
        raise ShapeError(
            "mean and variance have one entry a feature",
            expected=values.shape[-1:],
            received=f"{m.shape} and {v.shape}",
        )
    if np.any(v < 0):
        raise ArgumentError("a variance is not negative", expected="variance ≥ 0", received=v.min())
    return np.asarray(gamma) * (values - m) / np.sqrt(v + positive_float(epsilon, "epsilon")) + np.asarray(
        beta
    )


def moving_statistic(batches: Any, start: Any, momentum: float = 0.99) -> np.ndarray:
    """What the layer keeps of its batches' means or variances for inference.

    .. math:: s_n = \\mu^n s_0 + (1 - \\mu) \\sum_{k=1}^n \\mu^{n-k} b_k

    After n batches the start still weighs μⁿ: with Keras's μ = 0.99, 37 % after a hundred. Too few steps, and
    inference uses statistics that the network never saw in training.

    Args:
        batches: b, shape (n, features): a batch's statistic a row, the oldest first.
        start: s₀, shape (features,) or a number: 0 for means and 1 for variances in Keras.
        momentum: μ in [0, 1).

    Returns:
        float64, shape (features,).

    Raises:
        ArgumentError: ``momentum`` is outside [0, 1).
        ShapeError: ``batches`` has not two axes.

    Example:
        >>> moving_statistic([[1.0], [2.0]], start=0.0, momentum=0.5).tolist()
        [1.25]

    Source:
        ``keras.layers.BatchNormalization``; Ioffe & Szegedy 2015, section 3.1.
    """
    rows = np.asarray(batches, np.float64)
    if rows.ndim != 2:
        raise ShapeError("one row a batch", expected="(n, features)", received=rows.shape)
    if not 0 <= momentum < 1:
        raise ArgumentError(
            "`momentum` is in [0, 1)", expected="0 ≤ momentum < 1", received=f"momentum={momentum!r}"
        )
    weights = (1.0 - momentum) * momentum ** np.arange(len(rows) - 1, -1, -1.0)
    return momentum ** len(rows) * np.asarray(start, np.float64) + weights @ rows


def _batch(x: Any) -> np.ndarray:
    values = np.asarray(x, np.float64)
    if values.ndim < 2 or not values.size:
        raise ShapeError("a batch of feature vectors", expected="(..., features)", received=values.shape)
    return values
