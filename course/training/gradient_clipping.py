"""Gradients cut to a limit, three ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from course.errors import ArgumentError
from course.validation import positive_float


def global_norm(gradients: Sequence[Any]) -> tf.Tensor:
    """The Euclidean norm of all gradients as one vector.

    .. math:: \\lVert g \\rVert = \\Big(\\sum_l \\lVert g_l \\rVert^2\\Big)^{1/2}

    Args:
        gradients: floating tensors of any shapes, of one dtype; None counts as zero.

    Returns:
        A scalar ≥ 0.

    Raises:
        ArgumentError: there is no gradient.

    Example:
        >>> float(global_norm([tf.constant([3.0]), None, tf.constant([[4.0]])]))
        5.0

    Source:
        Pascanu, Mikolov & Bengio 2013, section 3.2.
    """
    known = [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]
    if not known:
        raise ArgumentError("there is a gradient", expected="at least one tensor", received="none")
    return tf.sqrt(tf.add_n([tf.reduce_sum(tf.square(gradient)) for gradient in known]))


def clip_by_global_norm(gradients: Sequence[Any], limit: float) -> list[Any]:
    """All gradients shortened by one factor: the direction of the step is kept.

    .. math:: g_l \\leftarrow g_l \\cdot \\min(1, c / \\lVert g \\rVert)

    Args:
        gradients: as for :func:`global_norm`.
        limit: c > 0, in the gradient's unit.

    Returns:
        One tensor a gradient; None stays None. NaN throughout if one entry is not finite: there is no
        direction to keep.

    Raises:
        ArgumentError: ``limit`` is not positive, or there is no gradient.

    Example:
        >>> [g.numpy().tolist() for g in clip_by_global_norm([tf.constant([6.0]), tf.constant([8.0])], 5.0)]
        [[3.0], [4.0]]

    Source:
        Pascanu, Mikolov & Bengio 2013, algorithm 1; ``global_clipnorm`` of Keras.
    """
    norm = global_norm(gradients)
    factor = positive_float(limit, "limit") / tf.maximum(norm, tf.cast(limit, norm.dtype))
    # The maximum of infinity would give a factor of 0, and 0·∞ NaN only where the infinity stood.
    factor = tf.where(tf.math.is_finite(norm), factor, tf.cast(float("nan"), norm.dtype))
    return [None if gradient is None else gradient * factor for gradient in gradients]


def clip_by_norm(gradients: Sequence[Any], limit: float) -> list[Any]:
    """Each gradient shortened by its own factor: layers with large gradients lose weight in the step.

    .. math:: g_l \\leftarrow g_l \\cdot \\min(1, c / \\lVert g_l \\rVert)

    Args:
        gradients: as for :func:`global_norm`.
        limit: c > 0, in the gradient's unit.

    Returns:
        One tensor a gradient; None stays None.

    Raises:
        ArgumentError: ``limit`` is not positive.

    Example:
        >>> [g.numpy().tolist() for g in clip_by_norm([tf.constant([6.0]), tf.constant([0.5])], 2.0)]
        [[2.0], [0.5]]

    Source:
        ``clipnorm`` of Keras.
    """
    positive_float(limit, "limit")
    return [g if g is None else clip_by_global_norm([g], limit)[0] for g in gradients]


def clip_by_value(gradients: Sequence[Any], limit: float) -> list[Any]:
    """Each entry cut to [−c, c]: the step turns towards a corner.

    .. math:: g_{li} \\leftarrow \\max(-c, \\min(c, g_{li}))

    Args:
        gradients: as for :func:`global_norm`.
        limit: c > 0, in the gradient's unit.

    Returns:
        One tensor a gradient; None stays None.

    Raises:
        ArgumentError: ``limit`` is not positive.

    Example:
        >>> clip_by_value([tf.constant([3.0, -0.5])], 1.0)[0].numpy().tolist()
        [1.0, -0.5]

    Source:
        ``clipvalue`` of Keras.
    """
    bound = positive_float(limit, "limit")
    return [None if g is None else tf.clip_by_value(g, -bound, bound) for g in gradients]
