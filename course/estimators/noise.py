"""Stateless noise: one seed, one set of numbers.

Philox throughout: it is counter-based, so that a draw depends on its seed and shape alone, and it is the
one algorithm that XLA compiles for the CPU to fast code. XLA derives its key differently: a jitted call
gives other numbers of the same law.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from course.errors import ArgumentError

Seed: TypeAlias = int | Sequence[int] | Any
"""An integer, or two integers (a tensor too) as TensorFlow's stateless functions take them."""


def seed_pair(seed: Seed) -> tf.Tensor:
    """The seed as TensorFlow's stateless functions take it.

    Args:
        seed: an integer of any size, or two integers; a tensor of shape () or (2,) inside a graph.

    Returns:
        Shape (2,), int32.

    Raises:
        ArgumentError: the seed is neither.

    Example:
        >>> seed_pair(7).numpy().tolist()
        [7, 0]
    """
    if isinstance(seed, int) and not isinstance(seed, bool):
        # Both halves of a 64-bit seed count; int32 is what every kernel accepts.
        halves = np.array([seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF], dtype=np.uint32)
        return tf.constant(halves.view(np.int32))
    pair = tf.convert_to_tensor(seed)
    if not pair.dtype.is_integer or pair.shape.as_list() not in ([], [2]):
        raise ArgumentError(
            "`seed` is an integer or two integers",
            expected="shape () or (2,), integer dtype",
            received=f"shape {tuple(pair.shape)}, {pair.dtype.name}",
        )
    pair = tf.cast(pair, tf.int32)
    return pair if pair.shape.rank else tf.stack([pair, tf.zeros_like(pair)])


def split_seed(seed: Seed, count: int) -> list[tf.Tensor]:
    """Independent seeds made from one.

    Args:
        seed: see :func:`seed_pair`.
        count: how many, ≥ 1.

    Returns:
        ``count`` tensors of shape (2,).
    """
    pairs = tf.random.experimental.stateless_split(seed_pair(seed), count, alg="philox")
    return list(tf.unstack(pairs, num=count))


def standard_normal(shape: Any, seed: Seed, dtype: Any) -> tf.Tensor:
    """Standard normal noise.

    Args:
        shape: of the result.
        seed: see :func:`seed_pair`.
        dtype: float32 or float64.
    """
    return tf.random.stateless_normal(shape, seed_pair(seed), dtype=dtype, alg="philox")


def open_uniform(shape: Any, seed: Seed, dtype: Any) -> tf.Tensor:
    """Uniform noise in the open interval (0, 1), whose logarithm and logit are finite.

    Args:
        shape: of the result.
        seed: see :func:`seed_pair`.
        dtype: float32 or float64.
    """
    # The generator's interval is [0, 1): moving 0 to the smallest number changes no other value.
    tiny = np.finfo(tf.as_dtype(dtype).as_numpy_dtype).tiny
    uniform = tf.random.stateless_uniform(shape, seed_pair(seed), dtype=dtype, alg="philox")
    return tf.maximum(uniform, tf.constant(tiny, dtype))
