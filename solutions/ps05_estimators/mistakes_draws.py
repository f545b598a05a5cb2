"""Wrong ways to draw score-function estimates, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the draw is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import mistake

_DRAWS = "draw_score_gradients"

_IN_DRAWS = "ps05 lecture, The score function on one example"
_IN_NOISE = "ps05 lecture, Independent draws"
_IN_SCORE = "ps05 lecture, The score function"
_IN_VARIANCE = "ps05 lecture, Two variances"
_IN_BASELINE = "ps05 lecture, Baselines"


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
    hint="Baselines come in part 5; here the variance of the plain estimator is asked for.",
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
