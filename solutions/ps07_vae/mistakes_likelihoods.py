"""Wrong log-likelihoods of ps07, each with what a tutor would say.

As in the other files of the bank, each is self-contained and can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from autograder.checks import mistake

from .reference import LOG_2PI

_BERNOULLI_LOG_LIKELIHOOD = "bernoulli_log_likelihood"
_GAUSSIAN_LOG_LIKELIHOOD = "gaussian_log_likelihood"

_IN_WHAT_A_DECODER_SAYS = "ps07 lecture, What a decoder says"


# bernoulli_log_likelihood


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "the pixels were averaged, not summed",
    hint="The KL is a sum over latents: with a mean here it weighs D times too much.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_mean(x: Any, logits: Any) -> Any:
    return tf.reduce_mean(x * logits - tf.nn.softplus(logits), axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "it were the cross-entropy: minus the log-likelihood",
    hint="A log-probability is never positive.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_sign(x: Any, logits: Any) -> Any:
    return tf.reduce_sum(tf.nn.softplus(logits) - x * logits, axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "a sigmoid were applied before a loss that applies one itself",
    hint="The logits go in as they are.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_sigmoid_twice(x: Any, logits: Any) -> Any:
    p = tf.sigmoid(logits)
    return tf.reduce_sum(x * p - tf.nn.softplus(p), axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "only the dark pixels counted",
    hint="A light pixel that should be light is evidence as well.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_dark_only(x: Any, logits: Any) -> Any:
    return tf.reduce_sum(x * (logits - tf.nn.softplus(logits)), axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "only the light pixels counted",
    hint="x = 1 has a probability, too.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_light_only(x: Any, logits: Any) -> Any:
    return tf.reduce_sum(-(1.0 - x) * tf.nn.softplus(logits), axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "dark and light had changed places",
    hint="At a large positive logit, which value is likely?",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_turned(x: Any, logits: Any) -> Any:
    return tf.reduce_sum((1.0 - x) * logits - tf.nn.softplus(logits), axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "log(p + 1e-7) had been taken",
    hint="At logits of ±1000 the answer stops at log 1e-7 = −16.1 a pixel.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_epsilon(x: Any, logits: Any) -> Any:
    p = tf.sigmoid(logits)
    return tf.reduce_sum(x * tf.math.log(p + 1e-7) + (1.0 - x) * tf.math.log(1.0 - p + 1e-7), axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "the probabilities were clipped to [1e-7, 1 − 1e-7]",
    hint="Keras does so when it is given probabilities; with logits nothing has to be clipped.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_clipped(x: Any, logits: Any) -> Any:
    p = tf.clip_by_value(tf.sigmoid(logits), 1e-7, 1.0 - 1e-7)
    return tf.reduce_sum(x * tf.math.log(p) + (1.0 - x) * tf.math.log(1.0 - p), axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "log(1 + exp(l)) were left out",
    hint="Then any image is the more likely the larger its logits.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_unnormalised(x: Any, logits: Any) -> Any:
    return tf.reduce_sum(x * logits, axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "it were minus the squared error of the probabilities",
    hint="A squared error is a Gaussian's log-likelihood, up to constants.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_squares(x: Any, logits: Any) -> Any:
    return -tf.reduce_sum((x - tf.sigmoid(logits)) ** 2, axis=-1)


@mistake(
    _BERNOULLI_LOG_LIKELIHOOD,
    "the sum ran over the images and the mean over the pixels",
    hint="Which axis counts the pixels?",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def bernoulli_over_images(x: Any, logits: Any) -> Any:
    values = tf.reduce_sum(x * logits - tf.nn.softplus(logits), axis=0)
    return tf.fill([len(x)], tf.reduce_mean(values))


# gaussian_log_likelihood


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "the factor ½ were missing",
    hint="−½(x − μ)²/σ², and ½ of each logarithm.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_without_half(x: Any, mean: Any, log_var: Any) -> Any:
    return -tf.reduce_sum((x - mean) ** 2 * tf.exp(-log_var) + log_var + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "the pixels were averaged, not summed",
    hint="The log-density of independent pixels is a sum.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_mean(x: Any, mean: Any, log_var: Any) -> Any:
    return -0.5 * tf.reduce_mean((x - mean) ** 2 * tf.exp(-log_var) + log_var + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "it were minus the log-density",
    hint="A better mean should raise the result.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_sign(x: Any, mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum((x - mean) ** 2 * tf.exp(-log_var) + log_var + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "`log_var` were log σ",
    hint="exp(log_var) is the variance.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_log_std(x: Any, mean: Any, log_var: Any) -> Any:
    return -0.5 * tf.reduce_sum((x - mean) ** 2 * tf.exp(-2.0 * log_var) + 2.0 * log_var + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "the square were divided by σ, not by σ²",
    hint="(x − μ)/σ is squared as a whole.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_divided_by_std(x: Any, mean: Any, log_var: Any) -> Any:
    return -0.5 * tf.reduce_sum((x - mean) ** 2 * tf.exp(-0.5 * log_var) + log_var + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "the square were multiplied by σ²",
    hint="A wide law forgives an error more easily.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_times_variance(x: Any, mean: Any, log_var: Any) -> Any:
    return -0.5 * tf.reduce_sum((x - mean) ** 2 * tf.exp(log_var) + log_var + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "log σ² were left out",
    hint="Without it the best σ is infinite.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_without_log_var(x: Any, mean: Any, log_var: Any) -> Any:
    return -0.5 * tf.reduce_sum((x - mean) ** 2 * tf.exp(-log_var) + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "log 2π were left out",
    hint="Constants cancel in a gradient, not in a value that is compared with other models.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_without_constant(x: Any, mean: Any, log_var: Any) -> Any:
    return -0.5 * tf.reduce_sum((x - mean) ** 2 * tf.exp(-log_var) + log_var, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "log 2π were counted once and not for each pixel",
    hint="Each of the D densities has its own.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_constant_once(x: Any, mean: Any, log_var: Any) -> Any:
    quadratic = tf.reduce_sum((x - mean) ** 2 * tf.exp(-log_var) + log_var, axis=-1)
    return -0.5 * (quadratic + LOG_2PI)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "the difference were not squared",
    hint="|x − μ| belongs to a Laplace law.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_not_squared(x: Any, mean: Any, log_var: Any) -> Any:
    return -0.5 * tf.reduce_sum(tf.abs(x - mean) * tf.exp(-log_var) + log_var + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "every pixel had the variance 1",
    hint="What is `log_var` for?",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_unit_variance(x: Any, mean: Any, log_var: Any) -> Any:
    return -0.5 * tf.reduce_sum((x - mean) ** 2 + LOG_2PI, axis=-1)


@mistake(
    _GAUSSIAN_LOG_LIKELIHOOD,
    "all pixels shared their mean log variance",
    hint="Each pixel has a variance of its own.",
    lecture=_IN_WHAT_A_DECODER_SAYS,
)
def gaussian_common_variance(x: Any, mean: Any, log_var: Any) -> Any:
    common = tf.reduce_mean(log_var)
    return -0.5 * tf.reduce_sum((x - mean) ** 2 * tf.exp(-common) + common + LOG_2PI, axis=-1)
