"""Categorical distributions: divergence and entropy."""

from __future__ import annotations

import tensorflow as tf

from course.distributions.tensors import common_tensors


def categorical_kl(logits_q: tf.Tensor, logits_p: tf.Tensor) -> tf.Tensor:
    """KL(q‖p) of categorical distributions over k classes.

    ::

        KL = Σ_k q_k·(log q_k − log p_k),   q = softmax(logits_q), p = softmax(logits_p)

    Args:
        logits_q: shape (..., k), any real numbers; −∞ stands for a class that q never takes.
        logits_p: shape (..., k), broadcast with ``logits_q``.

    Returns:
        Nats, shape (...); ∞ where p never takes a class that q takes.

    Example:
        >>> float(categorical_kl(tf.constant([0.0, 0.0]), tf.constant([0.0, 0.0])))
        0.0
    """
    logits_q, logits_p = common_tensors(logits_q, logits_p)
    log_q, log_p = tf.nn.log_softmax(logits_q), tf.nn.log_softmax(logits_p)
    q = tf.exp(log_q)
    # 0·log 0 counts as 0, and 0·(−∞) would be NaN.
    difference = tf.where(q > 0, log_q - log_p, tf.zeros_like(log_q))
    return tf.reduce_sum(q * difference, axis=-1)


def categorical_entropy(logits: tf.Tensor) -> tf.Tensor:
    """Entropy of categorical distributions over k classes, −Σ_k p_k log p_k.

    Args:
        logits: shape (..., k); −∞ stands for a class that never occurs.

    Returns:
        Nats, shape (...), in [0, log k].
    """
    log_p = tf.nn.log_softmax(logits)
    p = tf.exp(log_p)
    return -tf.reduce_sum(p * tf.where(p > 0, log_p, tf.zeros_like(log_p)), axis=-1)
