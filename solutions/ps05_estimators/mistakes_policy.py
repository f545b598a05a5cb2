"""Wrong policy gradients, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the policy is written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_POLICY = "policy_gradient"

_IN_POLICY = "ps05 lecture, Policy gradients"
_IN_BASELINE = "ps05 lecture, Baselines"


@mistake(
    _POLICY,
    "every step were weighted by the return of the whole episode",
    hint="That is unbiased, but an action cannot change the rewards before it.",
    lecture=_IN_POLICY,
)
def policy_whole_return(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.sum(rewards, axis=1, keepdims=True) + np.zeros(rewards.shape)
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "every step were weighted by the rewards up to it, not from it on",
    hint="Which rewards can an action still change?",
    lecture=_IN_POLICY,
)
def policy_rewards_so_far(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards, axis=1)
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "every step were weighted by its own reward only",
    hint="An action now can pay later: that is what a chain is about.",
    lecture=_IN_POLICY,
)
def policy_own_reward(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.array(rewards)
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "the sum of later rewards left out the step's own",
    hint="The reward at t comes after the action at t.",
    lecture=_IN_POLICY,
)
def policy_own_reward_left_out(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1] - rewards
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "the sum ran from the back, but was not turned round again",
    hint="Look at the last entry of a row: it should be the last reward.",
    lecture=_IN_POLICY,
)
def policy_not_turned_back(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "the sum ran over the episodes and not over the steps",
    hint="Each row is an episode; episodes know nothing of each other.",
    lecture=_IN_POLICY,
)
def policy_over_episodes(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[::-1], axis=0)[::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "the baseline were not subtracted",
    hint="It is an argument.",
    lecture=_IN_BASELINE,
)
def policy_baseline_forgotten(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "the baseline were added",
    hint="An action that brought less than usual should become less likely.",
    lecture=_IN_BASELINE,
)
def policy_baseline_added(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go + baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "the baseline were subtracted from the reward-to-go that is returned, too",
    hint="The first result is the reward-to-go as it is.",
    lecture=_IN_BASELINE,
)
def policy_baseline_in_return(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return weights, gradient


@mistake(
    _POLICY,
    "the score were the one-hot vector alone, without − π",
    hint="Raise one logit: what happens to the log-probabilities of the other actions?",
    lecture=_IN_POLICY,
)
def policy_score_without_pi(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    score = np.eye(logits.shape[1])[actions]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "the score were weighted by the probability of the action, π ∇ log π",
    hint="The actions already come in proportion to π.",
    lecture=_IN_POLICY,
)
def policy_weighted_twice(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = policy[states, actions][..., None] * (np.eye(logits.shape[1])[actions] - policy[states])
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient


@mistake(
    _POLICY,
    "the average were taken over all steps, not over episodes",
    hint="The objective is the reward of a whole episode: add up its steps.",
    lecture=_IN_POLICY,
)
def policy_average_over_steps(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / rewards.size
    return to_go, gradient


@mistake(
    _POLICY,
    "the episodes were added up and not averaged",
    hint="With twice the episodes your gradient is twice as long.",
    lecture=_IN_POLICY,
)
def policy_episodes_summed(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / 1.0
    return to_go, gradient


@mistake(
    _POLICY,
    "the sign of the gradient were turned, as in a loss",
    hint="The gradient of the expected reward is asked for: follow it uphill.",
    lecture=_IN_POLICY,
)
def policy_sign_turned(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, -gradient


@mistake(
    _POLICY,
    "the softmax ran over the states and not over the actions",
    hint="A policy is a law over actions, one for each state.",
    lecture=_IN_POLICY,
)
def policy_wrong_axis(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    policy = np.exp(logits) / np.sum(np.exp(logits), axis=0, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    weights = to_go - baseline
    gradient = np.einsum("et,ets,eta->sa", weights, visited, score) / len(rewards)
    return to_go, gradient
