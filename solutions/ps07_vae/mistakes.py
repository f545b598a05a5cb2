"""Wrong bounds in ps07, each with what a tutor would say.

As in the other files of the bank, each is self-contained and can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_JENSEN = "jensen"
_ELBO_BOTH_WAYS = "elbo_both_ways"

_IN_JENSEN_BY_NUMBERS = "ps07 lecture, Jensen by numbers"
_IN_THE_BOUND_TWO_WAYS = "ps07 lecture, The bound, two ways"


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
