"""Wrong gradients of an ELBO, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the model is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_ELBO = "elbo_gradients"

_IN_BLACK_BOX = "ps05 lecture, Black-box inference"


@mistake(
    _ELBO,
    "the KL divergence were added and not subtracted",
    hint="A bound on log p(y) pays for leaving the prior.",
    lecture=_IN_BLACK_BOX,
)
def elbo_kl_added(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) + kl, score + d_kl, pathwise + d_kl


@mistake(
    _ELBO,
    "the KL divergence were in the bound, but its gradient in neither estimate",
    hint="The KL depends on both parameters.",
    lecture=_IN_BLACK_BOX,
)
def elbo_kl_not_differentiated(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score, pathwise


@mistake(
    _ELBO,
    "the KL divergence were left out altogether",
    hint="That is the expected log-likelihood, which has no prior in it.",
    lecture=_IN_BLACK_BOX,
)
def elbo_kl_forgotten(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood), score, pathwise


@mistake(
    _ELBO,
    "the KL's derivative by log σ were that by σ: σ − 1/σ",
    hint="The chain rule between log σ and σ is a factor of σ.",
    lecture=_IN_BLACK_BOX,
)
def elbo_kl_by_std(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std - 1.0 / std])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the factor ½ were missing from the KL divergence",
    hint="At μ = 2 and σ = 1 the KL divergence is 2 a dimension.",
    lecture=_IN_BLACK_BOX,
)
def elbo_kl_doubled(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(std**2 + mean**2 - 1.0 - 2.0 * log_std)
    d_kl = np.stack([2.0 * mean, 2.0 * std**2 - 2.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the log-likelihood were averaged over the examples and not added up",
    hint="The KL then weighs N times as much as it should.",
    lecture=_IN_BLACK_BOX,
)
def elbo_likelihood_averaged(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.mean(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = ((y - 1.0 / (1.0 + np.exp(-logits))) / len(y)) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the draws were added up and not averaged",
    hint="With twice the draws your bound is twice as large.",
    lecture=_IN_BLACK_BOX,
)
def elbo_draws_summed(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.sum(weights * noise / std, axis=0), np.sum(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.sum(slopes, axis=0), np.sum(slopes * eps * std, axis=0)])
    return np.sum(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the argument `log_std` were taken for the logarithm of the variance",
    hint="The name says which of the two it is.",
    lecture=_IN_BLACK_BOX,
)
def elbo_log_std_as_log_variance(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(0.5 * log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0 - log_std))
    d_kl = np.stack([mean, 0.5 * (std**2 - 1.0)])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack(
        [np.mean(weights * noise / std, axis=0), np.mean(weights * (0.5 * (noise**2 - 1.0)), axis=0)]
    )
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(0.5 * slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the derivatives by log σ were those by σ, in both estimates",
    hint="The chain rule between log σ and σ is a factor of σ.",
    lecture=_IN_BLACK_BOX,
)
def elbo_rows_by_std(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std - 1.0 / std])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack(
        [np.mean(weights * noise / std, axis=0), np.mean(weights * ((noise**2 - 1.0) / std), axis=0)]
    )
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the score were ε where ε/σ belongs, in the row for the mean",
    hint="The score is (w − μ)/σ².",
    lecture=_IN_BLACK_BOX,
)
def elbo_score_not_divided(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the score for log σ lacked its − 1",
    hint="The normaliser of q depends on σ.",
    lecture=_IN_BLACK_BOX,
)
def elbo_score_normaliser(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the log-likelihood were averaged over the draws before it weighs the scores",
    hint="Each draw's score has its own weight.",
    lecture=_IN_BLACK_BOX,
)
def elbo_weights_averaged(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = np.mean(likelihood)
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the pathwise row for log σ lacked ε",
    hint="How does w = μ + σε move when σ moves?",
    lecture=_IN_BLACK_BOX,
)
def elbo_path_without_noise(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the residual were σ(logit) − y, the gradient of a loss",
    hint="The log-likelihood is asked for, uphill.",
    lecture=_IN_BLACK_BOX,
)
def elbo_residual_sign(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (1.0 / (1.0 + np.exp(-logits)) - y) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


@mistake(
    _ELBO,
    "the two gradients were exchanged",
    hint="The docstring says which comes first.",
    lecture=_IN_BLACK_BOX,
)
def elbo_estimates_exchanged(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, pathwise - d_kl, score - d_kl


@mistake(
    _ELBO,
    "labels were taken as −1 and 1 in the log-likelihood",
    hint="y is 0 or 1 here.",
    lecture=_IN_BLACK_BOX,
)
def elbo_labels_signed(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = -np.sum(np.logaddexp(0.0, -y * logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])
    weights = likelihood[:, None]
    noise = (w - mean) / std
    score = np.stack([np.mean(weights * noise / std, axis=0), np.mean(weights * (noise**2 - 1.0), axis=0)])
    slopes = (y / (1.0 + np.exp(y * logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl
