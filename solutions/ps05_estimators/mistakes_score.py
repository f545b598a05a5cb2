"""Wrong score-function gradients, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the score is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import mistake

_SCORE = "score_function_gradient"

_IN_SCORE = "ps05 lecture, The score function"
_IN_PATH = "ps05 lecture, The pathwise gradient"
_IN_BASELINE = "ps05 lecture, Baselines"


@mistake(
    _SCORE,
    "f(z) were multiplied by the gradient of the density, not of the log-density",
    hint="The draws already come in proportion to the density; weighting by it counts it twice.",
    lecture=_IN_SCORE,
)
def score_density_not_log(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    density = tf.exp(-0.5 * ((z - mean) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    d_mean = f(z) * density * (z - mean) / std**2
    d_std = f(z) * density * ((z - mean) ** 2 / std**3 - 1.0 / std)
    return tf.stack([d_mean, d_std], axis=1)


@mistake(
    _SCORE,
    "the scores were returned without f(z)",
    hint="The mean of a score is 0 whatever f is; where does f enter?",
    lecture=_IN_SCORE,
)
def score_without_f(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    return tf.stack([(z - mean) / std**2, (z - mean) ** 2 / std**3 - 1.0 / std], axis=1)


@mistake(
    _SCORE,
    "log σ were missing from the log-density, so that d/dstd lacks −1/σ",
    hint="The normaliser of N(z; μ, σ²) depends on one of the two parameters.",
    lecture=_IN_SCORE,
)
def score_normaliser_forgotten(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    return tf.stack([f(z) * (z - mean) / std**2, f(z) * (z - mean) ** 2 / std**3], axis=1)


@mistake(
    _SCORE,
    "the argument `std` were taken for the variance in the log-density",
    hint="Which power of σ stands in the exponent of the normal density?",
    lecture=_IN_SCORE,
)
def score_std_as_variance(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    d_std = f(z) * ((z - mean) ** 2 / (2.0 * std**2) - 1.0 / (2.0 * std))
    return tf.stack([f(z) * (z - mean) / std, d_std], axis=1)


@mistake(
    _SCORE,
    "ε stood in the score where z − μ belongs",
    hint="z − μ is σε: the score is a function of z, not of the noise behind it.",
    lecture=_IN_SCORE,
)
def score_noise_for_residual(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    values = f(mean + std * eps)
    return tf.stack([values * eps / std**2, values * (eps**2 / std**3 - 1.0 / std)], axis=1)


@mistake(
    _SCORE,
    "f were evaluated at ε and not at z = μ + σε",
    hint="f is a function of z.",
    lecture=_IN_SCORE,
)
def score_f_of_noise(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    residual = std * eps
    d_std = f(eps) * (residual**2 / std**3 - 1.0 / std)
    return tf.stack([f(eps) * residual / std**2, d_std], axis=1)


@mistake(
    _SCORE,
    "the log-density were differentiated through z as well, because z was not held fixed",
    hint="In ∇ log p(z) the draw is a number; the tape must not see where it came from (tf.stop_gradient).",
    lecture=_IN_SCORE,
)
def score_through_the_draw(f: Any, mean: float, std: float, eps: Any) -> Any:
    # log N(μ + σε; μ, σ²) = −½ε² − log σ + const: nothing is left of μ.
    z = mean + std * tf.convert_to_tensor(eps)
    return tf.stack([tf.zeros_like(z), -f(z) / std], axis=1)


@mistake(
    _SCORE,
    "the pathwise gradient were returned",
    hint="The score-function estimator never asks for the slope of f.",
    lecture=_IN_PATH,
)
def score_pathwise_instead(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope * eps], axis=1)


@mistake(
    _SCORE,
    "the pathwise gradient were added, because the tape also followed f(z)",
    hint="f(z) is a weight here, a number; hold it fixed.",
    lecture=_IN_SCORE,
)
def score_and_pathwise(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    d_mean = values * (z - mean) / std**2 + slope
    d_std = values * ((z - mean) ** 2 / std**3 - 1.0 / std) + slope * eps
    return tf.stack([d_mean, d_std], axis=1)


@mistake(
    _SCORE,
    "the second column were the derivative with respect to the variance, not to the standard deviation",
    hint="The chain rule between σ² and σ is a factor of 2σ.",
    lecture=_IN_SCORE,
)
def score_of_variance(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    d_variance = f(z) * ((z - mean) ** 2 / (2.0 * std**4) - 1.0 / (2.0 * std**2))
    return tf.stack([f(z) * (z - mean) / std**2, d_variance], axis=1)


@mistake(
    _SCORE,
    "the second column were the derivative with respect to log σ, not to σ",
    hint="The chain rule between log σ and σ is a factor of σ.",
    lecture=_IN_SCORE,
)
def score_of_log_std(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    return tf.stack([f(z) * (z - mean) / std**2, f(z) * ((z - mean) ** 2 / std**2 - 1.0)], axis=1)


@mistake(
    _SCORE,
    "the sign of the whole gradient were turned, as in a loss",
    hint="The gradient of E[f(z)] is asked for, not the direction of descent.",
    lecture=_IN_SCORE,
)
def score_sign_turned(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    d_std = -f(z) * ((z - mean) ** 2 / std**3 - 1.0 / std)
    return tf.stack([-f(z) * (z - mean) / std**2, d_std], axis=1)


@mistake(
    _SCORE,
    "the average of f over the draws were subtracted as a baseline",
    hint="Baselines come in part 5, and this one contains the draw itself.",
    lecture=_IN_BASELINE,
)
def score_with_baseline(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    values = f(z) - tf.reduce_mean(f(z))
    d_std = values * ((z - mean) ** 2 / std**3 - 1.0 / std)
    return tf.stack([values * (z - mean) / std**2, d_std], axis=1)


@mistake(
    _SCORE,
    "each row were divided by the number of draws",
    hint="The average over draws is the caller's; one row a draw is asked for.",
    lecture=_IN_SCORE,
)
def score_divided_by_n(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    values = f(z) / z.shape[0]
    d_std = values * ((z - mean) ** 2 / std**3 - 1.0 / std)
    return tf.stack([values * (z - mean) / std**2, d_std], axis=1)
