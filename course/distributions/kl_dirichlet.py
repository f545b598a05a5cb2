"""Dirichlet distributions: divergence and entropy."""

from __future__ import annotations

import tensorflow as tf

from course.distributions.tensors import common_tensors


def dirichlet_kl(concentration_q: tf.Tensor, concentration_p: tf.Tensor) -> tf.Tensor:
    """KL(q‖p) of Dirichlet distributions over k classes.

    With a, b the concentrations of q, p and B the multivariate beta function::

        KL = log B(b) − log B(a) + Σ_k (a_k − b_k)·(ψ(a_k) − ψ(Σ_j a_j))

    Args:
        concentration_q: shape (..., k), > 0.
        concentration_p: shape (..., k), > 0, broadcast with ``concentration_q``.

    Returns:
        Nats, shape (...).

    Example:
        >>> dirichlet_kl(tf.ones([5, 3]), 2.0 * tf.ones([3])).shape
        TensorShape([5])

    Source:
        Direct integration with E_q[log x_k] = ψ(a_k) − ψ(Σ_j a_j).
    """
    concentration_q, concentration_p = common_tensors(concentration_q, concentration_p)
    total = tf.reduce_sum(concentration_q, axis=-1, keepdims=True)
    expected_log = tf.math.digamma(concentration_q) - tf.math.digamma(total)
    weighted = tf.reduce_sum((concentration_q - concentration_p) * expected_log, axis=-1)
    return tf.math.lbeta(concentration_p) - tf.math.lbeta(concentration_q) + weighted


def dirichlet_entropy(concentration: tf.Tensor) -> tf.Tensor:
    """Differential entropy of Dirichlet distributions over k classes.

    ::

        H = log B(a) + (Σ_j a_j − k)·ψ(Σ_j a_j) − Σ_k (a_k − 1)·ψ(a_k)

    Args:
        concentration: a, shape (..., k), > 0.

    Returns:
        Nats, shape (...); at most −log Γ(k), reached by the uniform distribution.
    """
    total = tf.reduce_sum(concentration, axis=-1)
    surplus = tf.reduce_sum(concentration - 1.0, axis=-1)
    return (
        tf.math.lbeta(concentration)
        + surplus * tf.math.digamma(total)
        - tf.reduce_sum((concentration - 1.0) * tf.math.digamma(concentration), axis=-1)
    )
