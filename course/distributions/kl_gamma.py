"""Gamma distributions: divergence and entropy."""

from __future__ import annotations

import tensorflow as tf

from course.distributions.tensors import common_tensors


def gamma_kl(
    concentration_q: tf.Tensor, rate_q: tf.Tensor, concentration_p: tf.Tensor, rate_p: tf.Tensor
) -> tf.Tensor:
    """KL(q‖p) of gamma distributions, elementwise.

    With a the concentrations and b the rates::

        KL = (a_q − a_p)·ψ(a_q) − log Γ(a_q) + log Γ(a_p) + a_p·(log b_q − log b_p) + a_q·(b_p/b_q − 1)

    Args:
        concentration_q: concentrations of q, > 0, any shape.
        rate_q: rates of q, > 0 (the mean is concentration / rate).
        concentration_p: concentrations of p, > 0.
        rate_p: rates of p, > 0.

    Returns:
        Nats, in the shape that the arguments broadcast to.

    Example:
        >>> abs(float(gamma_kl(2.0, 3.0, 2.0, 3.0))) < 1e-6
        True

    Source:
        Direct integration with E_q[log x] = ψ(a_q) − log b_q.
    """
    concentration_q, rate_q, concentration_p, rate_p = common_tensors(
        concentration_q, rate_q, concentration_p, rate_p
    )
    return (
        (concentration_q - concentration_p) * tf.math.digamma(concentration_q)
        - tf.math.lgamma(concentration_q)
        + tf.math.lgamma(concentration_p)
        + concentration_p * (tf.math.log(rate_q) - tf.math.log(rate_p))
        + concentration_q * (rate_p - rate_q) / rate_q
    )


def gamma_entropy(concentration: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
    """Differential entropy of gamma distributions, elementwise.

    ::

        H = a − log b + log Γ(a) + (1 − a)·ψ(a)

    Args:
        concentration: a, > 0, any shape.
        rate: b, > 0.

    Returns:
        Nats, in the shape that the arguments broadcast to.
    """
    concentration, rate = common_tensors(concentration, rate)
    return (
        concentration
        - tf.math.log(rate)
        + tf.math.lgamma(concentration)
        + (1.0 - concentration) * tf.math.digamma(concentration)
    )
