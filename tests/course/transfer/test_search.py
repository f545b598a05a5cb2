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
from course.gallery.rows.hyperparameter_search import branin_regret, hartmann_regret
from course.transfer import (
    LearningCurveStopping,
    Surrogate,
    bayesian_search,
    expected_improvement,
    probability_below,
    random_search,
)
from course.transfer.search import propose

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


def test_the_proposal_is_the_grids_point_of_highest_expected_improvement(rng: np.random.Generator) -> None:
    points = np.array([[0.05], [0.3], [0.45], [0.8], [1.0]])
    values = np.sin(7 * points[:, 0]) + points[:, 0]
    amplitude, noise, length = np.exp(Surrogate().fit(points, values).theta)
    theirs = GaussianProcessRegressor(
        ConstantKernel(amplitude**2) * Matern(length, nu=2.5),
        alpha=noise**2 + 1e-6,
        optimizer=None,
        normalize_y=True,
    ).fit(points, values)
    grid = np.linspace(0, 1, 4001)
    mean, std = theirs.predict(grid[:, None], return_std=True)
    u = (values.min() - mean) / std
    improvement = std * (u * norm.cdf(u) + norm.pdf(u))
    found = propose(points, values, rng)
    # 600 uniform candidates: none within 0.01 of the peak has probability 6e-6.
    assert abs(found[0] - grid[np.argmax(improvement)]) < 0.01
    # What another rule would choose is further off than that: the lowest mean, the widest doubt.
    assert abs(found[0] - grid[np.argmin(mean)]) > 0.011
    assert abs(found[0] - grid[np.argmax(std)]) > 0.011


def test_the_search_beats_chance_at_equal_budget() -> None:
    def bowl(x: np.ndarray) -> float:
        return float((x[0] - 3.0) ** 2 + 4 * (x[1] - 9.0) ** 2)

    wins = 0
    for seed in range(8):
        chance, guided = random_search(bowl, BOX, 11, seed=seed), bayesian_search(bowl, BOX, 11, seed=seed)
        np.testing.assert_array_equal(chance.points[:5], guided.points[:5])
        wins += bool(guided.values.min() < chance.values.min())
    # A search without guidance wins a pair with probability 1/2 at most: eight of eight with 0.4 %.
    assert wins == 8


def test_the_gallerys_functions_are_zero_where_the_literature_has_their_minima() -> None:
    # Hartmann's and Branin's minimisers as tabulated (Surjanovic & Bingham, Virtual Library of Simulation
    # Experiments), to the six digits given there.
    assert abs(hartmann_regret(np.array([0.114614, 0.555649, 0.852547]))) < 1e-5
    for place in ([-np.pi, 12.275], [np.pi, 2.275], [9.42478, 2.475]):
        assert abs(branin_regret(np.array(place))) < 1e-5


def test_bad_searches_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"low < high"):
        random_search(branin_regret, [(1.0, 1.0)], 3, seed=0)
    with pytest.raises(ArgumentError, match=r"`budget`.*budget=0"):
        bayesian_search(branin_regret, BOX, 0, seed=0)
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
