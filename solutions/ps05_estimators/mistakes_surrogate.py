"""Wrong losses for the score function, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the density is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import mistake

_SURROGATE = "reinforce_surrogate"

_IN_LOSS = "ps05 lecture, A loss to differentiate"
_IN_BASELINE = "ps05 lecture, Baselines"


@mistake(
    _SURROGATE,
    "nothing were held fixed, so that the tape also goes through the draw, in f and in log p",
    hint="Both f(z) and the z inside log p are numbers here.",
    lecture=_IN_LOSS,
)
def surrogate_nothing_stopped(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = mean + std * eps
    log_density = -0.5 * ((z - mean) / std) ** 2 - log_std
    return tf.reduce_mean(f(z) * log_density)


@mistake(
    _SURROGATE,
    "f(z) were held fixed, but not the z inside log p",
    hint="Written out, log N(μ + σε; μ, σ²) has no μ in it any more.",
    lecture=_IN_LOSS,
)
def surrogate_draw_not_stopped(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = mean + std * eps
    log_density = -0.5 * ((z - mean) / std) ** 2 - log_std
    return tf.reduce_mean(tf.stop_gradient(f(z)) * log_density)


@mistake(
    _SURROGATE,
    "the z inside log p were held fixed, but f(z) were not: its slope is added, weighted by log p",
    hint="f(z) weighs the scores; it is not to be differentiated.",
    lecture=_IN_LOSS,
)
def surrogate_values_not_stopped(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = mean + std * eps
    values = f(z)
    z = tf.stop_gradient(z)
    log_density = -0.5 * ((z - mean) / std) ** 2 - log_std
    return tf.reduce_mean(values * log_density)


@mistake(
    _SURROGATE,
    "the average of f(μ + σε) were returned, whose gradient is the pathwise one",
    hint="This loss may call f, but its gradient never asks for the slope of f.",
    lecture=_IN_LOSS,
)
def surrogate_pathwise(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    return tf.reduce_mean(f(mean + std * eps))


@mistake(
    _SURROGATE,
    "f(z) were multiplied by the density and not by the log-density",
    hint="The draws already come in proportion to the density.",
    lecture=_IN_LOSS,
)
def surrogate_density_not_log(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = tf.stop_gradient(mean + std * eps)
    density = tf.exp(-0.5 * ((z - mean) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    return tf.reduce_mean(tf.stop_gradient(f(z)) * density)


@mistake(
    _SURROGATE,
    "log σ were missing from the log-density",
    hint="The normaliser of N(z; μ, σ²) depends on one of the two parameters.",
    lecture=_IN_LOSS,
)
def surrogate_normaliser_forgotten(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = tf.stop_gradient(mean + std * eps)
    return tf.reduce_mean(tf.stop_gradient(f(z)) * -0.5 * ((z - mean) / std) ** 2)


@mistake(
    _SURROGATE,
    "the sign were turned, as in a loss to be minimised",
    hint="The gradient of E[f(z)] is asked for: follow it uphill.",
    lecture=_IN_LOSS,
)
def surrogate_sign_turned(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = tf.stop_gradient(mean + std * eps)
    log_density = -0.5 * ((z - mean) / std) ** 2 - log_std
    return -tf.reduce_mean(tf.stop_gradient(f(z)) * log_density)


@mistake(
    _SURROGATE,
    "the terms were added up over the draws and not averaged",
    hint="With twice the draws your gradient is twice as long.",
    lecture=_IN_LOSS,
)
def surrogate_sum(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = tf.stop_gradient(mean + std * eps)
    log_density = -0.5 * ((z - mean) / std) ** 2 - log_std
    return tf.reduce_sum(tf.stop_gradient(f(z)) * log_density)


@mistake(
    _SURROGATE,
    "the argument `log_std` were taken for σ itself",
    hint="The name says which of the two it is.",
    lecture=_IN_LOSS,
)
def surrogate_log_std_as_std(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    z = tf.stop_gradient(mean + log_std * eps)
    log_density = -0.5 * ((z - mean) / log_std) ** 2 - tf.math.log(tf.abs(log_std))
    return tf.reduce_mean(tf.stop_gradient(f(z)) * log_density)


@mistake(
    _SURROGATE,
    "the argument `log_std` were taken for the logarithm of the variance",
    hint="The name says which of the two it is.",
    lecture=_IN_LOSS,
)
def surrogate_log_std_as_log_variance(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(0.5 * log_std)
    z = tf.stop_gradient(mean + std * eps)
    log_density = -0.5 * ((z - mean) / std) ** 2 - 0.5 * log_std
    return tf.reduce_mean(tf.stop_gradient(f(z)) * log_density)


@mistake(
    _SURROGATE,
    "the factor ½ in the log-density were missing",
    hint="Write log N(z; μ, σ²) out in full.",
    lecture=_IN_LOSS,
)
def surrogate_half_forgotten(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = tf.stop_gradient(mean + std * eps)
    log_density = -(((z - mean) / std) ** 2) - log_std
    return tf.reduce_mean(tf.stop_gradient(f(z)) * log_density)


@mistake(
    _SURROGATE,
    "the average of f were subtracted as a baseline, the own value included",
    hint="A baseline is not asked for here, and this one contains the draw itself.",
    lecture=_IN_BASELINE,
)
def surrogate_with_baseline(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = tf.stop_gradient(mean + std * eps)
    log_density = -0.5 * ((z - mean) / std) ** 2 - log_std
    values = tf.stop_gradient(f(z))
    return tf.reduce_mean((values - tf.reduce_mean(values)) * log_density)


@mistake(
    _SURROGATE,
    "the average of f times the average of log p were returned",
    hint="The average of a product is not the product of averages.",
    lecture=_IN_LOSS,
)
def surrogate_product_of_averages(f: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = tf.exp(log_std)
    z = tf.stop_gradient(mean + std * eps)
    log_density = -0.5 * ((z - mean) / std) ** 2 - log_std
    return tf.reduce_mean(tf.stop_gradient(f(z))) * tf.reduce_mean(log_density)
