"""The losses of adversarial training, and what the best discriminator makes of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from course.errors import ShapeError
from course.layers.safe_sqrt import safe_sqrt

LOSSES = ("minimax", "non_saturating", "wasserstein")

VALUE_AT_EQUILIBRIUM = -math.log(4.0)
"""Of the game V where the generator's law is the data's: D = ½ everywhere."""


def discriminator_loss(real: tf.Tensor, fake: tf.Tensor, loss: str = "non_saturating") -> tf.Tensor:
    """What the discriminator, or the critic, minimises, without a penalty.

    ::

        minimax, non-saturating:  −V = −E[log σ(a_real)] − E[log(1 − σ(a_fake))]
        Wasserstein:              E[a_fake] − E[a_real]

    Args:
        real: logits, or scores, of data, shape (n,).
        fake: of samples, shape (m,).
        loss: one of :data:`LOSSES`.

    Returns:
        Scalar.

    Example:
        >>> round(float(discriminator_loss(tf.zeros(3), tf.zeros(3))), 4)  # log 4
        1.3863

    Source:
        Goodfellow et al. 2014, eq. (1); Arjovsky, Chintala & Bottou 2017, eq. (3).
    """
    if loss == "wasserstein":
        return tf.reduce_mean(fake) - tf.reduce_mean(real)
    return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))


def generator_loss(fake: tf.Tensor, loss: str = "non_saturating") -> tf.Tensor:
    """What the generator minimises.

    ::

        minimax:         E[log(1 − σ(a))]     gradient in a:  −σ(a), gone where samples are told apart
        non-saturating:  −E[log σ(a)]                         −(1 − σ(a)), about −1 there
        Wasserstein:     −E[a]                                −1 everywhere

    Args:
        fake: logits, or scores, of samples, shape (m,).
        loss: one of :data:`LOSSES`.

    Returns:
        Scalar.

    Source:
        Goodfellow et al. 2014, section 3; Arjovsky, Chintala & Bottou 2017, theorem 3.
    """
    if loss == "wasserstein":
        return -tf.reduce_mean(fake)
    if loss == "minimax":
        return -tf.reduce_mean(tf.nn.softplus(fake))
    return tf.reduce_mean(tf.nn.softplus(-fake))


def gradient_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, fake: tf.Tensor, mix: tf.Tensor
) -> tf.Tensor:
    """How far the critic is from slope 1 between data and samples.

    ::

        mean of (‖∇_x f(x̂)‖ − 1)²,   x̂ = mix·real + (1 − mix)·fake

    Args:
        critic: from (n, *event) to (n, 1) or (n,).
        real: data, shape (n, *event).
        fake: samples, shape (n, *event).
        mix: in [0, 1], shape (n,).

    Returns:
        Scalar; differentiable in the critic's weights, at slope 0 as well.

    Raises:
        ShapeError: data and samples differ in shape.

    Source:
        Gulrajani et al. 2017, eq. (3) and algorithm 1.
    """
    if real.shape[1:] != fake.shape[1:]:
        raise ShapeError(
            "samples have the data's shape", expected=tuple(real.shape[1:]), received=tuple(fake.shape[1:])
        )
    mix = tf.reshape(mix, [-1] + [1] * (real.shape.rank - 1))
    between = mix * real + (1.0 - mix) * fake
    with tf.GradientTape() as tape:
        tape.watch(between)
        score = tf.reduce_sum(critic(between))
    slope = tape.gradient(score, between)
    norm = safe_sqrt(tf.reduce_sum(slope**2, axis=range(1, slope.shape.rank)))
    return tf.reduce_mean((norm - 1.0) ** 2)


def optimal_discriminator(log_p: Any, log_q: Any) -> np.ndarray:
    """The discriminator that no other beats.

    ::

        D*(x) = p(x)/(p(x) + q(x)) = σ(log p(x) − log q(x))

    Args:
        log_p: log density of the data.
        log_q: of the samples, same shape.

    Returns:
        Probabilities of "data", float64.

    Example:
        >>> optimal_discriminator([0.0], [np.log(3.0)]).round(12).tolist()
        [0.25]

    Source:
        Goodfellow et al. 2014, proposition 1.
    """
    difference = np.asarray(log_p, np.float64) - np.asarray(log_q, np.float64)
    # tanh does not overflow where exp would.
    return 0.5 * (1.0 + np.tanh(0.5 * difference))
