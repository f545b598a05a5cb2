"""Laplace distributions: divergences and entropy."""

from __future__ import annotations

import math

import tensorflow as tf

from course.distributions.tensors import common_tensors


def laplace_kl(loc_q: tf.Tensor, scale_q: tf.Tensor, loc_p: tf.Tensor, scale_p: tf.Tensor) -> tf.Tensor:
    """KL(q‖p) of Laplace distributions, elementwise.

    With Δ = |loc_q − loc_p|::

        KL = log(scale_p / scale_q) + (scale_q·exp(−Δ/scale_q) + Δ) / scale_p − 1

    Args:
        loc_q: locations of q, any shape.
        scale_q: scales of q, > 0 (the mean absolute deviation, not the std, which is √2·scale).
        loc_p: locations of p.
        scale_p: scales of p, > 0.

    Returns:
        Nats, in the shape that the arguments broadcast to.

    Example:
        >>> round(float(laplace_kl(0.0, 1.0, 0.0, 2.0)), 4)
        0.1931

    Source:
        Direct integration: E_q|w − loc_p| = scale_q·exp(−Δ/scale_q) + Δ.
    """
    loc_q, scale_q, loc_p, scale_p = common_tensors(loc_q, scale_q, loc_p, scale_p)
    distance = tf.abs(loc_q - loc_p)
    deviation = scale_q * tf.exp(-distance / scale_q) + distance
    return tf.math.log(scale_p) - tf.math.log(scale_q) + deviation / scale_p - 1.0


def gaussian_laplace_kl(mean: tf.Tensor, std: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """KL(q‖p) of a Gaussian q from a Laplace p, elementwise.

    With δ = mean − loc::

        KL = E|w − loc| / scale + log(2·scale) − ½ log(2πe·std²)
        E|w − loc| = std·√(2/π)·exp(−δ²/(2·std²)) + δ·erf(δ/(std·√2))

    Args:
        mean: means of q, any shape.
        std: standard deviations of q, > 0.
        loc: locations of p.
        scale: scales of p, > 0.

    Returns:
        Nats, in the shape that the arguments broadcast to.

    Source:
        The mean of the folded normal distribution (Leone, Nelson & Nottingham 1961).
    """
    mean, std, loc, scale = common_tensors(mean, std, loc, scale)
    shift = mean - loc
    ratio = shift / (std * math.sqrt(2.0))
    deviation = std * math.sqrt(2.0 / math.pi) * tf.exp(-tf.square(ratio)) + shift * tf.math.erf(ratio)
    entropy = tf.math.log(std) + 0.5 * math.log(2.0 * math.pi * math.e)
    return deviation / scale + tf.math.log(2.0 * scale) - entropy


def laplace_entropy(scale: tf.Tensor) -> tf.Tensor:
    """Differential entropy of Laplace distributions, elementwise: 1 + log(2·scale).

    Args:
        scale: scales, > 0, any shape.

    Returns:
        Nats, in the shape of ``scale``.
    """
    return 1.0 + tf.math.log(2.0 * scale)
