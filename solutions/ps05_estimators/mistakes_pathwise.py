"""Wrong pathwise gradients, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the tape is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import mistake

_PATH = "pathwise_gradient"

_IN_PATH = "ps05 lecture, The pathwise gradient"
_IN_VARIANCE = "ps05 lecture, Two variances"


@mistake(
    _PATH,
    "the two columns were exchanged",
    hint="The docstring says which column comes first.",
    lecture=_IN_PATH,
)
def path_columns_exchanged(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope * eps, slope], axis=1)


@mistake(
    _PATH,
    "d/dstd lacked the factor ε = ∂z/∂σ",
    hint="The slope of f is the same for both columns; ∂z/∂μ and ∂z/∂σ are not.",
    lecture=_IN_PATH,
)
def path_without_chain_rule(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope], axis=1)


@mistake(
    _PATH,
    "f′ were taken at the mean μ and not at each draw z",
    hint="Every draw has a slope of its own.",
    lecture=_IN_PATH,
)
def path_slope_at_mean(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + tf.zeros_like(eps)
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope * eps], axis=1)


@mistake(
    _PATH,
    "f′ were taken at the noise ε and not at z = μ + σε",
    hint="f is a function of z.",
    lecture=_IN_PATH,
)
def path_slope_at_noise(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    with tf.GradientTape() as tape:
        tape.watch(eps)
        values = f(eps)
    slope = tape.gradient(values, eps)
    return tf.stack([slope, slope * eps], axis=1)


@mistake(
    _PATH,
    "the argument `std` were a variance, so that its root scales the noise",
    hint="The name says which of the two it is.",
    lecture=_IN_PATH,
)
def path_std_as_variance(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + np.sqrt(std) * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope * eps / (2.0 * np.sqrt(std))], axis=1)


@mistake(
    _PATH,
    "the argument `std` were log σ, so that its exponential scales the noise",
    hint="The name says which of the two it is.",
    lecture=_IN_PATH,
)
def path_std_as_log_std(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + np.exp(std) * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope * eps * np.exp(std)], axis=1)


@mistake(
    _PATH,
    "the second column were the derivative with respect to log σ, not to σ",
    hint="The chain rule between log σ and σ is a factor of σ.",
    lecture=_IN_PATH,
)
def path_of_log_std(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope * std * eps], axis=1)


@mistake(
    _PATH,
    "the draw were (μ + ε)σ and not μ + σε",
    hint="What is the mean of your z?",
    lecture=_IN_PATH,
)
def path_shift_then_scale(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = (mean + eps) * std
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope * std, slope * (mean + eps)], axis=1)


@mistake(
    _PATH,
    "f(z) stood where its slope f′(z) belongs",
    hint="Differentiate *through* the draw.",
    lecture=_IN_PATH,
)
def path_value_for_slope(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    values = f(mean + std * eps)
    return tf.stack([values, values * eps], axis=1)


@mistake(
    _PATH,
    "the average over the draws were differentiated, so that each row is divided by their number",
    hint="One row a draw is asked for: differentiate f(z) itself, not its mean.",
    lecture=_IN_PATH,
)
def path_divided_by_n(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = tf.reduce_mean(f(z))
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope * eps], axis=1)


@mistake(
    _PATH,
    "the gradient were averaged over the draws and the average written in every row",
    hint="One row a draw is asked for; averages hide the variance that this part is about.",
    lecture=_IN_PATH,
)
def path_average_in_every_row(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    average = tf.reduce_mean(tf.stack([slope, slope * eps], axis=1), axis=0)
    return tf.ones_like(eps)[:, None] * average


@mistake(
    _PATH,
    "σ were cut off from the tape, so that d/dstd is 0",
    hint="Which of your tensors does the tape watch?",
    lecture=_IN_PATH,
)
def path_std_detached(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([slope, tf.zeros_like(slope)], axis=1)


@mistake(
    _PATH,
    "the draw were cut off from the tape, so that nothing depends on μ and σ",
    hint="A sample that was drawn before the tape, or passed through NumPy, is a number to it.",
    lecture=_IN_PATH,
)
def path_draw_detached(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    return tf.stack([tf.zeros_like(eps), tf.zeros_like(eps)], axis=1)


@mistake(
    _PATH,
    "the sign of the whole gradient were turned, as in a loss",
    hint="The gradient of E[f(z)] is asked for, not the direction of descent.",
    lecture=_IN_PATH,
)
def path_sign_turned(f: Any, mean: float, std: float, eps: Any) -> Any:
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    slope = tape.gradient(values, z)
    return tf.stack([-slope, -slope * eps], axis=1)


@mistake(
    _PATH,
    "the score-function estimate of part 3 were returned",
    hint="Its mean is the same, but here f is differentiated.",
    lecture=_IN_VARIANCE,
)
def path_score_instead(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    d_std = f(z) * ((z - mean) ** 2 / std**3 - 1.0 / std)
    return tf.stack([f(z) * (z - mean) / std**2, d_std], axis=1)
