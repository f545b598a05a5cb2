"""Gradient descent that can itself be differentiated, and the meta-gradient through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

Loss = Callable[[list[tf.Tensor]], tf.Tensor]


def adapt(
    loss: Loss, weights: Sequence[tf.Tensor], rate: float, steps: int, *, second_order: bool = True
) -> list[tf.Tensor]:
    """Some steps of gradient descent.

    ::

        w ← w − rate · ∇ loss(w),   ``steps`` times

    Args:
        loss: from a list of tensors to a scalar. With one set of weights a task and a sum over tasks, each
            task descends on its own loss.
        weights: where to start.
        rate: step size.
        steps: ≥ 0.
        second_order: whether the result can be differentiated through the inner gradients; False treats
            them as constants.

    Returns:
        New tensors; ``weights`` are not changed.

    Example:
        >>> w = adapt(lambda ws: ws[0] ** 2, [tf.constant(1.0)], rate=0.25, steps=2)
        >>> float(w[0])
        0.25

    Source:
        Finn, Abbeel & Levine 2017, equation 1.
    """
    current = [tf.convert_to_tensor(weight) for weight in weights]
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(current)
            value = loss(current)
        slopes = tape.gradient(value, current, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        if not second_order:
            slopes = [tf.stop_gradient(slope) for slope in slopes]
        current = [
            weight - tf.convert_to_tensor(rate, weight.dtype) * slope
            for weight, slope in zip(current, slopes, strict=True)
        ]
    return current


def meta_gradient(
    support: Loss,
    query: Loss,
    weights: Sequence[tf.Tensor],
    rate: float,
    steps: int,
    *,
    second_order: bool = True,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """The query loss after adaptation to the support loss, and its gradient with respect to the start.

    With one step, w' = w − rate · ∇ support(w):

    ::

        second order:  (I − rate · ∇² support(w)) ∇ query(w')
        first order:   ∇ query(w')

    Args:
        support: loss that is descended.
        query: loss that is judged.
        weights: the start.
        rate: step size of the descent.
        steps: of the descent, ≥ 0.
        second_order: False leaves the Hessian out.

    Returns:
        The scalar loss, and a gradient of each weight's shape.

    Source:
        Finn, Abbeel & Levine 2017, equation 1 and section 5.2.
    """
    start = [tf.convert_to_tensor(weight) for weight in weights]
    with tf.GradientTape() as tape:
        tape.watch(start)
        value = query(adapt(support, start, rate, steps, second_order=second_order))
    return value, tape.gradient(value, start, unconnected_gradients=tf.UnconnectedGradients.ZERO)
