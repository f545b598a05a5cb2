"""A square root that can be differentiated at zero."""

from __future__ import annotations

import tensorflow as tf


def safe_sqrt(variance: tf.Tensor) -> tf.Tensor:
    """√variance, with gradient 0 where the variance is 0.

    The derivative of √v at 0 is infinite, and 0·∞ in the chain rule is NaN: one all-zero row of inputs would
    end the training. Below the smallest normal number the result is that number's root, and the gradient 0.

    Args:
        variance: ≥ 0, floating.

    Example:
        >>> float(safe_sqrt(tf.constant(4.0)))
        2.0
    """
    return tf.sqrt(tf.maximum(variance, tf.cast(_SMALLEST_NORMAL[variance.dtype], variance.dtype)))


_SMALLEST_NORMAL = {
    tf.float16: 6.104e-5,
    tf.bfloat16: 1.1755e-38,
    tf.float32: 1.1755e-38,
    tf.float64: 2.2251e-308,
}
