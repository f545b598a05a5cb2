"""Worked solutions of ps05: gradients of E[f(z)] with respect to the law of z, one estimate a draw.

Each ``*_terms`` function beside a solution is Σ|terms| of the same formula: what rounding acts on, and so
what a tolerance is made of (Higham 2002, §3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

Function = Callable[[Any], Any]
"""An elementwise function of a float tensor."""


def draw_score_gradients(theta: float, n: int) -> tf.Tensor:
    """Independent score-function estimates of d/dθ E[z²], z ~ N(θ, 1).

    .. math:: g_i = z_i^2 \\, (z_i - θ), \\qquad z_i = θ + ε_i

    Args:
        theta: mean θ of the law of z.
        n: number of draws, >= 1.

    Returns:
        Shape (n,), float64: one estimate a draw, with noise of its own.

    Example:
        >>> draw_score_gradients(2.0, 3).shape.as_list()
        [3]

    Source: Batra, CS 4803/7643, "Two Options", example of option 1.
    """
    z = theta + tf.random.normal([n], dtype=tf.float64)
    score = z - theta  # d/dθ log N(z; θ, 1), z held fixed
    return z**2 * score


def score_function_gradient(f: Function, mean: float, std: float, eps: Any) -> tf.Tensor:
    """Score-function estimates of the gradient of E[f(z)], z ~ N(mean, std²).

    .. math:: f(z) \\, ∇ \\log N(z; μ, σ^2), \\qquad
        ∇_μ \\log N = (z-μ)/σ^2, \\quad ∇_σ \\log N = (z-μ)^2/σ^3 - 1/σ

    Args:
        f: elementwise function of a float tensor; it is never differentiated.
        mean: μ.
        std: σ > 0.
        eps: standard normal noise, shape (n,).

    Returns:
        Shape (n, 2): columns d/dmean and d/dstd, one row a draw.

    Source: Williams 1992; Batra, "Option 1"; Aziz, "Score function estimator".
    """
    z = mean + std * tf.convert_to_tensor(eps)
    values = f(z)
    score_mean = (z - mean) / std**2
    score_std = (z - mean) ** 2 / std**3 - 1.0 / std
    return tf.stack([values * score_mean, values * score_std], axis=1)


def pathwise_gradient(f: Function, mean: float, std: float, eps: Any) -> tf.Tensor:
    """Pathwise estimates of the gradient of E[f(z)], z ~ N(mean, std²).

    .. math:: ∇ f(μ + σε) = f'(z) \\, (1, ε)

    Args:
        f: elementwise differentiable function of a float tensor.
        mean: μ.
        std: σ > 0.
        eps: standard normal noise, shape (n,).

    Returns:
        Shape (n, 2): columns d/dmean and d/dstd, one row a draw.

    Source: Kingma & Welling 2014, eq. 4; Batra, "Option 2".
    """
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    # f is elementwise: the gradient of the sum over draws holds each draw's own slope.
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope * eps], axis=1)


def leave_one_out_baseline(values: Any) -> tf.Tensor:
    """For each value, the mean of the others.

    .. math:: b_i = \\frac{1}{n-1} \\sum_{j \\ne i} v_j

    Args:
        values: shape (n,), n >= 2.

    Returns:
        Shape (n,); entry i does not depend on value i, so that v_i − b_i times the score stays unbiased.

    Example:
        >>> leave_one_out_baseline(np.array([1.0, 2.0, 6.0])).numpy()
        array([4. , 3.5, 1.5])

    Source: Mnih & Rezende 2016 (VIMCO); Kool, van Hoof & Welling 2019.
    """
    values = tf.convert_to_tensor(values)
    others = tf.reduce_sum(values) - values
    return others / (values.shape[0] - 1)


def score_function_gradient_terms(f: Function, mean: float, std: float, eps: np.ndarray) -> np.ndarray:
    """Σ|terms| of :func:`score_function_gradient`, float64, shape (n, 2).

    Args:
        f: as there; a sum of terms of one sign, because cancellation inside f cannot be seen from here.
        mean: μ.
        std: σ > 0.
        eps: noise, float64, shape (n,).
    """
    z = mean + std * eps
    size = abs(mean) + np.abs(std * eps)
    slope, _ = _derivatives(f, z)
    # z is rounded before f sees it, and again when the mean is taken off.
    value = np.abs(np.asarray(f(z))) + np.abs(slope) * size
    residual = size + abs(mean)
    return np.stack([value * residual / std**2, value * (residual**2 / std**3 + 1.0 / std)], axis=1)


def pathwise_gradient_terms(f: Function, mean: float, std: float, eps: np.ndarray) -> np.ndarray:
    """Σ|terms| of :func:`pathwise_gradient`, float64, shape (n, 2).

    Args:
        f: as there; its slope a sum of terms of one sign, because cancellation inside it cannot be seen
            from here.
        mean: μ.
        std: σ > 0.
        eps: noise, float64, shape (n,).
    """
    z = mean + std * eps
    size = abs(mean) + np.abs(std * eps)
    slope, curvature = _derivatives(f, z)
    terms = np.abs(slope) + np.abs(curvature) * size
    return np.stack([terms, terms * np.abs(eps)], axis=1)


def leave_one_out_baseline_terms(values: np.ndarray) -> np.ndarray:
    """Σ|terms| of :func:`leave_one_out_baseline`, float64, shape (n,).

    All n values and the own one once more, because a sum of all may be formed first.

    Args:
        values: float64, shape (n,), n >= 2.
    """
    sizes = np.abs(values)
    return (sizes.sum() + sizes) / (len(sizes) - 1)


def _derivatives(f: Function, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivatives of an elementwise f at z; zero where f does not depend on z."""
    point = tf.convert_to_tensor(z)
    zero = tf.UnconnectedGradients.ZERO
    with tf.GradientTape() as outer:
        outer.watch(point)
        with tf.GradientTape() as inner:
            inner.watch(point)
            values = f(point)
        slope = inner.gradient(values, point, unconnected_gradients=zero)
    return slope.numpy(), outer.gradient(slope, point, unconnected_gradients=zero).numpy()
