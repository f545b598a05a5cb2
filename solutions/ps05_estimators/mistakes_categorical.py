"""Wrong gradients for a discrete draw, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the softmax is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_CATEGORICAL = "categorical_gradients"

_IN_DISCRETE = "ps05 lecture, Discrete latents"
_IN_BASELINE = "ps05 lecture, Baselines"


@mistake(
    _CATEGORICAL,
    "the score were the one-hot vector alone, without − p",
    hint="Raise one logit: what happens to the log-probabilities of the other classes?",
    lecture=_IN_DISCRETE,
)
def categorical_score_without_p(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (values - np.sum(p * values))
    score = np.eye(len(logits))[draws]
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "the score were divided by the probability of the class, as for the probabilities themselves",
    hint="The gradient is asked for with respect to the logits, not to p.",
    lecture=_IN_DISCRETE,
)
def categorical_by_probability(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (values - np.sum(p * values))
    score = np.eye(len(logits))[draws] / p
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "each draw were weighted by its probability again",
    hint="The draws already come in proportion to p.",
    lecture=_IN_DISCRETE,
)
def categorical_weighted_twice(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (values - np.sum(p * values))
    score = np.eye(len(logits))[draws] - p
    return exact, (p * values)[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "the sign of the score were turned: p − onehot",
    hint="For the class that was drawn, should its logit go up or down when f is large?",
    lecture=_IN_DISCRETE,
)
def categorical_sign_turned(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (values - np.sum(p * values))
    score = p - np.eye(len(logits))[draws]
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "the exact gradient were p·f, with nothing subtracted",
    hint="Add the same number to all values: the gradient should not change.",
    lecture=_IN_DISCRETE,
)
def categorical_exact_without_mean(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * values
    score = np.eye(len(logits))[draws] - p
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "the exact gradient subtracted the plain average of f over the classes",
    hint="The expectation weighs each class by its probability.",
    lecture=_IN_DISCRETE,
)
def categorical_plain_average(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (values - np.mean(values))
    score = np.eye(len(logits))[draws] - p
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "the exact gradient lacked the factor p_k",
    hint="How much can a class matter that is almost never drawn?",
    lecture=_IN_DISCRETE,
)
def categorical_exact_without_p(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = values - np.sum(p * values)
    score = np.eye(len(logits))[draws] - p
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "only the diagonal of the softmax's Jacobian were used: p(1 − p)f",
    hint="One logit moves every probability.",
    lecture=_IN_DISCRETE,
)
def categorical_diagonal_only(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (1.0 - p) * values
    score = np.eye(len(logits))[draws] - p
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "the expectation itself were returned for the exact gradient, in every entry",
    hint="One derivative a logit is asked for.",
    lecture=_IN_DISCRETE,
)
def categorical_expectation_for_gradient(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = np.full(len(logits), np.sum(p * values))
    score = np.eye(len(logits))[draws] - p
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "the average of the drawn estimates were returned for the exact gradient",
    hint="An exact gradient needs no draws: there are only K cases.",
    lecture=_IN_DISCRETE,
)
def categorical_average_for_exact(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    score = np.eye(len(logits))[draws] - p
    estimates = values[draws][:, None] * score
    return np.mean(estimates, axis=0), estimates


@mistake(
    _CATEGORICAL,
    "the logits were used as probabilities without a softmax",
    hint="Logits can be negative, and need not add up to 1.",
    lecture=_IN_DISCRETE,
)
def categorical_no_softmax(logits: Any, values: Any, draws: Any) -> Any:
    p = logits
    exact = p * (values - np.sum(p * values))
    score = np.eye(len(logits))[draws] - p
    return exact, values[draws][:, None] * score


@mistake(
    _CATEGORICAL,
    "the drawn estimates had E[f] subtracted as a baseline",
    hint="That is a good idea, but the plain estimate is asked for.",
    lecture=_IN_BASELINE,
)
def categorical_with_baseline(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (values - np.sum(p * values))
    score = np.eye(len(logits))[draws] - p
    return exact, (values[draws] - np.sum(p * values))[:, None] * score


@mistake(
    _CATEGORICAL,
    "each drawn estimate were divided by the number of draws",
    hint="The average over draws is the caller's; one row a draw is asked for.",
    lecture=_IN_DISCRETE,
)
def categorical_divided_by_n(logits: Any, values: Any, draws: Any) -> Any:
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (values - np.sum(p * values))
    score = np.eye(len(logits))[draws] - p
    return exact, values[draws][:, None] * score / len(draws)
