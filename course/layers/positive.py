"""From the real line to the positive numbers, for scales that a network outputs."""

from __future__ import annotations

import tensorflow as tf

SCALE_FLOOR = 1e-5
"""Smallest scale of a predicted density: a smaller one lets a single exact hit send the likelihood to
infinity."""


def positive(rho: tf.Tensor) -> tf.Tensor:
    """``softplus(rho) + 1e-5``.

    Args:
        rho: any real numbers.

    Example:
        >>> round(float(positive(tf.constant(0.0))), 4)
        0.6932
    """
    return tf.nn.softplus(rho) + SCALE_FLOOR
