"""Wrong solutions of ps05 that people write, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the tape is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import mistake

_DRAWS = "draw_score_gradients"
_SCORE = "score_function_gradient"
_PATH = "pathwise_gradient"
_BASELINE = "leave_one_out_baseline"

_IN_DRAWS = "ps05 lecture, The score function on one example"
_IN_NOISE = "ps05 lecture, Independent draws"
_IN_SCORE = "ps05 lecture, The score function"
_IN_PATH = "ps05 lecture, The pathwise gradient"
_IN_VARIANCE = "ps05 lecture, Two variances"
_IN_BASELINE = "ps05 lecture, Baselines"


# draw_score_gradients


@mistake(
    _DRAWS,
    "the estimates were 2z, the pathwise gradient",
    hint="Its mean is right, but this exercise asks for the score function: z² is never differentiated.",
    lecture=_IN_VARIANCE,
)
def draws_pathwise(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return 2.0 * z


@mistake(
    _DRAWS,
    "z² were multiplied by z, not by z − θ",
    hint="Differentiate log N(z; θ, 1) with respect to θ once more, on paper.",
    lecture=_IN_DRAWS,
)
def draws_score_not_centred(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return z**2 * z


@mistake(
    _DRAWS,
    "the scores z − θ were returned without f(z) = z²",
    hint="The mean of a score is 0 whatever f is; where does f enter?",
    lecture=_IN_DRAWS,
)
def draws_without_f(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return z - theta


@mistake(
    _DRAWS,
    "the sign of the score were turned: θ − z",
    hint="For z above θ, does log N(z; θ, 1) rise or fall when θ grows?",
    lecture=_IN_DRAWS,
)
def draws_sign_turned(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return z**2 * (theta - z)


@mistake(
    _DRAWS,
    "the factor ½ in log N(z; θ, 1) = −½(z − θ)² + const were forgotten",
    hint="Every estimate is too large by the same factor.",
    lecture=_IN_DRAWS,
)
def draws_half_forgotten(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return z**2 * 2.0 * (z - theta)


@mistake(
    _DRAWS,
    "a baseline such as the average of z² were subtracted from z²",
    hint="Baselines come in part 4; here the variance of the plain estimator is asked for.",
    lecture=_IN_BASELINE,
)
def draws_with_baseline(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    values = z**2
    return (values - tf.reduce_mean(values)) * (z - theta)


@mistake(
    _DRAWS,
    "z were drawn from N(0, 1) and not from N(θ, 1)",
    hint="The score is right only where z has the law that it is the score of.",
    lecture=_IN_DRAWS,
)
def draws_not_shifted(theta: float, n: int) -> Any:
    z = tf.random.normal([n], dtype=tf.float64)
    return z**2 * (z - theta)


@mistake(
    _DRAWS,
    "the noise were multiplied by θ where θ should be added",
    hint="θ is the mean of z, not its standard deviation.",
    lecture=_IN_DRAWS,
)
def draws_scaled_not_shifted(theta: float, n: int) -> Any:
    z = theta * tf.random.normal([n], dtype=tf.float64)
    return z**2 * (z - theta)


@mistake(
    _DRAWS,
    "the noise were uniform on [0, 1), as from `rand`, and not normal",
    hint="Look at a histogram of your z.",
    lecture=_IN_NOISE,
)
def draws_uniform_noise(theta: float, n: int) -> Any:
    z = theta + tf.random.uniform([n], dtype=tf.float64)
    return z**2 * (z - theta)


@mistake(
    _DRAWS,
    "f(z) were multiplied by the gradient of the density, not of the log-density",
    hint="The draws already come in proportion to the density; weighting by it counts it twice.",
    lecture=_IN_SCORE,
)
def draws_density_not_log(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    density = tf.exp(-0.5 * (z - theta) ** 2) / np.sqrt(2.0 * np.pi)
    return z**2 * density * (z - theta)


@mistake(
    _DRAWS,
    "f′(z) = 2z stood where f(z) = z² belongs",
    hint="The score-function estimator never asks for the slope of f.",
    lecture=_IN_DRAWS,
)
def draws_slope_of_f(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return 2.0 * z * (z - theta)


@mistake(
    _DRAWS,
    "the pathwise gradient 2z were added to the score-function estimate",
    hint="Each of the two is unbiased by itself; together they count the gradient twice.",
    lecture=_IN_DRAWS,
)
def draws_both_added(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return z**2 * (z - theta) + 2.0 * z


@mistake(
    _DRAWS,
    "each estimate were divided by n",
    hint="The average over draws is the caller's; one estimate a draw is asked for.",
    lecture=_IN_DRAWS,
)
def draws_divided_by_n(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return z**2 * (z - theta) / n


@mistake(
    _DRAWS,
    "a seed were set, or a seeded generator made, inside the function",
    hint="Two calls must differ: make the generator outside, once.",
    lecture=_IN_NOISE,
)
def draws_seeded_inside(theta: float, n: int) -> Any:
    z = theta + np.random.default_rng(0).normal(size=n)
    return z**2 * (z - theta)


@mistake(
    _DRAWS,
    "one number were drawn and shared by all n estimates",
    hint="Check the shape that the noise is drawn with.",
    lecture=_IN_NOISE,
    twins=("draws_average_repeated",),  # both give n copies of one number that changes from call to call
)
def draws_noise_shared(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([], dtype=tf.float64)
    return tf.fill([n], z**2 * (z - theta))


@mistake(
    _DRAWS,
    "the average of the estimates were returned n times",
    hint="One estimate a draw is asked for, before any average.",
    lecture=_IN_NOISE,
)
def draws_average_repeated(theta: float, n: int) -> Any:
    z = theta + tf.random.normal([n], dtype=tf.float64)
    return tf.fill([n], tf.reduce_mean(z**2 * (z - theta)))


@mistake(
    _DRAWS,
    "a number that does not depend on any draw, such as the exact gradient, were returned n times",
    hint="The exact answer is known in this example only; an estimator has to draw.",
    lecture=_IN_NOISE,
)
def draws_exact_gradient(theta: float, n: int) -> Any:
    return tf.fill([n], tf.constant(2.0 * theta, tf.float64))


# score_function_gradient


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
    hint="Baselines come in part 4, and this one contains the draw itself.",
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


# pathwise_gradient


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
    "the score-function estimate of part 2 were returned",
    hint="Its mean is the same, but here f is differentiated.",
    lecture=_IN_VARIANCE,
)
def path_score_instead(f: Any, mean: float, std: float, eps: Any) -> Any:
    z = mean + std * tf.convert_to_tensor(eps)
    d_std = f(z) * ((z - mean) ** 2 / std**3 - 1.0 / std)
    return tf.stack([f(z) * (z - mean) / std**2, d_std], axis=1)


# leave_one_out_baseline


@mistake(
    _BASELINE,
    "the mean were taken over all values, the own one included",
    hint="Then the baseline depends on its own draw, and the estimate shrinks to (1 − 1/n) of the gradient.",
    lecture=_IN_BASELINE,
)
def baseline_own_value_included(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return tf.ones_like(values) * tf.reduce_mean(values)


@mistake(
    _BASELINE,
    "the sum of the other values were divided by n and not by n − 1",
    hint="How many others are there?",
    lecture=_IN_BASELINE,
)
def baseline_divided_by_n(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return (tf.reduce_sum(values) - values) / values.shape[0]


@mistake(
    _BASELINE,
    "the others were added up and not averaged",
    hint="A baseline has the size of one value.",
    lecture=_IN_BASELINE,
)
def baseline_sum(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return tf.reduce_sum(values) - values


@mistake(
    _BASELINE,
    "the sum of all values, the own one included, were divided by n − 1",
    hint="Take the own value out before you divide.",
    lecture=_IN_BASELINE,
)
def baseline_own_value_kept_in_sum(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return tf.ones_like(values) * tf.reduce_sum(values) / (values.shape[0] - 1)


@mistake(
    _BASELINE,
    "the own value were taken from the mean of all and not from their sum",
    hint="In what units is the mean, and in what the own share of it?",
    lecture=_IN_BASELINE,
)
def baseline_mean_minus_value(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return tf.reduce_mean(values) - values


@mistake(
    _BASELINE,
    "the value minus its baseline were returned, not the baseline",
    hint="The subtraction is the caller's.",
    lecture=_IN_BASELINE,
)
def baseline_advantage(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return values - (tf.reduce_sum(values) - values) / (values.shape[0] - 1)


@mistake(
    _BASELINE,
    "each baseline were the mean of the earlier values only",
    hint="The draws have no order: the later ones are others too.",
    lecture=_IN_BASELINE,
)
def baseline_earlier_values(values: Any) -> Any:
    values = np.asarray(values)
    earlier = np.cumsum(values) - values
    return earlier / np.maximum(np.arange(len(values)), 1)


@mistake(
    _BASELINE,
    "each baseline were the value next to it",
    hint="One other value keeps the estimate unbiased, but the mean of all the others varies less.",
    lecture=_IN_BASELINE,
)
def baseline_neighbour(values: Any) -> Any:
    return np.roll(np.asarray(values), 1)


@mistake(
    _BASELINE,
    "the median of the others were taken, not their mean",
    hint="Both are baselines; the docstring asks for one of them.",
    lecture=_IN_BASELINE,
)
def baseline_median(values: Any) -> Any:
    values = np.asarray(values)
    return np.array([np.median(np.delete(values, i)) for i in range(len(values))])


@mistake(
    _BASELINE,
    "the last value were left out for every draw",
    hint="Which value is left out should change from entry to entry.",
    lecture=_IN_BASELINE,
)
def baseline_last_left_out(values: Any) -> Any:
    values = np.asarray(values)
    return np.full(len(values), values[:-1].mean())


@mistake(
    _BASELINE,
    "the values were standardised: mean subtracted, divided by the standard deviation",
    hint="That is another way to tame a gradient, and it uses the own value twice.",
    lecture=_IN_BASELINE,
)
def baseline_standardised(values: Any) -> Any:
    values = np.asarray(values)
    return (values - values.mean()) / values.std()


@mistake(
    _BASELINE,
    "the mean were taken of the sizes |v| of the others",
    hint="Values can be negative, and should then lower the baseline.",
    lecture=_IN_BASELINE,
)
def baseline_of_sizes(values: Any) -> Any:
    sizes = np.abs(np.asarray(values))
    return (sizes.sum() - sizes) / (len(sizes) - 1)
