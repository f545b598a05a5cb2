"""Wrong bounds, divergences and draws in ps07, each with what a tutor would say.

As in the other files of the bank, each is self-contained and can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import mistake

_JENSEN = "jensen"
_ELBO_BOTH_WAYS = "elbo_both_ways"
_GAUSSIAN_KL = "gaussian_kl"
_SAMPLE_LATENT = "sample_latent"

_IN_JENSEN_BY_NUMBERS = "ps07 lecture, Jensen by numbers"
_IN_THE_BOUND_TWO_WAYS = "ps07 lecture, The bound, two ways"
_IN_THE_KL_IN_CLOSED_FORM = "ps07 lecture, The KL in closed form"
_IN_THE_REPARAMETERISED_DRAW = "ps07 lecture, The reparameterised draw"


# jensen


@mistake(
    _JENSEN,
    "the two sides came in the other order",
    hint="Which of the two is the larger?",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_swapped(probabilities: Any, values: Any) -> Any:
    return np.sum(probabilities * np.log(values)), np.log(np.sum(probabilities * values))


@mistake(
    _JENSEN,
    "all values weighed the same",
    hint="The expectation is under p, not under a uniform law.",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_without_law(probabilities: Any, values: Any) -> Any:
    return np.log(np.mean(values)), np.mean(np.log(values))


@mistake(
    _JENSEN,
    "the values were summed without the probabilities",
    hint="Where does p stand in each of the two sums?",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_sum_of_logs(probabilities: Any, values: Any) -> Any:
    return np.log(np.sum(values)), np.sum(np.log(values))


@mistake(
    _JENSEN,
    "the logarithm were taken of p·g on the right side",
    hint="log g alone is averaged; the weights stay as they are.",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_log_of_law_too(probabilities: Any, values: Any) -> Any:
    return np.log(np.sum(probabilities * values)), np.sum(np.log(probabilities * values))


@mistake(
    _JENSEN,
    "log(p·g) were averaged in place of log g",
    hint="The law weighs; it is no part of what is averaged.",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_entropy_inside(probabilities: Any, values: Any) -> Any:
    return np.log(np.sum(probabilities * values)), np.sum(probabilities * np.log(probabilities * values))


@mistake(
    _JENSEN,
    "the logarithms were to the base 2",
    hint="Nats throughout: one unit for every figure of this problem set.",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_base_two(probabilities: Any, values: Any) -> Any:
    return np.log2(np.sum(probabilities * values)), np.sum(probabilities * np.log2(values))


@mistake(
    _JENSEN,
    "the left side were returned twice",
    hint="Which comes first on the right side, the logarithm or the mean?",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_right_forgotten(probabilities: Any, values: Any) -> Any:
    left = np.log(np.sum(probabilities * values))
    return left, left


@mistake(
    _JENSEN,
    "the sums over p·g were means: divided by K once more",
    hint="The probabilities add to 1 already.",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_mean_of_products(probabilities: Any, values: Any) -> Any:
    return np.log(np.mean(probabilities * values)), np.mean(probabilities * np.log(values))


@mistake(
    _JENSEN,
    "the left side had no logarithm",
    hint="The inequality compares two numbers on the scale of logarithms.",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_no_logarithm_left(probabilities: Any, values: Any) -> Any:
    return np.sum(probabilities * values), np.sum(probabilities * np.log(values))


@mistake(
    _JENSEN,
    "the exponential were in the place of the logarithm",
    hint="The exponential bends the other way, and the inequality turns round.",
    lecture=_IN_JENSEN_BY_NUMBERS,
)
def jensen_exponential(probabilities: Any, values: Any) -> Any:
    return np.exp(np.sum(probabilities * values)), np.sum(probabilities * np.exp(values))


# elbo_both_ways


@mistake(
    _ELBO_BOTH_WAYS,
    "E_q[log p(x|z)] were taken at the mean of q alone",
    hint="q has a variance: E_q[(x − wz)²] is more than (x − w·m)².",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_without_spread(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2)
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "the variance of q entered without w²",
    hint="The variance of w·z is w² times that of z.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_spread_without_w(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + d * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "σ² were squared again, as if it were the standard deviation",
    hint="`noise_var` is the variance already.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_noise_as_std(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    noise_var = noise_var**2
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "the normaliser ½ log 2πσ² of the D pixels were left out of both densities of x",
    hint="Constants cancel in a gradient, not in a value.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_normaliser_forgotten(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * square / noise_var
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "the normaliser were counted once, not for each of the D pixels",
    hint="log N(x; ·, σ²I) is a sum over pixels.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_one_normaliser(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    once = np.log(2.0 * np.pi * noise_var)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + once)
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + once + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "the KL to the prior had no factor ½",
    hint="At m = 0 and small v, compare with −½ log v.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_kl_half_forgotten(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = q_mean**2 + q_var - 1.0 - np.log(q_var)
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "the KL to the prior ran the other way, KL(p(z)‖q)",
    hint="The expectation of a KL is under its first law.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_kl_turned(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * ((q_mean**2 + 1.0) / q_var - 1.0 + np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "the precision of the posterior lacked the prior's 1",
    hint="Precisions add: the prior's, then each pixel's w²/σ².",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_prior_forgotten(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "log p(x) were log p(x|z = 0)",
    hint="Integrating over z widens the law of x to σ²I + wwᵀ.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_evidence_at_prior_mean(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    evidence = -0.5 * (np.sum(x**2) / noise_var + d * np.log(2.0 * np.pi * noise_var))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "log p(x) lacked the determinant of wwᵀ + σ²I beyond σ²",
    hint="det(σ²I + wwᵀ) = σ^(2D)·(1 + w·w/σ²).",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_evidence_without_determinant(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "KL(q‖p(z|x)) compared the means alone",
    hint="Two Gaussians also differ in their variances.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_posterior_kl_of_means(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    kl_posterior = 0.5 * (q_mean - posterior_mean) ** 2 * precision
    return likelihood, kl_prior, evidence, kl_posterior


@mistake(
    _ELBO_BOTH_WAYS,
    "the two KLs had changed places",
    hint="Factorisation #2 has the prior, #1 the posterior.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_swapped_kls(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    quadratic = np.sum(x**2) / noise_var - posterior_mean**2 * precision
    evidence = -0.5 * (quadratic + d * np.log(2.0 * np.pi * noise_var) + np.log(precision))
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_posterior, evidence, kl_prior


@mistake(
    _ELBO_BOTH_WAYS,
    "the third number were the ELBO, not log p(x)",
    hint="log p(x) does not depend on q.",
    lecture=_IN_THE_BOUND_TWO_WAYS,
)
def elbo_evidence_is_bound(x: Any, w: Any, noise_var: Any, q_mean: Any, q_var: Any) -> Any:
    d = len(x)
    square = np.sum((x - w * q_mean) ** 2) + np.sum(w**2) * q_var
    likelihood = -0.5 * (square / noise_var + d * np.log(2.0 * np.pi * noise_var))
    kl_prior = 0.5 * (q_mean**2 + q_var - 1.0 - np.log(q_var))
    precision = 1.0 + np.sum(w**2) / noise_var
    posterior_mean = np.sum(w * x) / noise_var / precision
    ratio = q_var * precision
    kl_posterior = 0.5 * (ratio - 1.0 - np.log(ratio) + (q_mean - posterior_mean) ** 2 * precision)
    return likelihood, kl_prior, likelihood - kl_prior, kl_posterior


# gaussian_kl


@mistake(
    _GAUSSIAN_KL,
    "the factor ½ were missing",
    hint="Every entry is twice as large.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_without_half(mean: Any, log_var: Any) -> Any:
    return tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "its sign were turned, as in the formula for −KL in Kingma & Welling's appendix",
    hint="A KL is never negative.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_sign_turned(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(1.0 + log_var - mean**2 - tf.exp(log_var), axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the −1 were left out",
    hint="What is the KL of the prior from itself?",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_without_one(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the 1 were taken off once and not for each latent",
    hint="The sum runs over all four terms.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_one_once(mean: Any, log_var: Any) -> Any:
    return 0.5 * (tf.reduce_sum(mean**2 + tf.exp(log_var) - log_var, axis=-1) - 1.0)


@mistake(
    _GAUSSIAN_KL,
    "the latents were averaged, not summed",
    hint="Independent coordinates add their KLs.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_mean_over_latents(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_mean(mean**2 + tf.exp(log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "it were KL(p(z)‖q)",
    hint="The expectation is under q, the first argument.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_turned(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum((mean**2 + 1.0) * tf.exp(-log_var) - 1.0 + log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "`log_var` were log σ, not log σ²",
    hint="exp(log_var) is the variance itself.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_log_std(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(2.0 * log_var) - 1.0 - 2.0 * log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "σ were in the place of σ²",
    hint="Which power of σ does the formula have?",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_std_for_variance(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(0.5 * log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the mean were not squared",
    hint="A posterior on the left of the prior costs as much as one on the right.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_mean_not_squared(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean + tf.exp(log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the mean were left out",
    hint="Is a posterior far from the origin free?",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_without_mean(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(tf.exp(log_var) - 1.0 - log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the logarithm of σ² were squared",
    hint="log σ², not (log σ²)²: the term is negative where σ > 1.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_log_squared(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 - log_var**2, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "the logarithm were added, not subtracted",
    hint="As σ → 0 the KL grows without bound.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_log_sign(mean: Any, log_var: Any) -> Any:
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 + log_var, axis=-1)


@mistake(
    _GAUSSIAN_KL,
    "it were summed over the images too and divided by their number",
    hint="One number for each image is asked for.",
    lecture=_IN_THE_KL_IN_CLOSED_FORM,
)
def kl_over_batch(mean: Any, log_var: Any) -> Any:
    kl = 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - 1.0 - log_var, axis=-1)
    return tf.fill([len(mean)], tf.reduce_mean(kl))


# sample_latent


@mistake(
    _SAMPLE_LATENT,
    "the noise were multiplied by σ²: the ½ is missing",
    hint="exp(log σ²) is a variance; noise is scaled by a standard deviation.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_std_is_variance(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + tf.exp(log_var) * eps


@mistake(
    _SAMPLE_LATENT,
    "the noise were multiplied by log σ²",
    hint="A log variance may be negative; a scale may not.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_log_var_as_std(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + log_var * eps


@mistake(
    _SAMPLE_LATENT,
    "the exponent were 2·log σ²",
    hint="Half of log σ² is log σ.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_doubled(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + tf.exp(2.0 * log_var) * eps


@mistake(
    _SAMPLE_LATENT,
    "the mean were scaled as well: σ(μ + ε)",
    hint="Scale the noise first, shift it then.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_scaled_after(mean: Any, log_var: Any, eps: Any) -> Any:
    return tf.exp(0.5 * log_var) * (mean + eps)


@mistake(
    _SAMPLE_LATENT,
    "the noise were subtracted",
    hint="As a law this is right too; with given noise, z = μ + σε is asked for.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_minus(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean - tf.exp(0.5 * log_var) * eps


@mistake(
    _SAMPLE_LATENT,
    "no noise were added: z = μ",
    hint="Then it is a plain autoencoder.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_without_noise(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + 0.0 * log_var * eps


@mistake(
    _SAMPLE_LATENT,
    "the noise had standard deviation 1 whatever log_var says",
    hint="Where does σ enter?",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_noise_unscaled(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + eps + 0.0 * log_var


@mistake(
    _SAMPLE_LATENT,
    "z were cut from its parameters (stop_gradient)",
    hint="The values are right, but no gradient reaches the encoder.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_detached(mean: Any, log_var: Any, eps: Any) -> Any:
    return tf.stop_gradient(mean + tf.exp(0.5 * log_var) * eps) + 0.0 * (mean + log_var)


@mistake(
    _SAMPLE_LATENT,
    "σ were cut from log_var (stop_gradient)",
    hint="The values are right; how does z move when σ does?",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_std_detached(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + tf.stop_gradient(tf.exp(0.5 * log_var)) * eps + 0.0 * log_var


@mistake(
    _SAMPLE_LATENT,
    "μ were cut (stop_gradient)",
    hint="The values are right; how does z move when μ does?",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_mean_detached(mean: Any, log_var: Any, eps: Any) -> Any:
    return tf.stop_gradient(mean) + tf.exp(0.5 * log_var) * eps + 0.0 * mean


@mistake(
    _SAMPLE_LATENT,
    "the first image's noise were used for all images",
    hint="Each image has noise of its own.",
    lecture=_IN_THE_REPARAMETERISED_DRAW,
)
def sample_one_noise_for_all(mean: Any, log_var: Any, eps: Any) -> Any:
    return mean + tf.exp(0.5 * log_var) * eps[:1]
