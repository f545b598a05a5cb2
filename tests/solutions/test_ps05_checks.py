"""The checks of ps05: exact moments, power against every mistake, and what students are told about shapes."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import norm

from autograder.checks import catoni
from autograder.checks.answers import Student, in_namespace
from autograder.checks.run import run_check
from autograder.problem_sets import locate

ROOT = Path(__file__).resolve().parents[2]
suite = locate("ps05_estimators", ROOT).suite
checks: Any = inspect.getmodule(suite.checks["draw_score_gradients"].function)

# Mistakes that `fresh` finds for certain: their rows or their calls are copies of each other.
COPIES = {"draws_seeded_inside", "draws_noise_shared", "draws_average_repeated", "draws_exact_gradient"}
DRAWN = [m for m in suite.mistakes if m.function == "draw_score_gradients" and m.name not in COPIES]

# Midpoints and weights of a fine grid: ψ is no polynomial, so that Gauss–Hermite would not be exact.
GRID = (np.arange(20_000) + 0.5) / 20_000 * 20 - 10
NORMAL = norm.pdf(GRID) / norm.pdf(GRID).sum()
UNIT = (np.arange(20_000) + 0.5) / 20_000


@pytest.mark.parametrize("theta", [1.4, 1.6, 1.8, 2.0])
def test_moments_are_those_of_the_law(theta: float) -> None:
    mean, spread, kurtosis = checks.moments(theta)
    g = (theta + GRID) ** 2 * GRID
    assert mean == pytest.approx(NORMAL @ g)
    assert spread == pytest.approx(NORMAL @ (g - mean) ** 2)
    assert kurtosis == pytest.approx(NORMAL @ (g - mean) ** 4 / spread**2)


def test_moments_at_the_decks_point_are_4_and_87() -> None:
    assert checks.moments(2.0)[:2] == (4.0, 87.0)


@pytest.mark.parametrize("theta", [1.4, 1.5, 1.6, 1.7, 1.8])
@pytest.mark.parametrize("mistake", DRAWN, ids=lambda mistake: mistake.name)
def test_every_wrong_law_is_found_with_probability_at_least_0_999(
    mistake: Any, theta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The mistake itself is run on a grid of noise, which gives the law of one estimate. Catoni's statistic is
    # a sum of 1e5 independent terms with logarithmic tails: the normal law gives its power to three digits.
    grid_estimates, weights = on_grid(mistake.run, theta, monkeypatch)
    mean, spread, kurtosis = checks.moments(theta)
    bound = catoni.VARIANCE_SAFETY
    power = max(
        catoni_power(grid_estimates, weights, mean, bound * spread),
        catoni_power((grid_estimates - mean) ** 2, weights, spread, bound * (kurtosis - 1) * spread**2),
    )
    assert power >= 0.999


def on_grid(
    estimates: Callable[..., Any], theta: float, monkeypatch: pytest.MonkeyPatch
) -> tuple[np.ndarray, np.ndarray]:
    """What a wrong function makes of each point of a grid of noise, and the points' probabilities."""
    used = {"weights": NORMAL}

    def uniform(*args: Any, **kwargs: Any) -> Any:
        used["weights"] = np.full(len(UNIT), 1 / len(UNIT))
        return tf.constant(UNIT)

    monkeypatch.setattr(tf.random, "normal", lambda *args, **kwargs: tf.constant(GRID))
    monkeypatch.setattr(tf.random, "uniform", uniform)
    monkeypatch.setattr(tf, "reduce_mean", lambda values: tf.reduce_sum(used["weights"] * values))
    return estimates(theta, checks.DRAWS).numpy(), used["weights"]


def catoni_power(x: np.ndarray, weights: np.ndarray, mean: float, bound: float) -> float:
    """Probability that |Σψ(λ(X − mean))| − nλ²v/2 reaches log(2/α), by the normal law of the sum."""
    n, threshold = checks.DRAWS, math.log(2 / catoni.ALPHA)
    rate = math.sqrt(2 * threshold / (n * bound))
    y = rate * (x - mean)
    psi = np.sign(y) * np.log(1 + np.abs(y) + y**2 / 2)
    centre = weights @ psi
    deviation = math.sqrt(weights @ (psi - centre) ** 2 / n)
    needed = (threshold + n * rate**2 * bound / 2) / n
    return float(norm.cdf((abs(centre) - needed) / deviation))


def messages(check: str, **functions: Callable[..., Any]) -> list[str]:
    namespace = suite.namespace() | functions
    result = run_check(
        suite, suite.checks[check], Student(in_namespace(namespace)), seed=9, grade_id=check, points=3.0
    )
    assert result.score == 0
    return [outcome.message for outcome in result.outcomes]


def test_gradient_summed_over_draws_is_told_which_shape_was_asked_for() -> None:
    def pathwise_gradient(f: Any, mean: float, std: float, eps: Any) -> Any:
        mean, std = tf.Variable(mean, dtype=tf.float64), tf.Variable(std, dtype=tf.float64)
        with tf.GradientTape() as tape:
            values = f(mean + std * eps)
        return tf.stack(tape.gradient(values, [mean, std]))

    found = messages("pathwise_gradient", pathwise_gradient=pathwise_gradient)
    assert set(found) == {"the shape is (2,), but 2 columns were asked for, one row a draw"}


def test_transposed_gradient_is_told_that_its_axes_are_swapped() -> None:
    def score_function_gradient(f: Any, mean: float, std: float, eps: Any) -> Any:
        return tf.transpose(suite.reference.score_function_gradient(f, mean, std, eps))

    found = messages("score_function_gradient", score_function_gradient=score_function_gradient)
    assert all(
        text.endswith("but 2 columns were asked for, one row a draw; the axes are swapped") for text in found
    )


def test_average_of_the_draws_is_told_that_an_axis_is_missing() -> None:
    def draw_score_gradients(theta: float, n: int) -> Any:
        return tf.reduce_mean(suite.reference.draw_score_gradients(theta, n))

    found = messages("draw_score_gradients", draw_score_gradients=draw_score_gradients)
    assert "the shape is (), but (100000,) was asked for" in found


def test_missing_return_is_named() -> None:
    found = messages("pathwise_gradient", pathwise_gradient=lambda f, mean, std, eps: None)
    assert set(found) == {"the result is None; is the `return` missing?"}


def test_half_of_pathwise_is_worth_half_of_the_points() -> None:
    def pathwise_gradient(f: Any, mean: float, std: float, eps: Any) -> Any:
        rows = suite.reference.pathwise_gradient(f, mean, std, eps).numpy()
        return rows * [1.0, std]

    namespace = suite.namespace() | {"pathwise_gradient": pathwise_gradient}
    check = suite.checks["pathwise_gradient"]
    result = run_check(suite, check, Student(in_namespace(namespace)), seed=9, grade_id="x", points=3.0)
    assert result.score == 1.5
    assert [o.label for o in result.outcomes if not o.passed] == ["d/dstd of a cubic", "d/dstd of a sine"]
    assert {o.mistakes for o in result.outcomes if not o.passed} == {("path_of_log_std",)}
