"""Wrong relaxed draws and gradients through them, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the softmax is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_GUMBEL = "gumbel_gradients"

_IN_RELAXED = "ps05 lecture, Relaxed draws"


@mistake(
    _GUMBEL,
    "the sign of the noise were turned: log(−log u)",
    hint="Gumbel noise is skewed: its long tail is on the right.",
    lecture=_IN_RELAXED,
)
def gumbel_noise_sign_turned(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the uniform numbers were added as they are, with no −log(−log u)",
    hint="Only with Gumbel noise does the largest entry have the law softmax(logits).",
    lecture=_IN_RELAXED,
)
def gumbel_uniform_noise(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = uniforms
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the noise were −log u, exponential and not Gumbel",
    hint="There are two logarithms in a Gumbel draw.",
    lecture=_IN_RELAXED,
)
def gumbel_exponential_noise(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(uniforms)
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the noise were added to the probabilities and not to the logits",
    hint="Which of the two can be any real number?",
    lecture=_IN_RELAXED,
)
def gumbel_probabilities_for_logits(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (np.exp(logits) / np.sum(np.exp(logits)) + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the sum were multiplied by the temperature",
    hint="As τ goes to 0 the draw should become one-hot.",
    lecture=_IN_RELAXED,
)
def gumbel_temperature_multiplied(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) * temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) * temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) * temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "only the logits were divided by the temperature, and the noise not",
    hint="Then the class that wins depends on τ, too.",
    lecture=_IN_RELAXED,
)
def gumbel_noise_not_cooled(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = logits / temperature + noise
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the factor 1/τ were missing from both gradients",
    hint="Differentiate softmax((l + g)/τ) by l: the chain rule has one more factor.",
    lecture=_IN_RELAXED,
)
def gumbel_temperature_missing_in_gradient(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True))
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True))
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "only the diagonal of the softmax's Jacobian were used: y(1 − y)",
    hint="One logit moves every entry of y.",
    lecture=_IN_RELAXED,
)
def gumbel_diagonal_only(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (1.0 - soft) * at_soft / temperature
    straight = soft * (1.0 - soft) * at_hard / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the straight-through gradient took ∇f at the relaxed draw, too",
    hint="Straight-through runs forwards with the one-hot vector.",
    lecture=_IN_RELAXED,
)
def gumbel_straight_at_soft(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(soft)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "both gradients took ∇f at the one-hot vector",
    hint="The relaxed gradient is that of f(y).",
    lecture=_IN_RELAXED,
)
def gumbel_relaxed_at_hard(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(hard), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the straight-through gradient used the one-hot vector in the Jacobian as well",
    hint="That Jacobian is zero: the way back goes through the soft draw.",
    lecture=_IN_RELAXED,
)
def gumbel_hard_jacobian(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = hard * (at_hard - np.sum(hard * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the straight-through gradient stopped at y: ∇f with no Jacobian of the softmax",
    hint="The gradient by the logits is asked for, not that by y.",
    lecture=_IN_RELAXED,
)
def gumbel_no_jacobian(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = at_hard
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the class were the largest logit, with no noise",
    hint="Then every draw is of the same class.",
    lecture=_IN_RELAXED,
)
def gumbel_class_without_noise(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.full(len(uniforms), np.argmax(logits))]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


@mistake(
    _GUMBEL,
    "the softmax ran over the draws and not over the classes",
    hint="Each row is one draw; what should a row add up to?",
    lecture=_IN_RELAXED,
)
def gumbel_wrong_axis(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    noise = -np.log(-np.log(uniforms))
    perturbed = (logits + noise) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=0, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight
