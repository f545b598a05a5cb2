"""Later worked solutions of ps05 against SciPy, finite differences and enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, special, stats

from autograder.checks import close
from autograder.checks.answers import Answer
from autograder.problem_sets import locate

ROOT = Path(__file__).resolve().parents[2]
reference: Any = locate("ps05_estimators", ROOT).suite.reference

STEP = 1e-5


def central(function: Callable[[np.ndarray], Any], at: Any) -> np.ndarray:
    """Derivatives by central differences, one axis an entry of ``at`` in front of the result's own.

    The error of step²·f‴/6 + u·f/step is near 1e-10 for values near 1.
    """
    at = np.asarray(at, np.float64)
    columns = []
    for index in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[index] += STEP
        down[index] -= STEP
        columns.append((np.asarray(function(up)) - np.asarray(function(down))) / (2 * STEP))
    return np.array(columns).reshape(*at.shape, *np.shape(columns[0]))


def assert_near(got: Any, expected: Any, tolerance: float = 1e-7) -> None:
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


# easy_and_hard


@pytest.mark.parametrize("spacing", [0.2, 1.7])
def test_the_hard_gradient_is_the_grid_sum_of_a_difference_quotient_of_scipys_density(spacing: float) -> None:
    theta, std = 1.6, 0.7
    z = np.arange(theta - 8, theta + 8, spacing * std)
    expected = np.sum(z**2 * central(lambda t: stats.norm.pdf(z, t, std), theta)) * spacing * std
    easy, hard = reference.easy_and_hard(theta, std, z)
    assert easy == 2 * theta
    assert_near(hard, expected)


def test_both_gradients_agree_on_a_fine_grid_and_not_on_a_coarse_one() -> None:
    fine, coarse = (1.3 + spacing * np.arange(-40, 41) for spacing in (0.2, 1.9))
    assert reference.easy_and_hard(1.5, 0.7, fine)[1] == pytest.approx(3.0, abs=1e-12)
    assert abs(reference.easy_and_hard(1.5, 0.7, coarse)[1] - 3.0) > 0.1


# control_variate


def test_the_coefficient_is_scipys_regression_slope() -> None:
    rng = np.random.default_rng(2)
    control = rng.normal(1.0, 2.0, size=23)
    estimates = 0.7 * control + rng.normal(size=23)
    coefficient, improved = reference.control_variate(estimates, control, 0.8)
    slope = stats.linregress(control, estimates).slope
    assert_near(coefficient, slope, 1e-12)
    assert_near(improved, estimates - slope * (control - 0.8), 1e-12)
    # No other coefficient gives a smaller variance in this sample.
    for other in (0.9 * slope, 1.1 * slope):
        assert (estimates - other * control).var() > improved.var()


def test_with_the_score_as_control_the_coefficient_is_the_best_constant_baseline() -> None:
    # E[f s²]/E[s²] = θ² + 3 = 7 at θ = 2: on Gauss–Hermite nodes, each repeated in proportion to its weight.
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    counts = np.round(weights / weights.sum() * 4e5).astype(int)
    score = np.repeat(nodes, counts)
    coefficient, improved = reference.control_variate((2 + score) ** 2 * score, score, 0.0)
    assert coefficient == pytest.approx(7.0, abs=1e-3)
    assert np.var(improved) == pytest.approx(38.0, abs=1e-2)


# reinforce_surrogate


def test_the_surrogates_gradient_is_f_times_a_difference_quotient_of_scipys_log_density() -> None:
    mean, log_std, eps = 0.9, -0.4, np.random.default_rng(3).normal(size=19)
    z = mean + np.exp(log_std) * eps
    scores = [
        central(lambda m: stats.norm.logpdf(z, m, np.exp(log_std)), mean),
        central(lambda s: stats.norm.logpdf(z, mean, np.exp(s)), log_std),
    ]
    at = [tf.constant(mean, tf.float64), tf.constant(log_std, tf.float64)]
    with tf.GradientTape() as tape:
        tape.watch(at)
        surrogate = reference.reinforce_surrogate(lambda v: v**3 + tf.sin(v), *at, eps)
    assert surrogate.shape == ()
    expected = [np.mean((z**3 + np.sin(z)) * score) for score in scores]
    assert_near(tape.gradient(surrogate, at), expected)


def test_the_surrogates_terms_bound_single_precision_and_see_a_relative_error_of_1e_4() -> None:
    rng, looked = np.random.default_rng(4), 0
    for _ in range(10):
        inputs = (lambda z: 0.4 * z**3 + z, float(rng.uniform(0.7, 1.4)), -0.5, rng.normal(size=40))
        sizes = reference.reinforce_surrogate_gradient_terms(*inputs, wrt=(1, 2))
        found = {}
        for dtype in (tf.float32, tf.float64):
            at = [tf.constant(inputs[1], dtype), tf.constant(inputs[2], dtype)]
            with tf.GradientTape() as tape:
                tape.watch(at)
                surrogate = reference.reinforce_surrogate(inputs[0], *at, tf.constant(inputs[3], dtype))
            found[dtype] = [gradient.numpy() for gradient in tape.gradient(surrogate, at)]
        for single, double, terms in zip(found[tf.float32], found[tf.float64], sizes, strict=True):
            right = Answer(lambda value=single: value)
            assert close(right, double, terms=terms).outcome().passed
            off = np.float32(double * (1 + 1e-4))
            # Where hardly anything cancels: 16u is 1e-6.
            if abs(double) > 0.02 * terms:
                looked += 1
                assert not close(Answer(lambda value=off: value), double, terms=terms).outcome().passed
    assert looked > 5


# categorical_gradients


def test_the_exact_gradient_is_a_difference_quotient_of_scipys_expectation() -> None:
    logits, values = np.array([0.4, -1.1, 0.9, 0.0]), np.array([1.0, -2.0, 0.5, 3.0])
    exact, rows = reference.categorical_gradients(logits, values, np.arange(4))
    assert_near(exact, central(lambda at: special.softmax(at) @ values, logits))
    scores = central(special.log_softmax, logits)  # [k, z]: slope of log p_z by logit k
    assert_near(rows, (scores * values).T)
    # One draw of each class, weighted by its probability, is the expectation of the estimate.
    assert_near(special.softmax(logits) @ rows, exact, 1e-12)


# gumbel_gradients


def test_relaxed_draws_and_their_gradients_are_scipys_and_difference_quotients() -> None:
    rng = np.random.default_rng(6)
    logits, uniforms, temperature = np.array([0.3, -0.8, 0.5]), rng.uniform(size=(6, 3)), 0.6

    def soft_of(at: np.ndarray) -> Any:
        return special.softmax((at + stats.gumbel_r.ppf(uniforms)) / temperature, axis=1)

    def slope(y: Any) -> Any:
        return np.array([1.0, -2.0, 0.5]) * y**2 + 3.0 * y

    soft, hard, relaxed, straight = reference.gumbel_gradients(slope, logits, uniforms, temperature)
    assert_near(soft, soft_of(logits), 1e-12)
    assert np.array_equal(hard.argmax(axis=1), (logits + stats.gumbel_r.ppf(uniforms)).argmax(axis=1))
    assert np.array_equal(np.sort(hard, axis=1), np.tile([0.0, 0.0, 1.0], (6, 1)))

    def values(at: np.ndarray) -> Any:
        y = soft_of(at)
        return np.sum(np.array([1.0, -2.0, 0.5]) * y**3 / 3 + 1.5 * y**2, axis=1)

    assert_near(relaxed, central(values, logits).T)
    assert_near(straight, central(lambda at: np.sum(slope(hard) * soft_of(at), axis=1), logits).T)


def test_the_hard_draws_follow_the_softmax() -> None:
    # Midpoints of a 400 × 400 grid of uniforms: the boundary crosses about 800 of 160 000 cells.
    line = (np.arange(400) + 0.5) / 400
    uniforms = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    hard = reference.gumbel_gradients(lambda y: y, np.array([0.9, 0.0]), uniforms, 0.5)[1]
    assert hard[:, 0].mean() == pytest.approx(special.expit(0.9), abs=2e-3)


# gamma_gradient


def psi_of(shape: float) -> list[float]:
    return [float(special.digamma(shape)), *(float(special.polygamma(n, shape)) for n in (1, 2))]


@pytest.mark.parametrize("shape", [0.7, 3.2])
def test_both_parts_are_difference_quotients_at_fixed_noise(shape: float) -> None:
    z = np.array([0.2, 0.9, 2.4])
    eps = (np.log(z) - special.digamma(shape)) / np.sqrt(special.polygamma(1, shape))

    def place(at: Any) -> Any:
        return np.exp(special.digamma(at) + eps * np.sqrt(special.polygamma(1, at)))

    def log_density_of_noise(at: Any) -> Any:
        stretch = np.log(place(at)) + 0.5 * np.log(special.polygamma(1, at))
        return stats.gamma.logpdf(place(at), at) + stretch

    path, correction = reference.gamma_gradient(np.sin, np.cos, shape, psi_of(shape), z)
    assert_near(path, central(lambda at: np.sin(place(at)), shape))
    assert_near(correction, np.sin(z) * central(log_density_of_noise, shape))


@pytest.mark.parametrize("shape", [0.7, 3.2])
def test_the_parts_add_up_to_the_derivative_of_the_second_moment(shape: float) -> None:
    def integrand(z: float) -> float:
        parts = reference.gamma_gradient(lambda v: v**2, lambda v: 2 * v, shape, psi_of(shape), np.array([z]))
        return float(stats.gamma.pdf(z, shape) * (parts[0] + parts[1])[0])

    found = integrate.quad(integrand, 0, 1)[0] + integrate.quad(integrand, 1, 60)[0]
    assert found == pytest.approx(2 * shape + 1, rel=1e-6)


# elbo_gradients


def regression() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(9, 3)), np.array([0.0, 1, 1, 0, 1, 0, 0, 1, 1])
    return x, y, rng.normal(0, 0.5, size=3), rng.uniform(-1, -0.3, size=3), rng.normal(size=(5, 3))


def log_likelihoods(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    return stats.bernoulli.logpmf(y, special.expit(w @ x.T)).sum(axis=1)


def kl(mean: np.ndarray, log_std: np.ndarray) -> float:
    """By quadrature of the definition, one dimension at a time."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    z = mean[:, None] + np.exp(log_std)[:, None] * nodes
    ratio = stats.norm.logpdf(z, mean[:, None], np.exp(log_std)[:, None]) - stats.norm.logpdf(z)
    return float((ratio @ weights).sum())


