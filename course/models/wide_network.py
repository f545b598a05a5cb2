"""Random ReLU networks, to watch them become Gaussian processes."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.errors import ArgumentError, ShapeError
from course.validation import finite_float, positive_float, positive_int


def wide_network(
    x: Any,
    width: int,
    *,
    networks: int,
    rng: np.random.Generator,
    depth: int = 1,
    weight_variance: float = 2.0,
    bias_variance: float = 0.0,
) -> np.ndarray:
    """Outputs of independent random ReLU networks at the same points.

    ::

        h⁰ = x,   aˡ = Wˡ hˡ⁻¹ + bˡ,   hˡ = max(aˡ, 0),   output = a of the last layer
        Wˡ ~ N(0, weight_variance/n),  bˡ ~ N(0, bias_variance),   n the inputs of the layer

    Their covariance is that of :class:`~course.models.ArcCosineKernel` at any width; that they are jointly
    normal is true only in the limit.

    Args:
        x: points, shape (n, D).
        width: units of each hidden layer, ≥ 1.
        networks: how many, ≥ 1.
        rng: draws the weights.
        depth: hidden layers, ≥ 1.
        weight_variance: > 0.
        bias_variance: ≥ 0.

    Returns:
        float64, shape (networks, n).

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: x is no matrix.

    Example:
        >>> wide_network(np.ones((3, 2)), 50, networks=4, rng=np.random.default_rng(0)).shape
        (4, 3)

    Source:
        Neal 1996, chapter 2; Lee et al. 2018, section 2; Damianou, "From NN to GP".
    """
    bias_std = np.sqrt(_bias_variance(bias_variance))
    outputs = np.empty((positive_int(networks, "networks"), len(np.asarray(x))))
    for network in range(networks):
        h = _features(x, width, rng, depth, weight_variance, bias_variance)
        std = np.sqrt(weight_variance / h.shape[1])
        outputs[network] = h @ rng.normal(0.0, std, size=h.shape[1]) + bias_std * rng.normal()
    return outputs


def feature_kernel(
    x: Any,
    width: int,
    *,
    rng: np.random.Generator,
    depth: int = 1,
    weight_variance: float = 2.0,
    bias_variance: float = 0.0,
) -> np.ndarray:
    """Covariance of the outputs of one random network whose hidden weights are fixed, the last layer's drawn.

    ::

        K̂(x, x') = bias_variance + weight_variance·h(x)·h(x')/width

    It differs from network to network, by a standard deviation of the order 1/√width around
    :class:`~course.models.ArcCosineKernel`.

    Args:
        x: points, shape (n, D).
        width: units of each hidden layer, ≥ 1.
        rng: draws the hidden weights.
        depth: hidden layers, ≥ 1.
        weight_variance: > 0.
        bias_variance: ≥ 0.

    Returns:
        float64, shape (n, n).

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: x is no matrix.

    Example:
        >>> feature_kernel(np.ones((3, 2)), 50, rng=np.random.default_rng(0)).shape
        (3, 3)

    Source:
        Neal 1996, section 2.1; Lee et al. 2018, section 2.2.
    """
    h = _features(x, width, rng, depth, weight_variance, bias_variance)
    return bias_variance + weight_variance * h @ h.T / h.shape[1]


def _features(
    x: Any, width: int, rng: np.random.Generator, depth: int, weight_variance: float, bias_variance: float
) -> np.ndarray:
    h = np.asarray(x, np.float64)
    if h.ndim != 2 or not h.size:
        raise ShapeError("`x` is a matrix of points", expected="(n, D)", received=h.shape)
    units = positive_int(width, "width")
    std = np.sqrt(positive_float(weight_variance, "weight_variance"))
    bias_std = np.sqrt(_bias_variance(bias_variance))
    for _ in range(positive_int(depth, "depth")):
        weights = rng.normal(size=(h.shape[1], units)) * (std / np.sqrt(h.shape[1]))
        h = np.maximum(h @ weights + bias_std * rng.normal(size=units), 0.0)
    return h


def _bias_variance(value: float) -> float:
    if finite_float(value, "bias_variance") < 0:
        raise ArgumentError(
            "a variance is not negative",
            expected="bias_variance ≥ 0",
            received=f"bias_variance={value!r}",
        )
    return float(value)
