"""Bayesian networks against the exact posterior of a linear model; averages, ensembles, calibration."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special
from sklearn.calibration import calibration_curve

from course.distributions import Normal
from course.errors import ArgumentError, ShapeError
from course.inference import ConjugateRegression
from course.models import (
    DeepEnsemble,
    bayesian_mlp,
    draw_logits,
    fitted_temperature,
    mean_log_probs,
    predictive_interval,
    reliability,
    uncertainty_parts,
)

NOISE_STD, PRIOR_STD = 0.7, 1.3


@pytest.mark.parametrize("way", ["local_reparameterization", "flipout"])
def test_bayes_by_backprop_finds_the_exact_posterior_of_a_linear_model(
    way: str, rng: np.random.Generator
) -> None:
    # Orthogonal features: the exact posterior factorises, so that it is in the family, and the optimum.
    count = 24
    x = np.linalg.qr(rng.normal(size=(count, 3)))[0] * np.array([2.0, 3.5, 5.0])
    y = x @ np.array([0.8, -1.1, 0.4]) + NOISE_STD * rng.normal(size=count)
    exact = ConjugateRegression(x, y, noise_std=NOISE_STD, prior_std=PRIOR_STD).posterior()
    model = bayesian_mlp(
        way,
        1,
        input_size=3,
        hidden=(),
        dataset_size=count,
        seed=2,
        kernel_prior=Normal(std=PRIOR_STD),
        use_bias=False,
    )
    # 50 copies of the data: 50 draws a step, with the same optimum.
    many = tf.constant(np.tile(x, (50, 1)), tf.float32), tf.constant(np.tile(y, 50)[:, None], tf.float32)
    rate = keras.optimizers.schedules.CosineDecay(0.05, 600)
    model.compile(
        keras.optimizers.Adam(rate),
        loss=lambda t, p: tf.square(t - p) / (2 * NOISE_STD**2),
        jit_compile=False,
    )
    steps = tf.data.Dataset.from_tensors(many).repeat()
    model.fit(steps, steps_per_epoch=600, epochs=1, shuffle=False, verbose=0)
    posterior = model.layers[0].kernel_distribution()
    std = np.sqrt(np.diag(exact.covariance))
    # What gradient noise leaves; a KL scaled by a wrong N moves both by far more.
    np.testing.assert_allclose((posterior.mean()[:, 0] - exact.mean) / std, 0, atol=0.12)
    np.testing.assert_allclose(posterior.stddev()[:, 0] / std, 1, atol=0.06)


def test_each_way_draws_unless_it_is_told_not_to() -> None:
    x = tf.ones([4, 5])
    for way in ("bayes_by_backprop", "local_reparameterization", "flipout", "mc_dropout"):
        model = bayesian_mlp(way, 3, input_size=5, hidden=(6,), activation="tanh", dataset_size=9, seed=1)
        assert not np.array_equal(model(x), model(x)), way
        np.testing.assert_array_equal(model(x, sample=False), model(x, sample=False))
        assert draw_logits(model, x, 2).shape == (2, 4, 3)
    plain = bayesian_mlp("plain", 3, input_size=5)
    np.testing.assert_array_equal(plain(x), plain(x))


def test_the_predictive_law_is_the_mean_of_probabilities(rng: np.random.Generator) -> None:
    logits = rng.normal(0, 300, size=(7, 4, 3))  # whose exponentials overflow
    expected = special.logsumexp(special.log_softmax(logits, axis=-1), axis=0) - np.log(7)
    np.testing.assert_allclose(mean_log_probs(logits), expected, atol=1e-12)
    noise, doubt = uncertainty_parts(rng.normal(size=(7, 4, 3)))
    assert (doubt > 0).all() and (noise > 0).all()
    same = np.repeat(rng.normal(size=(1, 4, 3)), 7, axis=0)
    np.testing.assert_allclose(uncertainty_parts(same)[1], 0, atol=1e-14)


def test_an_interval_holds_its_share_of_normal_draws(rng: np.random.Generator) -> None:
    # The 90 % interval of 20 000 draws of N(2, 3²): the ends' standard error is 0.045; 5 of them.
    low, high = predictive_interval(rng.normal(2, 3, size=(20_000, 1)), 0.9)
    np.testing.assert_allclose([low[0], high[0]], [2 - 3 * 1.6449, 2 + 3 * 1.6449], atol=0.23)


def test_reliability_is_scikit_learns_curve(rng: np.random.Generator) -> None:
    probs = rng.dirichlet(np.ones(3), size=400)
    labels = rng.integers(0, 3, 400)
    ours = reliability(np.log(probs), labels, bins=8)
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == labels
    accuracy, mean = calibration_curve(right, confidence, n_bins=8)
    there = ours.counts > 0
    np.testing.assert_allclose(ours.accuracy[there], accuracy)
    np.testing.assert_allclose(ours.confidence[there], mean)
    weights = ours.counts[there] / 400
    assert ours.error == pytest.approx(weights @ np.abs(accuracy - mean))
    assert reliability([[0.0, -np.inf]], [0]).error == 0.0


def test_a_temperature_is_found_again(rng: np.random.Generator) -> None:
    # Labels drawn from softmax(z/2.5): the fitted T is the maximum-likelihood estimate, whose standard error
    # is about 2 % for 20 000 labels.
    z = rng.normal(0, 4, size=(20_000, 3))
    probs = special.softmax(z / 2.5, axis=1)
    labels = (rng.random((len(z), 1)) > probs.cumsum(axis=1)).sum(axis=1)
    temperature = fitted_temperature(z, labels)
    assert temperature == pytest.approx(2.5, rel=0.1)
    before, after = (reliability(special.log_softmax(s, axis=1), labels).error for s in (z, z / temperature))
    assert after < 0.02 < before


def _member(seed: int) -> keras.Sequential:
    initial = keras.initializers.GlorotUniform(seed=seed)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer=initial)])


def test_members_of_an_ensemble_train_as_if_alone(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(40, 3)).astype("float32"), rng.integers(0, 2, 40)
    settings: dict[str, Any] = {
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "jit_compile": False,
    }
    alone = [_member(seed) for seed in (1, 2)]
    for model in alone:
        # Half the rate: the ensemble's loss is the mean of two.
        model.compile(keras.optimizers.SGD(0.1), **settings)
        model.fit(x, y, batch_size=10, epochs=3, shuffle=False, verbose=0)
    together = DeepEnsemble([_member(seed) for seed in (1, 2)])
    together.compile(keras.optimizers.SGD(0.2), metrics=["sparse_categorical_accuracy"], **settings)
    history = together.fit(x, y, batch_size=10, epochs=3, shuffle=False, verbose=0).history
    for one, member in zip(alone, together.members, strict=True):
        for expected, got in zip(one.get_weights(), member.get_weights(), strict=True):
            np.testing.assert_allclose(got, expected, atol=1e-6)
    logits = np.stack([np.asarray(one(x)) for one in alone])
    np.testing.assert_allclose(together.log_probs(x), mean_log_probs(logits), atol=1e-5)
    accuracy = together.evaluate(x, y, verbose=0, return_dict=True)["sparse_categorical_accuracy"]
    assert accuracy == pytest.approx(np.mean(mean_log_probs(logits).argmax(axis=1) == y))
    assert history["loss"][-1] < history["loss"][0]


def test_bad_arguments_are_refused_in_words() -> None:
    with pytest.raises(ArgumentError, match=r"unknown `way`.*'flipout'.*way='vogn'"):
        bayesian_mlp("vogn", 1, input_size=2)
    with pytest.raises(
        ArgumentError, match=r"knows the number of training examples.*dataset_size=len\(x_train\)"
    ):
        bayesian_mlp("flipout", 1, input_size=2)
    with pytest.raises(ShapeError, match=r"\(draws, batch, classes\).*\(2, 3\)"):
        mean_log_probs(np.zeros((2, 3)))
    with pytest.raises(ArgumentError, match=r"0 < level < 1, received level=95"):
        predictive_interval([1.0, 2.0], 95)
    with pytest.raises(ArgumentError, match=r"integers 0 to 1.*from 0 to 2"):
        reliability(np.log(np.full((3, 2), 0.5)), [0, 1, 2])
    with pytest.raises(ShapeError, match=r"one label a row.*\(3, 2\) and \(2,\)"):
        fitted_temperature(np.zeros((3, 2)), [0, 1])
    layer = keras.layers.Dense(2)
    with pytest.raises(ArgumentError, match=r"members of its own.*2 members, 1 different"):
        DeepEnsemble([layer, layer])
