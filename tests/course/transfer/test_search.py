"""Expected improvement, surrogate and learning curve against closed forms; the search against chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from course.errors import ArgumentError, ShapeError
from course.transfer import (
    LearningCurveStopping,
    Surrogate,
    bayesian_search,
    expected_improvement,
    probability_below,
    random_search,
)


def branin(x: np.ndarray) -> float:
    """Minimum 0.397887 at three places of [−5, 10] × [0, 15]."""
    a, b = x
    bowl = b - 5.1 / (4 * np.pi**2) * a**2 + 5 / np.pi * a - 6
    return float(bowl**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10)


BOX = [(-5.0, 10.0), (0.0, 15.0)]


@pytest.mark.parametrize(("mean", "std", "best"), [(1.0, 0.5, 0.7), (-1.0, 2.0, 0.0), (3.0, 0.4, 0.5)])
def test_expected_improvement_is_its_integral(mean: float, std: float, best: float) -> None:
    exact = quad(
        lambda f: (best - f) * norm.pdf(f, mean, std),
        mean - 40 * std,
        best,
        epsabs=0,
        limit=400,
        points=[mean],
    )[0]
    np.testing.assert_allclose(expected_improvement(mean, std, best), exact, rtol=1e-6)


def test_expected_improvement_without_doubt_or_hope(rng: np.random.Generator) -> None:
    np.testing.assert_array_equal(expected_improvement([1.0, 4.0], [0.0, 0.0], 3.0), [2.0, 0.0])
    assert np.all(expected_improvement(np.linspace(0, 60, 99), np.ones(99), 0.0) >= 0)
    draws = rng.normal(0.5, 1.5, 200_000)
    gains = np.maximum(0.2 - draws, 0)
    # Five standard errors; finds a relative error of 1.5 %.
    error = 5 * gains.std() / np.sqrt(len(gains))
    assert abs(gains.mean() - float(expected_improvement(0.5, 1.5, 0.2))) < error
    with pytest.raises(ArgumentError, match=r"`std` is not negative.*min -1.0"):
        expected_improvement(0.0, -1.0, 0.0)


def test_the_surrogate_predicts_what_scikit_learn_does(rng: np.random.Generator) -> None:
    x, at = rng.random((12, 2)), rng.random((7, 2))
    y = np.sin(5 * x[:, 0]) + x[:, 1]
    model = Surrogate().fit(x, y)
    mean, std = model.predict(at)
    amplitude, noise, *lengths = np.exp(model.theta)
    kernel = ConstantKernel(amplitude**2) * Matern(lengths, nu=2.5)
    theirs = GaussianProcessRegressor(kernel, alpha=noise**2 + 1e-6, optimizer=None, normalize_y=True)
    want_mean, want_std = theirs.fit(x, y).predict(at, return_std=True)
    np.testing.assert_allclose(mean, want_mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(std, want_std, rtol=1e-4, atol=1e-6)
    with pytest.raises(ShapeError, match=r"points are \(n, d\)"):
        Surrogate().fit(x, y[1:])


def test_the_search_beats_chance_at_equal_budget() -> None:
    gains = []
    for seed in range(3):
        chance = random_search(branin, BOX, 14, seed=seed)
        guided = bayesian_search(branin, BOX, 14, seed=seed)
        np.testing.assert_array_equal(chance.points[:5], guided.points[:5])
        gains.append(chance.best_so_far()[-1] - guided.best_so_far()[-1])
    # Without guidance the mean gain is negative as often as not: this finds a search that is broken, half of
    # the time, and the gallery's twenty seeds with an interval find it always.
    assert np.mean(gains) > 0


def test_bad_searches_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"low < high"):
        random_search(branin, [(1.0, 1.0)], 3, seed=0)
    with pytest.raises(ArgumentError, match=r"`budget`.*budget=0"):
        bayesian_search(branin, BOX, 0, seed=0)
    with pytest.raises(ArgumentError, match=r"objective is finite.*nan"):
        random_search(lambda x: float("nan"), BOX, 2, seed=0)


# keras-tuner 1.4.8 asks for its thread's name the old way.
@pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning")
def test_the_oracle_searches_for_keras_tuner(tmp_path: Path) -> None:
    keras_tuner = pytest.importorskip("keras_tuner")
    from course.transfer.oracle import ExpectedImprovementOracle

    class Quadratic(keras_tuner.Tuner):
        def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> float:
            hp = trial.hyperparameters
            rate, kind = hp.Float("rate", 1e-4, 1.0, sampling="log"), hp.Choice("kind", ["good", "bad"])
            hp.Fixed("fixed", 3)
            return (np.log10(rate) + 2.0) ** 2 + (kind == "bad")

    oracle = ExpectedImprovementOracle(
        objective=keras_tuner.Objective("default_objective", "min"), max_trials=14, seed=1
    )
    tuner = Quadratic(oracle=oracle, directory=tmp_path, overwrite=True)
    tuner.search()
    best = tuner.get_best_hyperparameters()[0]
    assert len(oracle.trials) == 14 and best["kind"] == "good"
    # Nine of fourteen trials are guided; uniform ones come within a tenth of a decade with probability .026.
    assert abs(np.log10(best["rate"]) + 2.0) < 0.1


def test_a_noiseless_power_law_is_foreseen() -> None:
    curve = 0.3 + 0.9 * np.arange(1, 9) ** -0.5
    end = 0.3 + 0.9 * 50**-0.5
    assert probability_below(curve, 50, end + 0.01) > 0.99
    assert probability_below(curve, 50, end - 0.01) < 0.01


def test_the_predicted_probability_is_calibrated(rng: np.random.Generator) -> None:
    # 400 noisy curves: the share that ends below a predicted quantile is the quantile, within four standard
    # errors (0.1 at 1/2) and the width of the mixture.
    hits = []
    for _ in range(400):
        curve = 0.5 + 0.5 / np.arange(1, 13) + 0.02 * rng.standard_normal(12)
        final = 0.5 + 0.5 / 30 + 0.02 * rng.standard_normal()
        hits.append(probability_below(curve, 30, final))
    shares = np.histogram(hits, [0, 0.25, 0.5, 0.75, 1])[0] / 400
    assert np.all(shares > 0.08), shares
    with pytest.raises(ShapeError, match=r"at least four"):
        probability_below([1.0, 0.5], 9, 0.1)


def test_a_hopeless_training_is_stopped_and_a_hopeful_one_runs(rng: np.random.Generator) -> None:
    x = rng.standard_normal((32, 2)).astype("float32")
    for best, epochs in ((-1.0, 4), (np.inf, 12)):
        net = keras.Sequential([keras.Input([2]), keras.layers.Dense(1)])
        net.compile(keras.optimizers.SGD(1e-3), "mse", jit_compile=False)
        stop = LearningCurveStopping(best, 12, monitor="loss")
        history = net.fit(x, x[:, :1] * 2, epochs=12, verbose=0, callbacks=[stop]).history
        assert len(history["loss"]) == epochs