def test_the_elbo_and_its_pathwise_gradient_are_scipys_and_difference_quotients() -> None:
    x, y, mean, log_std, eps = regression()

    def elbo(at: np.ndarray) -> float:
        w = at[0] + np.exp(at[1]) * eps
        return float(log_likelihoods(x, y, w).mean() - kl(at[0], at[1]))

    value, _, pathwise = reference.elbo_gradients(x, y, mean, log_std, eps)
    at = np.stack([mean, log_std])
    assert_near(value, elbo(at), 1e-12)
    assert_near(pathwise, central(elbo, at))


def test_the_score_function_gradient_weighs_scipys_scores_and_takes_the_kl_off() -> None:
    x, y, mean, log_std, eps = regression()
    w = mean + np.exp(log_std) * eps
    at = np.stack([mean, log_std])
    scores = central(lambda p: stats.norm.logpdf(w, p[0], np.exp(p[1])).sum(axis=1), at)
    expected = (scores * log_likelihoods(x, y, w)).mean(axis=-1) - central(lambda p: kl(p[0], p[1]), at)
    assert_near(reference.elbo_gradients(x, y, mean, log_std, eps)[1], expected)


# policy_gradient

PAID = np.array([[0.3, -1.0], [2.0, 0.7]])  # by state and action; the action is the next state


