"""The importance-weighted bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.errors import ShapeError
from course.estimators.noise import Seed, split_seed
from course.inference.elbo import one_a_draw
from course.validation import positive_int


def iwae_bound(log_weights: Any, axis: int = 0) -> tf.Tensor:
    """The log of the mean of k importance weights.

    ::

        L_k = log (1/k) Σ_j exp(log w_j),   log w_j = log p(x|z_j) + log p(z_j) − log q(z_j)

    k = 1 gives the ELBO's integrand; E[L_k] rises with k towards log p(x). Weights are sampled: a
    closed-form KL inside them would not give a bound.

    Args:
        log_weights: nats, k of them along ``axis``, k ≥ 1.
        axis: whose entries are averaged.

    Returns:
        The shape of ``log_weights`` without ``axis``.

    Raises:
        ShapeError: there is no weight to average.

    Example:
        >>> round(float(iwae_bound([-1000.0, -1000.0])), 3)  # no underflow
        -1000.0

    Source:
        Burda, Grosse & Salakhutdinov 2016, section 3.
    """
    weights = tf.convert_to_tensor(log_weights)
    if weights.shape.rank == 0 or weights.shape[axis] == 0:
        raise ShapeError(
            "a mean needs a weight", expected="k ≥ 1", received=f"log_weights of shape {tuple(weights.shape)}"
        )
    count = tf.cast(tf.shape(weights)[axis], weights.dtype)
    return tf.reduce_logsumexp(weights, axis=axis) - tf.math.log(count)


def log_importance_weights(
    log_likelihood: Callable[[tf.Tensor], tf.Tensor],
    prior: tfd.Distribution,
    posterior: tfd.Distribution,
    *,
    draws: int,
    seed: Seed,
) -> tf.Tensor:
    """Log importance weights of draws from q.

    Args:
        log_likelihood: maps z, shape (k, *batch, *event), to log p(x|z), shape (k, *batch).
        prior: p(z).
        posterior: q(z), batch shape (*batch).
        draws: k ≥ 1.
        seed: of the draws.

    Returns:
        ``log p(x|z) + log p(z) − log q(z)``, nats, shape (k, *batch).

    Raises:
        ArgumentError: ``draws`` is not positive.
        ShapeError: the log-likelihood is not one number a draw and batch entry.

    Example:
        >>> q = tfd.Normal([0.0, 1.0], 1.0)
        >>> log_importance_weights(lambda z: -z, q, q, draws=5, seed=1).shape
        TensorShape([5, 2])
    """
    z = posterior.sample(positive_int(draws, "draws"), seed=split_seed(seed, 1)[0])
    likelihood = one_a_draw(log_likelihood(z), draws, posterior)
    return likelihood + prior.log_prob(z) - posterior.log_prob(z)
