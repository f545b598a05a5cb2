"""The worked solutions of ps05 against finite differences, SciPy, TFP, quadrature and closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import norm

from autograder.checks import close, unbiased, variance
from autograder.checks.answers import Answer
from autograder.problem_sets import locate

ROOT = Path(__file__).resolve().parents[2]
reference: Any = locate("ps05_estimators", ROOT).suite.reference
variants = {v.name: v for v in locate("ps05_estimators", ROOT).suite.variants}

pytestmark = pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning")

MEAN, STD = 1.3, 0.7
EPS = np.random.default_rng(1).normal(size=17)

# Written for TensorFlow and for NumPy.
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]] = {
    "square": (lambda z: z**2, lambda z: z**2),
    "cubic": (lambda z: 0.4 * z**3 + 1.1 * z, lambda z: 0.4 * z**3 + 1.1 * z),
    "sine": (lambda z: 2.0 + tf.sin(1.5 * z), lambda z: 2.0 + np.sin(1.5 * z)),
    "exponential": (lambda z: tf.exp(0.6 * z), lambda z: np.exp(0.6 * z)),
}

# E[f(z)], z ~ N(m, s²), differentiated by hand.
GRADIENTS: dict[str, Callable[[float, float], tuple[float, float]]] = {
    "square": lambda m, s: (2 * m, 2 * s),
    "cubic": lambda m, s: (0.4 * 3 * (m**2 + s**2) + 1.1, 0.4 * 6 * m * s),
    "sine": lambda m, s: (
        1.5 * math.cos(1.5 * m) * math.exp(-1.125 * s**2),
        -2.25 * s * math.sin(1.5 * m) * math.exp(-1.125 * s**2),
    ),
    "exponential": lambda m, s: (
        0.6 * math.exp(0.6 * m + 0.18 * s**2),
        0.36 * s * math.exp(0.6 * m + 0.18 * s**2),
    ),
}


def central(function: Callable[[float], np.ndarray], at: float, step: float = 1e-5) -> np.ndarray:
    """Central difference; its error of step²·f‴/6 + u·f/step is near 1e-10 for values near 1."""
    return (function(at + step) - function(at - step)) / (2 * step)


def gauss_hermite(count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the standard normal law."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return nodes, weights / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_pathwise_rows_are_finite_differences_through_the_draw(name: str) -> None:
    f, plain = FUNCTIONS[name]
    expected = np.stack(
        [central(lambda m: plain(m + STD * EPS), MEAN), central(lambda s: plain(MEAN + s * EPS), STD)], axis=1
    )
    np.testing.assert_allclose(reference.pathwise_gradient(f, MEAN, STD, EPS), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_score_function_rows_are_f_times_finite_differences_of_scipys_log_density(name: str) -> None:
    f, plain = FUNCTIONS[name]
    z = MEAN + STD * EPS
    scores = [
        central(lambda m: norm.logpdf(z, m, STD), MEAN),
        central(lambda s: norm.logpdf(z, MEAN, s), STD),
    ]
    expected = plain(z)[:, None] * np.stack(scores, axis=1)
    got = reference.score_function_gradient(f, MEAN, STD, EPS)
    np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-7)


def test_score_function_rows_are_gradients_of_tfps_log_prob() -> None:
    import tensorflow_probability as tfp

    f, _ = FUNCTIONS["sine"]
    means, stds = (
        tf.fill([len(EPS)], tf.constant(MEAN, tf.float64)),
        tf.fill([len(EPS)], tf.constant(STD, tf.float64)),
    )
    z = MEAN + STD * EPS
    with tf.GradientTape() as tape:
        tape.watch([means, stds])
        log_prob = tfp.distributions.Normal(means, stds).log_prob(z)
    expected = f(z)[:, None] * tf.stack(tape.gradient(log_prob, [means, stds]), axis=1)
    np.testing.assert_allclose(reference.score_function_gradient(f, MEAN, STD, EPS), expected, rtol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("estimator", ["pathwise_gradient", "score_function_gradient"])
def test_both_estimators_have_the_mean_that_the_closed_form_has(estimator: str, name: str) -> None:
    nodes, weights = gauss_hermite()
    rows = getattr(reference, estimator)(FUNCTIONS[name][0], MEAN, STD, nodes).numpy()
    np.testing.assert_allclose(weights @ rows, GRADIENTS[name](MEAN, STD), rtol=1e-10)


@pytest.mark.parametrize(
    ("estimator", "expected"), [("score_function_gradient", 87.0), ("pathwise_gradient", 4.0)]
)
def test_variances_of_the_decks_example_are_87_and_4(estimator: str, expected: float) -> None:
    nodes, weights = gauss_hermite()
    d_mean = getattr(reference, estimator)(lambda z: z**2, 2.0, 1.0, nodes).numpy()[:, 0]
    assert weights @ d_mean == pytest.approx(4.0)
    assert weights @ (d_mean - 4.0) ** 2 == pytest.approx(expected)


def test_estimators_keep_double_precision_and_accept_single() -> None:
    for name in ("pathwise_gradient", "score_function_gradient"):
        estimator = getattr(reference, name)
        assert estimator(lambda z: z**2, MEAN, STD, EPS).dtype == tf.float64
        assert estimator(lambda z: z**2, MEAN, STD, EPS.astype(np.float32)).dtype == tf.float32


def test_each_draw_estimates_the_gradient_with_the_law_that_the_closed_form_has() -> None:
    # Catoni tests at n = 4e5: a correct sampler fails each with probability at most 1e-9 (not at all with
    # this seed); a mean off by 0.17 of 3.2, or a variance off by 11 %, is found with probability 1 − 1e-3.
    theta, n = 1.6, 400_000
    tf.random.set_seed(3)
    draws = Answer(lambda: reference.draw_score_gradients(theta, n).numpy())
    spread = theta**4 + 14 * theta**2 + 15
    mean_claim = unbiased(draws, draws=n, mean=2 * theta, variances=[spread, spread])
    variance_claim = variance(draws, draws=n, mean=2 * theta, variance=spread, kurtosis=32.3)
    for claim in (mean_claim, variance_claim):
        outcome = claim.outcome()
        assert outcome.passed, outcome.message
    assert mean_claim.outcome().evidence["detectable_shift"] < 0.17
    assert variance_claim.outcome().evidence["detectable_ratio"] < 1.11


def test_leave_one_out_is_the_mean_of_the_others_by_a_naive_loop() -> None:
    for n in (2, 3, 17):
        values = np.random.default_rng(n).normal(1.0, 3.0, size=n)
        expected = [sum(values[j] for j in range(n) if j != i) / (n - 1) for i in range(n)]
        np.testing.assert_allclose(reference.leave_one_out_baseline(values), expected, rtol=1e-12)


def test_leave_one_out_entry_does_not_move_with_its_own_value() -> None:
    values = np.array([1.0, -2.0, 4.0, 8.0])
    for i in range(4):
        changed = values.copy()
        changed[i] += 64.0
        before, after = (reference.leave_one_out_baseline(v).numpy() for v in (values, changed))
        assert before[i] == after[i]
        assert np.all(np.delete(after, i) > np.delete(before, i))


def test_leave_one_out_keeps_the_gradient_of_two_draws_and_their_common_mean_halves_it() -> None:
    # By quadrature over both draws: E[(v₁ − b₁)·score₁] is 2θ for b₁ = v₂, and θ for b₁ = (v₁ + v₂)/2.
    theta = 1.6
    nodes, weights = gauss_hermite(20)
    values = (theta + nodes) ** 2
    left_out = own_included = 0.0
    for i, weight in enumerate(weights):
        for j, other in enumerate(weights):
            pair = np.array([values[i], values[j]])
            baseline = reference.leave_one_out_baseline(pair).numpy()
            left_out += weight * other * (pair[0] - baseline[0]) * nodes[i]
            own_included += weight * other * (pair[0] - pair.mean()) * nodes[i]
    assert left_out == pytest.approx(2 * theta)
    assert own_included == pytest.approx(theta)


@pytest.mark.parametrize("name", ["score_in_float32", "path_in_float32", "baseline_in_float32"])
def test_terms_bound_single_precision_and_still_see_a_relative_error_of_1e_4(name: str) -> None:
    # Single precision must stay inside 16·u·Σ|terms|, and no wrong formula may hide there.
    variant = variants[name]
    target, terms = (getattr(reference, variant.function + suffix) for suffix in ("", "_terms"))
    rng = np.random.default_rng(5)
    for _ in range(20):
        if "baseline" in name:
            inputs: tuple[Any, ...] = (rng.normal(1.5, 2.0, size=30),)
        else:
            mean, std = float(rng.uniform(0.7, 1.4)), float(rng.uniform(0.45, 0.75))
            inputs = (FUNCTIONS[rng.choice(["cubic", "sine"])][0], mean, std, rng.normal(size=200))
        expected, sizes = target(*inputs).numpy(), terms(*inputs)
        single = variant.run(*inputs).numpy()
        assert single.dtype == np.float32
        assert close(Answer(lambda s=single: s), expected, terms=sizes).outcome().passed
        wrong = (expected * (1 + 1e-4)).astype(np.float32)
        assert not close(Answer(lambda w=wrong: w), expected, terms=sizes).outcome().passed
