"""Policy gradients against finite differences and the enumeration of every trajectory."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from course.errors import ArgumentError, ShapeError
from course.models import (
    DecisionProcess,
    Episodes,
    bandit,
    chain,
    exact_policy_gradient,
    play,
    policy_gradients,
    policy_values,
)
from course.models.policy import action_probs

PROCESS = chain(3, slip=0.2, horizon=3)
LOGITS = np.array([[0.3, -0.4], [1.1, 0.2], [-0.7, 0.5]])


def trajectories(process: DecisionProcess, logits: np.ndarray) -> tuple[np.ndarray, Episodes]:
    """Every trajectory with its probability: an oracle that knows no recursion."""
    states, actions = process.rewards.shape
    policy = action_probs(logits)
    probs, all_states, all_actions = [], [], []
    for path in itertools.product(range(states), repeat=process.horizon):
        for chosen in itertools.product(range(actions), repeat=process.horizon):
            p = process.start[path[0]]
            for t, (s, a) in enumerate(zip(path, chosen, strict=True)):
                p *= policy[s, a] * (process.transitions[s, a, path[t + 1]] if t + 1 < len(path) else 1.0)
            probs.append(p)
            all_states.append(path)
            all_actions.append(chosen)
    s, a = np.array(all_states), np.array(all_actions)
    return np.array(probs), Episodes(s, a, process.rewards[s, a])


def test_the_expected_return_is_the_sum_over_all_trajectories() -> None:
    probs, episodes = trajectories(PROCESS, LOGITS)
    assert probs.sum() == pytest.approx(1.0, abs=1e-14)
    value, _ = exact_policy_gradient(PROCESS, LOGITS)
    assert value == pytest.approx(probs @ episodes.rewards.sum(axis=1), abs=1e-14)


def test_the_exact_gradient_is_that_of_finite_differences() -> None:
    _, gradient = exact_policy_gradient(PROCESS, LOGITS)
    for index in np.ndindex(LOGITS.shape):
        step = np.zeros_like(LOGITS)
        step[index] = 1e-5
        up, down = (exact_policy_gradient(PROCESS, LOGITS + sign * step)[0] for sign in (1, -1))
        assert gradient[index] == pytest.approx((up - down) / 2e-5, abs=1e-9)


@pytest.mark.parametrize(
    "options", [{}, {"reward_to_go": False}, {"baseline": "value"}], ids=["to go", "whole", "value"]
)
def test_an_estimators_mean_over_all_trajectories_is_the_exact_gradient(options: dict[str, object]) -> None:
    # No draws: unbiased to rounding.
    probs, episodes = trajectories(PROCESS, LOGITS)
    estimates = policy_gradients(PROCESS, LOGITS, episodes, **options)
    _, gradient = exact_policy_gradient(PROCESS, LOGITS)
    np.testing.assert_allclose(np.einsum("n,nsa->sa", probs, estimates), gradient, atol=1e-14)


def test_leaving_one_out_is_unbiased_over_all_pairs_of_trajectories() -> None:
    process, logits = bandit([0.2, 0.9, -0.4]), np.array([[0.3, -0.2, 0.6]])
    probs, episodes = trajectories(process, logits)
    total = np.zeros_like(logits)
    for i, j in itertools.product(range(len(probs)), repeat=2):
        pair = Episodes(*(part[[i, j]] for part in (episodes.states, episodes.actions, episodes.rewards)))
        mean = policy_gradients(process, logits, pair, baseline="leave_one_out").mean(axis=0)
        total += probs[i] * probs[j] * mean
    np.testing.assert_allclose(total, exact_policy_gradient(process, logits)[1], atol=1e-14)


def test_reward_to_go_and_a_value_lower_the_variance_exactly() -> None:
    probs, episodes = trajectories(PROCESS, LOGITS)

    def variance(**options: object) -> float:
        estimates = policy_gradients(PROCESS, LOGITS, episodes, **options)
        mean = np.einsum("n,nsa->sa", probs, estimates)
        return float(np.einsum("n,nsa->", probs, (estimates - mean) ** 2))

    assert variance(baseline="value") < variance() < variance(reward_to_go=False)


def test_play_draws_every_trajectory_as_often_as_its_probability(rng: np.random.Generator) -> None:
    process = chain(2, slip=0.3, horizon=2)
    logits = LOGITS[:2]
    probs, every = trajectories(process, logits)
    played = play(process, logits, 20_000, rng)
    code = lambda e: e.states @ [8, 4] + e.actions @ [2, 1]  # noqa: E731
    counts = np.array([np.sum(code(played) == c) for c in code(every)])
    # Five standard deviations of each of 16 counts: fails a right sampler once in 10⁵; sees a shift of 2 %.
    assert (np.abs(counts - 20_000 * probs) <= 5 * np.sqrt(20_000 * probs * (1 - probs))).all()


def test_values_of_a_bandit_are_its_rewards() -> None:
    v, q = policy_values(bandit([1.0, 3.0]), [[0.0, 0.0]])
    assert v.tolist() == [[2.0]] and q.tolist() == [[[1.0, 3.0]]]


def test_bad_arguments_are_refused_in_words(rng: np.random.Generator) -> None:
    with pytest.raises(ShapeError, match=r"logits for each state and action .*\(3, 2\).*\(2, 3\)"):
        play(PROCESS, LOGITS.T, 1, rng)
    with pytest.raises(ArgumentError, match=r"`start` holds probabilities"):
        DecisionProcess(PROCESS.transitions, PROCESS.rewards, np.array([0.5, 0.2, 0.2]), 1)
    with pytest.raises(ShapeError, match=r"`transitions` fits the rewards .*\(3, 2, 3\)"):
        DecisionProcess(PROCESS.transitions[:2], PROCESS.rewards, PROCESS.start, 1)
    with pytest.raises(ArgumentError, match=r"unknown `baseline`.*'leave_one_out'.*'median'"):
        policy_gradients(PROCESS, LOGITS, play(PROCESS, LOGITS, 2, rng), baseline="median")
    with pytest.raises(ArgumentError, match=r"two episodes or more, received 1"):
        policy_gradients(PROCESS, LOGITS, play(PROCESS, LOGITS, 1, rng), baseline="leave_one_out")
    with pytest.raises(ArgumentError, match=r"baseline for rewards to go"):
        policy_gradients(PROCESS, LOGITS, play(PROCESS, LOGITS, 1, rng), reward_to_go=False, baseline="value")
    with pytest.raises(ArgumentError, match=r"two states or more.*slip=0.7"):
        chain(3, slip=0.7)