def play(actions: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    states = np.array([0, *actions[:-1]])
    return states, PAID[states, list(actions)]


def expected_reward(logits: np.ndarray) -> float:
    total = 0.0
    for actions in itertools.product((0, 1), repeat=3):
        states, rewards = play(actions)
        total += np.exp(special.log_softmax(logits, axis=1)[states, list(actions)].sum()) * rewards.sum()
    return total


def test_the_policy_gradient_averages_to_that_of_the_expected_reward_over_all_episodes() -> None:
    logits = np.array([[0.4, -0.2], [-0.7, 0.5]])
    found = np.zeros((2, 2))
    for actions in itertools.product((0, 1), repeat=3):
        states, rewards = play(actions)
        chance = np.exp(special.log_softmax(logits, axis=1)[states, list(actions)].sum())
        to_go, gradient = reference.policy_gradient(
            logits, states[None], np.array([actions]), rewards[None], np.full((1, 3), 0.9)
        )
        assert_near(to_go, [[rewards[t:].sum() for t in range(3)]], 1e-12)
        found += chance * gradient
    assert_near(found, central(expected_reward, logits))


def test_the_policy_gradient_of_several_episodes_is_the_average_of_each_alone() -> None:
    rng = np.random.default_rng(9)
    logits, rewards, baseline = rng.normal(size=(4, 3)), rng.normal(size=(5, 6)), rng.normal(size=(5, 6))
    states, actions = rng.integers(0, 4, size=(5, 6)), rng.integers(0, 3, size=(5, 6))
    played = (states, actions, rewards, baseline)
    alone = [reference.policy_gradient(logits, *(part[[e]] for part in played))[1] for e in range(5)]
    assert_near(reference.policy_gradient(logits, *played)[1], np.mean(alone, axis=0), 1e-12)
