"""Gaussians: Kullback-Leibler divergences and entropies."""

from __future__ import annotations

import math

import tensorflow as tf

from course.distributions.tensors import common_tensors


def gaussian_kl(mean_q: tf.Tensor, std_q: tf.Tensor, mean_p: tf.Tensor, std_p: tf.Tensor) -> tf.Tensor:
    """KL(q‖p) of univariate Gaussians, elementwise.

    With r = log std_q − log std_p::

        KL = ½·(exp(2r) − 1) − r + ½·((mean_q − mean_p) / std_p)²

    Args:
        mean_q: means of q, any shape.
        std_q: standard deviations of q, > 0, broadcast with the others.
        mean_p: means of p.
        std_p: standard deviations of p, > 0.

    Returns:
        Nats, in the shape that the arguments broadcast to; sum the event's axes for a diagonal Gaussian.

    Example:
        >>> float(gaussian_kl(1.0, 1.0, 0.0, 1.0))
        0.5

    Source:
        Kingma & Welling 2014, appendix B, for p = N(0, 1).
    """
    mean_q, std_q, mean_p, std_p = common_tensors(mean_q, std_q, mean_p, std_p)
    log_ratio = tf.math.log(std_q) - tf.math.log(std_p)
    # expm1 keeps the digits where q ≈ p, which is where annealed posteriors start.
    spread = 0.5 * tf.math.expm1(2.0 * log_ratio) - log_ratio
    return spread + 0.5 * tf.square((mean_q - mean_p) / std_p)


def diagonal_gaussian_kl(
    mean_q: tf.Tensor,
    log_var_q: tf.Tensor,
    mean_p: tf.Tensor | float = 0.0,
    log_var_p: tf.Tensor | float = 0.0,
) -> tf.Tensor:
    """KL(q‖p) of Gaussians with diagonal covariance; p is standard normal unless given.

    ::

        KL = ½ Σ_d [exp(log_var_q − log_var_p) − 1 − (log_var_q − log_var_p) + (mean_q − mean_p)² /
        exp(log_var_p)]

    Args:
        mean_q: shape (..., d).
        log_var_q: log variances, shape (..., d).
        mean_p: broadcasts to (..., d).
        log_var_p: log variances, broadcasts to (..., d).

    Returns:
        Nats, shape (...): one number an example.

    Example:
        >>> diagonal_gaussian_kl(tf.ones([4, 3]), tf.zeros([4, 3])).shape
        TensorShape([4])

    Source:
        Kingma & Welling 2014, eq. (10) holds its negative for the standard normal p.
    """
    mean_q, log_var_q, mean_p, log_var_p = common_tensors(mean_q, log_var_q, mean_p, log_var_p)
    log_ratio = log_var_q - log_var_p
    terms = tf.math.expm1(log_ratio) - log_ratio + tf.square(mean_q - mean_p) * tf.exp(-log_var_p)
    return 0.5 * tf.reduce_sum(terms, axis=-1)


def gaussian_entropy(std: tf.Tensor) -> tf.Tensor:
    """Differential entropy of univariate Gaussians, elementwise: ½ log(2πe) + log std.

    Args:
        std: standard deviations, > 0, any shape.

    Returns:
        Nats, in the shape of ``std``; may be negative.
    """
    return tf.math.log(std) + 0.5 * math.log(2.0 * math.pi * math.e)
