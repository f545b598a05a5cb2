"""Draws from a layer's own seed generator.

Philox, stateless: eager calls and graphs give the same numbers for one seed; XLA derives the key differently,
so a jitted call gives other numbers of the same law. ``keras.random`` takes TensorFlow's default algorithm
instead, which XLA compiles for the CPU to code that is tens of times slower.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def standard_normal(generator: keras.random.SeedGenerator, shape: Any, dtype: Any) -> tf.Tensor:
    """Standard normal noise.

    Args:
        generator: advanced by one step.
        shape: integers or an integer tensor.
        dtype: a floating dtype.

    Example:
        >>> standard_normal(keras.random.SeedGenerator(1), [2, 3], "float32").shape
        TensorShape([2, 3])
    """
    return tf.random.stateless_normal(shape, generator.next(), dtype=tf.as_dtype(dtype), alg="philox")


def uniform(generator: keras.random.SeedGenerator, shape: Any) -> tf.Tensor:
    """Uniform noise in (0, 1), float32.

    Zero is left out, so that its logarithm is finite; half precision would have only 2⁸ values.

    Args:
        generator: advanced by one step.
        shape: integers or an integer tensor.
    """
    tiny = tf.float32.as_numpy_dtype(1.1754944e-38)
    return tf.random.stateless_uniform(shape, generator.next(), minval=tiny, maxval=1.0, alg="philox")


def rademacher(generator: keras.random.SeedGenerator, shape: Any, dtype: Any) -> tf.Tensor:
    """Random signs, −1 or +1 with probability ½ each.

    Args:
        generator: advanced by one step.
        shape: integers or an integer tensor.
        dtype: a floating dtype.
    """
    bits = tf.random.stateless_uniform(
        shape, generator.next(), minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )
    # The arithmetic shift spreads the sign bit: −1 or 0, hence −1 or +1. Cheaper than comparing a float.
    return tf.cast(2 * tf.bitwise.right_shift(bits, 31) + 1, dtype)
