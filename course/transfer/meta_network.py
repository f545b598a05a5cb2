"""A dense network as a function of its weights, for learners that differentiate through training."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import tensorflow as tf

from course.errors import ArgumentError
from course.validation import positive_int

Weights = list[tf.Tensor]


def initial_weights(sizes: Sequence[int], seed: int, dtype: str = "float32") -> list[np.ndarray]:
    """Kernels (Glorot uniform) and biases (zero), alternating.

    Args:
        sizes: widths from input to output, at least two, each ≥ 1.
        seed: of the draws.
        dtype: of the arrays.

    Returns:
        ``2 (len(sizes) − 1)`` arrays: (m, n), (n,), ...

    Raises:
        ArgumentError: there are fewer than two sizes, or one is not positive.

    Example:
        >>> [w.shape for w in initial_weights([1, 40, 1], seed=0)]
        [(1, 40), (40,), (40, 1), (1,)]

    Source:
        Glorot & Bengio 2010, equation 16.
    """
    widths = [positive_int(size, "sizes") for size in sizes]
    if len(widths) < 2:
        raise ArgumentError(
            "a network has an input and an output", expected="two sizes", received=list(sizes)
        )
    generator = np.random.default_rng(seed)
    weights = []
    for rows, columns in pairwise(widths):
        limit = np.sqrt(6.0 / (rows + columns))
        weights += [generator.uniform(-limit, limit, (rows, columns)).astype(dtype), np.zeros(columns, dtype)]
    return weights


def network(weights: Weights, x: tf.Tensor) -> tf.Tensor:
    """``W_L tanh(... tanh(x W_1 + b_1) ...) + b_L``, for one set of weights or one a task.

    tanh, whose second derivative is not zero almost everywhere, as ReLU's is: the second-order term is then
    more than the curvature of the loss alone.

    Args:
        weights: kernels (..., m, n) and biases (..., n), alternating.
        x: shape (..., examples, m).

    Returns:
        Shape (..., examples, outputs).
    """
    for place in range(0, len(weights), 2):
        x = tf.matmul(x, weights[place]) + weights[place + 1][..., None, :]
        if place + 2 < len(weights):
            x = tf.tanh(x)
    return x


def task_losses(weights: Weights, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Mean squared error of each task.

    Args:
        weights: as for :func:`network`.
        x: shape (tasks, examples, inputs).
        y: shape (tasks, examples, outputs).

    Returns:
        Shape (tasks,).
    """
    return tf.reduce_mean(tf.square(network(weights, x) - y), axis=[-2, -1])
