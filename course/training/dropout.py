"""Dropout in the open: the masks, and the mean and variance that they give."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from course.errors import ArgumentError, ShapeError
from course.validation import finite_float


class DropoutMoments(NamedTuple):
    """Mean and variance over all masks.

    Args:
        mean: float64.
        variance: float64, the same shape.
    """

    mean: np.ndarray
    variance: np.ndarray


def inverted_dropout(x: Any, keep: Any, rate: float) -> np.ndarray:
    """Entries that are not kept become 0, the others grow by 1/(1 − rate).

    .. math:: y = x \\cdot k / (1 - p)

    Scaled in training, "inverted", so that inference is the identity.

    Args:
        x: any shape.
        keep: k, booleans in a shape that broadcasts to that of x.
        rate: p in [0, 1).

    Returns:
        float64, shape of x.

    Raises:
        ArgumentError: ``rate`` is outside [0, 1).

    Example:
        >>> inverted_dropout([1.0, 2.0], [True, False], rate=0.5).tolist()
        [2.0, 0.0]

    Source:
        Srivastava et al. 2014, section 10 (the scaling); Damianou, "Dropout".
    """
    return np.asarray(x, np.float64) * np.asarray(keep, bool) / (1.0 - _rate(rate))


def dropout_moments(x: Any, kernel: Any, rate: float) -> DropoutMoments:
    """Mean and variance of a linear layer behind dropout.

    .. math:: E[y_j] = \\sum_i x_i w_{ij},\\qquad
        \\mathrm{Var}[y_j] = \\frac{p}{1-p} \\sum_i x_i^2 w_{ij}^2

    The mean is what the layer gives without dropout; with the identity as kernel they are the moments of
    dropout itself.

    Args:
        x: inputs, shape (batch, inputs).
        kernel: W, shape (inputs, units).
        rate: p in [0, 1), the probability of dropping an input, each by itself.

    Returns:
        Shape (batch, units) each.

    Raises:
        ArgumentError: ``rate`` is outside [0, 1).
        ShapeError: inputs and kernel do not fit.

    Example:
        >>> dropout_moments([[1.0, 2.0]], [[1.0], [1.0]], rate=0.5)
        DropoutMoments(mean=array([[3.]]), variance=array([[5.]]))

    Source:
        Srivastava et al. 2014, section 9.1; Wang & Manning 2013, eq. (4).
    """
    inputs, weights = _linear(x, kernel)
    odds = _rate(rate) / (1.0 - rate)
    return DropoutMoments(inputs @ weights, odds * inputs**2 @ weights**2)


def enumerated_moments(x: Any, kernel: Any, rate: float) -> DropoutMoments:
    """The same from the definition: all 2ⁿ masks, each with its probability.

    The sum over masks is what dropout averages: an ensemble of 2ⁿ networks that share their weights.

    Args:
        x: shape (batch, inputs), at most 16 inputs.
        kernel: shape (inputs, units).
        rate: p in [0, 1).

    Returns:
        Shape (batch, units) each.

    Raises:
        ArgumentError: ``rate`` is outside [0, 1), or there are more than 16 inputs.
        ShapeError: inputs and kernel do not fit.

    Example:
        >>> enumerated_moments([[1.0, 2.0]], [[1.0], [1.0]], rate=0.5).variance.tolist()
        [[5.0]]

    Source:
        Srivastava et al. 2014, section 1.
    """
    inputs, weights = _linear(x, kernel)
    count = inputs.shape[1]
    if count > _MOST_INPUTS:
        raise ArgumentError(
            "every mask is looked at", expected=f"at most {_MOST_INPUTS} inputs", received=f"{count} inputs"
        )
    mean = np.zeros((len(inputs), weights.shape[1]))
    square = np.zeros_like(mean)
    for mask in itertools.product((False, True), repeat=count):
        probability = (1.0 - rate) ** sum(mask) * rate ** (count - sum(mask))
        outputs = inverted_dropout(inputs, mask, rate) @ weights
        mean += probability * outputs
        square += probability * outputs**2
    return DropoutMoments(mean, square - mean**2)


_MOST_INPUTS = 16


def _rate(rate: float) -> float:
    if not 0 <= finite_float(rate, "rate") < 1:
        raise ArgumentError("`rate` is in [0, 1)", expected="0 ≤ rate < 1", received=f"rate={rate!r}")
    return float(rate)


def _linear(x: Any, kernel: Any) -> tuple[np.ndarray, np.ndarray]:
    inputs, weights = np.asarray(x, np.float64), np.asarray(kernel, np.float64)
    if inputs.ndim != 2 or weights.ndim != 2 or inputs.shape[1] != weights.shape[0]:
        raise ShapeError(
            "inputs and kernel fit",
            expected="(batch, inputs) and (inputs, units)",
            received=f"{inputs.shape} and {weights.shape}",
        )
    return inputs, weights
