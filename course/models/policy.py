"""Policy gradients in a small decision process, exact and estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course.errors import ArgumentError, ShapeError
from course.validation import one_of, positive_int

BASELINES = ("none", "value", "leave_one_out")


@dataclass(frozen=True)
class DecisionProcess:
    """A Markov decision process with finitely many states and actions, and a horizon.

    Args:
        transitions: p(s'|s, a), shape (S, A, S); rows sum to one.
        rewards: r(s, a), shape (S, A).
        start: p(s₀), shape (S,).
        horizon: number of actions of an episode, ≥ 1.

    Raises:
        ArgumentError: a law does not sum to one, or an entry is negative or not finite.
        ShapeError: the shapes do not fit.

    Example:
        >>> bandit(np.array([0.2, 0.5, 0.9])).rewards.shape
        (1, 3)

    Source:
        Sutton & Barto 2018, section 3.1.
    """

    transitions: np.ndarray
    rewards: np.ndarray
    start: np.ndarray
    horizon: int

    def __post_init__(self) -> None:
        states, actions = _two(self.rewards, "rewards")
        for name, value, shape in (
            ("transitions", self.transitions, (states, actions, states)),
            ("start", self.start, (states,)),
        ):
            if np.shape(value) != shape:
                raise ShapeError(f"`{name}` fits the rewards", expected=shape, received=np.shape(value))
            if np.min(value) < 0 or not np.allclose(np.sum(value, axis=-1), 1.0, atol=1e-9):
                raise ArgumentError(
                    f"`{name}` holds probabilities", expected="none negative, with the sum 1", received=value
                )
        if not np.isfinite(self.rewards).all():
            raise ArgumentError("rewards are finite", expected="finite", received=self.rewards)
        positive_int(self.horizon, "horizon")


def bandit(rewards: Any) -> DecisionProcess:
    """One state and one action: a bandit whose arms pay what ``rewards``, shape (A,), says."""
    row = np.asarray(rewards, np.float64)[None]
    _two(row, "rewards")
    return DecisionProcess(np.ones((1, row.shape[1], 1)), row, np.ones(1), 1)


def chain(length: int, *, slip: float = 0.1, horizon: int | None = None) -> DecisionProcess:
    """States in a row, actions left and right; each step costs 0.1 and the last state pays 1.

    Args:
        length: S ≥ 2.
        slip: probability of going the other way, in [0, ½].
        horizon: S + 1 by default.

    Raises:
        ArgumentError: an argument is outside its range.
    """
    if positive_int(length, "length") < 2 or not 0 <= slip <= 0.5:
        raise ArgumentError(
            "a chain has two states or more, and slips less often than not",
            expected="length ≥ 2 and 0 ≤ slip ≤ ½",
            received=f"length={length!r}, slip={slip!r}",
        )
    transitions = np.zeros((length, 2, length))
    for state in range(length):
        left, right = max(state - 1, 0), min(state + 1, length - 1)
        transitions[state, 0, left] += 1 - slip
        transitions[state, 0, right] += slip
        transitions[state, 1, right] += 1 - slip
        transitions[state, 1, left] += slip
    rewards = np.full((length, 2), -0.1)
    rewards[-1] = 1.0
    start = np.eye(length)[0]
    return DecisionProcess(transitions, rewards, start, horizon or length + 1)


@dataclass(frozen=True)
class Episodes:
    """Episodes that were played.

    Args:
        states: shape (n, T), integers.
        actions: shape (n, T), integers.
        rewards: shape (n, T).
    """

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray


def action_probs(logits: Any) -> np.ndarray:
    """π(a|s), the softmax of the logits over the last axis, float64."""
    z = np.asarray(logits, np.float64)
    weights = np.exp(z - z.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def play(process: DecisionProcess, logits: Any, episodes: int, rng: np.random.Generator) -> Episodes:
    """Plays with the policy π(a|s) = softmax(logits[s]).

    Args:
        process: where.
        logits: shape (S, A).
        episodes: n ≥ 1.
        rng: draws states and actions.

    Raises:
        ShapeError: the logits do not fit the process.
    """
    policy = _policy(process, logits)
    n, horizon = positive_int(episodes, "episodes"), process.horizon
    states, actions = np.empty((n, horizon), int), np.empty((n, horizon), int)
    state = _draw(np.broadcast_to(process.start, (n, len(process.start))), rng)
    for step in range(horizon):
        states[:, step] = state
        actions[:, step] = _draw(policy[state], rng)
        state = _draw(process.transitions[state, actions[:, step]], rng)
    return Episodes(states, actions, process.rewards[states, actions])


def policy_values(process: DecisionProcess, logits: Any) -> tuple[np.ndarray, np.ndarray]:
    """Exact expected rewards to go, by dynamic programming.

    ::

        Q_t(s, a) = r(s, a) + Σ_s' p(s'|s, a) V_{t+1}(s'),   V_t(s) = Σ_a π(a|s) Q_t(s, a),   V_T = 0

    Args:
        process: where.
        logits: shape (S, A).

    Returns:
        V, shape (T, S), and Q, shape (T, S, A).

    Raises:
        ShapeError: the logits do not fit the process.

    Source:
        Sutton & Barto 2018, eqs. (3.14) and (4.3), with a horizon in place of a discount.
    """
    policy = _policy(process, logits)
    v, q = np.empty((process.horizon, len(policy))), np.empty((process.horizon, *policy.shape))
    following = np.zeros(len(policy))
    for step in reversed(range(process.horizon)):
        q[step] = process.rewards + process.transitions @ following
        v[step] = following = np.sum(policy * q[step], axis=1)
    return v, q


def exact_policy_gradient(process: DecisionProcess, logits: Any) -> tuple[float, np.ndarray]:
    """Expected return and its gradient in the logits, without a draw.

    ::

        J = Σ_s p(s₀ = s) V₀(s),   ∂J/∂logits[s, a] = Σ_t p(s_t = s) π(a|s) (Q_t(s, a) − V_t(s))

    Args:
        process: where.
        logits: shape (S, A).

    Returns:
        J, and the gradient, shape (S, A).

    Raises:
        ShapeError: the logits do not fit the process.

    Source:
        Sutton et al. 2000, theorem 1; Batra, "Recall: Policy Gradients".
    """
    policy = _policy(process, logits)
    v, q = policy_values(process, logits)
    visits, gradient = process.start, np.zeros_like(policy)
    for step in range(process.horizon):
        gradient += visits[:, None] * policy * (q[step] - v[step][:, None])
        visits = np.einsum("s,sa,sab->b", visits, policy, process.transitions)
    return float(process.start @ v[0]), gradient


def policy_gradients(
    process: DecisionProcess,
    logits: Any,
    episodes: Episodes,
    *,
    reward_to_go: bool = True,
    baseline: str = "none",
) -> np.ndarray:
    """One estimate of the policy gradient an episode (REINFORCE).

    ::

        g = Σ_t ∇ log π(a_t|s_t) · (R_t − b_t)

    R_t is the reward from step t on, or of the whole episode without ``reward_to_go``: what was earned before
    an action does not depend on it, and only adds variance.

    Args:
        process: where the episodes were played.
        logits: the policy that played them, shape (S, A).
        episodes: n of them.
        reward_to_go: see above.
        baseline: b_t. ``"none"``; ``"value"``: the exact V_t(s_t), for rewards to go only;
            ``"leave_one_out"``: the mean of R_t over the other episodes, n ≥ 2.

    Returns:
        Shape (n, S, A); the mean over n is an unbiased estimate of the gradient.

    Raises:
        ArgumentError: the baseline is unknown, or does not go with the rest.
        ShapeError: the logits do not fit the process.

    Source:
        Williams 1992; Ivanov, "REINFORCE"; Batra, "Recall: Policy Gradients"; for the mean of the others
        Kool, van Hoof & Welling 2019.
    """
    policy = _policy(process, logits)
    n, horizon = episodes.states.shape
    one_of(baseline, BASELINES, "baseline")
    returns = np.cumsum(episodes.rewards[:, ::-1], axis=1)[:, ::-1]
    if not reward_to_go:
        returns = np.broadcast_to(returns[:, :1], returns.shape)
    if baseline == "value":
        if not reward_to_go:
            raise ArgumentError(
                "the value is a baseline for rewards to go", expected="reward_to_go=True", received="False"
            )
        v, _ = policy_values(process, logits)
        returns = returns - v[np.arange(horizon), episodes.states]
    elif baseline == "leave_one_out":
        if n < 2:
            raise ArgumentError("the others have a mean", expected="two episodes or more", received=n)
        returns = returns - (returns.sum(axis=0) - returns) / (n - 1)
    # ∇_logits[s] log π(a|s) = onehot(a) − π(·|s)
    scores = np.eye(policy.shape[1])[episodes.actions] - policy[episodes.states]
    gradients = np.zeros((n, *policy.shape))
    rows = np.broadcast_to(np.arange(n)[:, None], episodes.states.shape)
    np.add.at(gradients, (rows, episodes.states), scores * returns[:, :, None])
    return gradients


def _draw(probs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One index a row."""
    cumulative = np.cumsum(probs, axis=1)
    # Rounding may leave the last entry below one: its index is the largest there is.
    return np.minimum((rng.random((len(probs), 1)) > cumulative).sum(axis=1), probs.shape[1] - 1)


def _policy(process: DecisionProcess, logits: Any) -> np.ndarray:
    if np.shape(logits) != process.rewards.shape:
        raise ShapeError(
            "logits for each state and action", expected=process.rewards.shape, received=np.shape(logits)
        )
    return action_probs(logits)


def _two(value: np.ndarray, name: str) -> tuple[int, int]:
    if np.ndim(value) != 2 or not np.size(value):
        raise ShapeError(f"`{name}` by state and action", expected="(S, A)", received=np.shape(value))
    return np.shape(value)[0], np.shape(value)[1]
