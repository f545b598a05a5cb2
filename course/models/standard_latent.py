"""What models with a standard normal latent share: noise, weights, the bound of many examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.errors import ShapeError
from course.inference.iwae_bound import iwae_bound
from course.layers.noise import standard_normal
from course.validation import positive_int


def latent_noise(
    generator: keras.random.SeedGenerator, mean: tf.Tensor, eps: Any = None, draws: int = 1
) -> tf.Tensor:
    """Standard normal noise for a posterior: the given one, checked, or a new one.

    Args:
        generator: of new noise.
        mean: of the posterior, shape (batch, latent_size).
        eps: shape (draws, batch, latent_size), or None.
        draws: of new noise.

    Returns:
        float32, shape (draws, batch, latent_size).

    Raises:
        ShapeError: the given noise has another shape.
    """
    if eps is None:
        return standard_normal(generator, tf.concat([[draws], tf.shape(mean)], axis=0), tf.float32)
    eps = tf.convert_to_tensor(eps, tf.float32)
    if eps.shape.rank != 3 or eps.shape[-1] != mean.shape[-1]:
        raise ShapeError(
            "noise has the shape (draws, batch, latent_size)",
            expected=f"(draws, batch, {mean.shape[-1]})",
            received=tuple(eps.shape),
        )
    return eps


def log_prior_over_posterior(z: tf.Tensor, eps: tf.Tensor, log_var: tf.Tensor) -> tf.Tensor:
    """``log N(z; 0, I) − log N(z; mean, exp(log_var))`` of ``z = mean + exp(log_var/2)·eps``.

    Args:
        z: shape (draws, batch, latent_size).
        eps: the noise that z was made of, the same shape.
        log_var: shape (batch, latent_size).

    Returns:
        Nats, shape (draws, batch).
    """
    # (z − mean)²/variance is eps²; the constants ½ log 2π of both densities cancel.
    return 0.5 * tf.reduce_sum(eps**2 + log_var - z**2, axis=-1)


def bound_of_many(
    log_weights: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    x: np.ndarray,
    generator: keras.random.SeedGenerator,
    *,
    latent_size: int,
    draws: int,
    batch_size: int,
) -> np.ndarray:
    """The importance-weighted bound of each example, some examples at a time.

    Args:
        log_weights: from examples and noise (draws, batch, latent_size) to log weights (draws, batch).
        x: examples, the batch axis first.
        generator: of the noise.
        latent_size: ≥ 1.
        draws: k ≥ 1.
        batch_size: examples at a time, ≥ 1.

    Returns:
        Nats, float64, shape (n,).

    Raises:
        ArgumentError: a number is not positive.

    Source:
        Burda, Grosse & Salakhutdinov 2016, eq. (8).
    """
    count, size, bounds = positive_int(draws, "draws"), positive_int(batch_size, "batch_size"), []
    for start in range(0, len(x), size):
        batch = tf.convert_to_tensor(x[start : start + size])
        eps = standard_normal(generator, [count, len(batch), latent_size], tf.float32)
        bounds.append(iwae_bound(log_weights(batch, eps)).numpy().astype(np.float64))
    return np.concatenate(bounds)
