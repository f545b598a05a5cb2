"""Wrong weighted bounds and latent statistics of ps07, each with what a tutor would say.

As in the other files of the bank, each is self-contained and can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

from .reference import LOG_2PI

_IWAE_BOUND = "iwae_bound"
_UNIT_STATISTICS = "unit_statistics"

_IN_A_TIGHTER_BOUND = "ps07 lecture, A tighter bound"
_IN_POSTERIOR_COLLAPSE = "ps07 lecture, Posterior collapse"


# iwae_bound


@mistake(
    _IWAE_BOUND,
    "the log weights were averaged: the ELBO again",
    hint="First the mean of the weights, then the logarithm.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_mean_of_logs(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    return np.mean(log_weights, axis=0)


@mistake(
    _IWAE_BOUND,
    "the weights were summed: − log k is missing",
    hint="With more draws of equal weight the bound must not grow.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_without_log_k(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.sum(np.exp(log_weights - largest), axis=0))


@mistake(
    _IWAE_BOUND,
    "the largest weight had been taken",
    hint="The others count as well, if less.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_largest(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    return np.max(log_weights, axis=0)


@mistake(
    _IWAE_BOUND,
    "the losses −log w had been averaged by log-mean-exp, and the sign turned at the end",
    hint="log-mean-exp of −log w favours the worst draw.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_smallest_first(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    least = np.min(log_weights, axis=0)
    return least - np.log(np.mean(np.exp(least - log_weights), axis=0))


@mistake(
    _IWAE_BOUND,
    "log q(z|x) were left out",
    hint="z was drawn from q, not from the prior: the weight corrects for it.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_without_q(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


@mistake(
    _IWAE_BOUND,
    "log p(z) were left out",
    hint="The model's joint density is p(x|z)·p(z).",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_without_prior(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood - log_q
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


@mistake(
    _IWAE_BOUND,
    "the likelihoods alone were averaged",
    hint="That estimates p(x) from draws of the prior; these came from q.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_likelihood_alone(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + 0.0 * (log_prior - log_q)
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


@mistake(
    _IWAE_BOUND,
    "the ratio were q(z|x)/p(z)",
    hint="Multiply by the density you want, divide by the one you drew from.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_ratio_turned(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood - log_prior + log_q
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


@mistake(
    _IWAE_BOUND,
    "the closed-form KL stood inside the weights",
    hint="A weight belongs to one draw; an expectation inside it gives no bound for k > 1.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_closed_kl(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    kl = 0.5 * np.sum(mean**2 + np.exp(log_var) - 1.0 - log_var, axis=-1)
    log_weights = log_likelihood - kl
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


@mistake(
    _IWAE_BOUND,
    "log w were averaged with the normalised weights",
    hint="Σ w̃·log w is not log Σ w/k, although its gradient is related.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_self_normalised(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    largest = np.max(log_weights, axis=0)
    shares = np.exp(log_weights - largest)
    shares = shares / np.sum(shares, axis=0)
    return np.sum(shares * log_weights, axis=0)


@mistake(
    _IWAE_BOUND,
    "`log_var` were log σ in the density of q",
    hint="exp(log_var) is the variance.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_q_log_std(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(2.0 * log_var) + 2.0 * log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


@mistake(
    _IWAE_BOUND,
    "the density of q lacked its log σ²",
    hint="Narrow laws have high densities.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_q_without_log_var(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


@mistake(
    _IWAE_BOUND,
    "the mean of the weights ran over all images",
    hint="Each image has a bound of its own.",
    lecture=_IN_A_TIGHTER_BOUND,
)
def iwae_over_images(log_likelihood: Any, z: Any, mean: Any, log_var: Any) -> Any:
    log_prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + LOG_2PI, axis=-1)
    log_weights = log_likelihood + log_prior - log_q
    largest = np.max(log_weights)
    mean_weight = np.mean(np.exp(log_weights - largest))
    return np.full(log_weights.shape[1], largest + np.log(mean_weight))


# unit_statistics


@mistake(
    _UNIT_STATISTICS,
    "the KL were summed over the images",
    hint="The mean over images is asked for: it does not grow with the data.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_kl_summed(mean: Any, log_var: Any) -> Any:
    kl = np.sum(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.mean((mean - np.mean(mean, axis=0)) ** 2, axis=0)
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the KL had no factor ½",
    hint="It should add up to `gaussian_kl`.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_kl_without_half(mean: Any, log_var: Any) -> Any:
    kl = np.mean(mean**2 + np.exp(log_var) - 1.0 - log_var, axis=0)
    activity = np.mean((mean - np.mean(mean, axis=0)) ** 2, axis=0)
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the KL were that of the averaged parameters",
    hint="The mean of the KLs is not the KL of the means.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_kl_of_means(mean: Any, log_var: Any) -> Any:
    kl = 0.5 * (
        np.mean(mean, axis=0) ** 2 + np.exp(np.mean(log_var, axis=0)) - 1.0 - np.mean(log_var, axis=0)
    )
    activity = np.mean((mean - np.mean(mean, axis=0)) ** 2, axis=0)
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the KL lacked μ²",
    hint="An image's posterior also moves.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_kl_without_mean(mean: Any, log_var: Any) -> Any:
    kl = np.mean(0.5 * (np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.mean((mean - np.mean(mean, axis=0)) ** 2, axis=0)
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the activity were the mean of μ², not its variance",
    hint="A constant mean carries nothing about the image.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_second_moment(mean: Any, log_var: Any) -> Any:
    kl = np.mean(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.mean(mean**2, axis=0)
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the activity were a standard deviation",
    hint="Burda's figure is a variance; the threshold 0.01 belongs to it.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_std(mean: Any, log_var: Any) -> Any:
    kl = np.mean(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.sqrt(np.mean((mean - np.mean(mean, axis=0)) ** 2, axis=0))
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the variance were divided by N − 1",
    hint="`np.var` without ddof divides by N, as the specification does.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_one_less(mean: Any, log_var: Any) -> Any:
    kl = np.mean(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.sum((mean - np.mean(mean, axis=0)) ** 2, axis=0) / (len(mean) - 1)
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the activity were the mean of σ², the width of the posterior",
    hint="How much does the *mean* move between images?",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_posterior_variance(mean: Any, log_var: Any) -> Any:
    kl = np.mean(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.mean(np.exp(log_var), axis=0)
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the posterior's own variance were added to that of its mean",
    hint="That is the variance of z; a collapsed unit has 1 of it.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_marginal_variance(mean: Any, log_var: Any) -> Any:
    kl = np.mean(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.mean((mean - np.mean(mean, axis=0)) ** 2 + np.exp(log_var), axis=0)
    return kl, activity


@mistake(
    _UNIT_STATISTICS,
    "the activity came first",
    hint="The order of the results is part of the specification.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_swapped(mean: Any, log_var: Any) -> Any:
    kl = np.mean(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.mean((mean - np.mean(mean, axis=0)) ** 2, axis=0)
    return activity, kl


@mistake(
    _UNIT_STATISTICS,
    "the activity were taken about the mean over all units",
    hint="Each unit varies about its own mean.",
    lecture=_IN_POSTERIOR_COLLAPSE,
)
def units_grand_mean(mean: Any, log_var: Any) -> Any:
    kl = np.mean(0.5 * (mean**2 + np.exp(log_var) - 1.0 - log_var), axis=0)
    activity = np.mean((mean - np.mean(mean)) ** 2, axis=0)
    return kl, activity
