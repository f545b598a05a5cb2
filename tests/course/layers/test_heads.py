from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import course.layers as cl

RNG = np.random.default_rng(8)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(x)) + 1e-5


def test_the_normal_heads_parameters_are_loc_then_rho(rng: np.random.Generator) -> None:
    params, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 2))
    ours = cl.NormalHead(2).distribution(params)
    loc, scale = params[:, :2], _softplus(params[:, 2:])
    expected = (-0.5 * ((y - loc) / scale) ** 2 - np.log(scale) - 0.5 * np.log(2 * np.pi)).sum(-1)
    np.testing.assert_allclose(ours.log_prob(y), expected, rtol=1e-10)


def test_the_bernoulli_head_takes_logits(rng: np.random.Generator) -> None:
    params, y = rng.normal(size=(5, 3)), rng.integers(0, 2, size=(5, 3)).astype(float)
    p = 1 / (1 + np.exp(-params))
    expected = (y * np.log(p) + (1 - y) * np.log(1 - p)).sum(-1)
    np.testing.assert_allclose(cl.BernoulliHead(3).distribution(params).log_prob(y), expected, rtol=1e-10)


def test_the_categorical_head_takes_logits(rng: np.random.Generator) -> None:
    params, y = rng.normal(size=(5, 3)), rng.integers(0, 3, size=5)
    expected = (params - np.log(np.exp(params).sum(-1, keepdims=True)))[np.arange(5), y]
    np.testing.assert_allclose(cl.CategoricalHead(3).distribution(params).log_prob(y), expected, rtol=1e-10)


def test_the_mixture_heads_parameters_are_logits_locs_rhos(rng: np.random.Generator) -> None:
    params, y = rng.normal(size=(5, 3 + 6 + 6)), rng.normal(size=(5, 2))
    logits, loc, rho = params[:, :3], params[:, 3:9].reshape(5, 3, 2), params[:, 9:].reshape(5, 3, 2)
    weights = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    scale = _softplus(rho)
    z = (y[:, None] - loc) / scale
    component = (np.exp(-0.5 * z**2) / (scale * np.sqrt(2 * np.pi))).prod(-1)
    expected = np.log((weights * component).sum(-1))
    ours = cl.MixtureOfNormalsHead(3, 2).distribution(params)
    assert ours.event_shape == (2,) and ours.batch_shape == (5,)
    np.testing.assert_allclose(ours.log_prob(y), expected, rtol=1e-8)


def test_the_triangular_head_gives_a_full_covariance(rng: np.random.Generator) -> None:
    head = cl.MultivariateNormalTriLHead(3)
    params = rng.normal(size=(5, head.params_size))
    ours = head.distribution(params)
    covariance = ours.covariance().numpy()
    np.testing.assert_allclose(ours.mean(), params[:, :3], rtol=1e-12)
    assert (np.linalg.eigvalsh(covariance) > 0).all()
    assert np.abs(covariance[:, 0, 2]).min() > 0
    from scipy import stats

    y = rng.normal(size=(5, 3))
    expected = [stats.multivariate_normal(params[n, :3], covariance[n]).logpdf(y[n]) for n in range(5)]
    np.testing.assert_allclose(ours.log_prob(y), expected, rtol=1e-6)


def test_half_precision_parameters_are_taken_to_float32() -> None:
    assert cl.NormalHead().distribution(tf.zeros([2, 2], tf.bfloat16)).dtype == tf.float32


def test_the_wrong_number_of_parameters_is_refused() -> None:
    with pytest.raises(ValueError, match=r"params_size .expected \(..., 4\), received \(5, 3\)"):
        cl.NormalHead(2).distribution(np.zeros((5, 3)))


@pytest.mark.parametrize(
    ("head", "y"),
    [
        (cl.NormalHead(2), RNG.normal(size=(8, 2))),
        (cl.NormalHead(1), RNG.normal(size=8)),
        (cl.BernoulliHead(2), RNG.integers(0, 2, size=(8, 2))),
        (cl.CategoricalHead(3), RNG.integers(0, 3, size=(8, 1))),
        (cl.CategoricalHead(3), RNG.integers(0, 3, size=8)),
        (cl.MixtureOfNormalsHead(2, 2), RNG.normal(size=(8, 2))),
        (cl.MultivariateNormalTriLHead(2), RNG.normal(size=(8, 2))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_head_trains_with_its_negative_log_likelihood(
    head: Any, y: np.ndarray, rng: np.random.Generator
) -> None:
    head = type(head).from_config(head.get_config())
    x = rng.normal(size=(8, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), head])
    model.compile("adam", cl.NegativeLogLikelihood(head), jit_compile=False)
    params = model(x)
    target = y.astype("float32")
    distribution = head.distribution(params)
    shaped = target.reshape(distribution.batch_shape + distribution.event_shape)
    expected = -float(tf.reduce_mean(distribution.log_prob(shaped)))
    np.testing.assert_allclose(model.evaluate(x, target, verbose=0), expected, rtol=1e-5)
    assert np.isfinite(model.train_on_batch(x, target))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 and NumPy 2.4
def test_a_compiled_model_saves_with_its_loss(tmp_path: Path) -> None:
    head = cl.NormalHead(1)
    model = keras.Sequential([keras.Input((4,)), head])
    model.compile("adam", cl.NegativeLogLikelihood(head))
    x, y = np.ones((4, 4), "float32"), np.ones((4, 1), "float32")
    model.train_on_batch(x, y)
    before = model.evaluate(x, y, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(loaded.evaluate(x, y, verbose=0), before, rtol=1e-6)


def test_the_loss_refuses_what_is_not_a_head() -> None:
    with pytest.raises(ValueError, match=r"`head` is the layer .*expected an object such as NormalHead\(1\)"):
        cl.NegativeLogLikelihood(keras.layers.Dense(2))


def test_a_normal_head_learns_a_variance_that_depends_on_x() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(2000, 1)).astype("float32")
    true_std = np.where(x > 0, 1.0, 0.1)
    y = (true_std * rng.normal(size=x.shape)).astype("float32")
    head = cl.NormalHead(1)
    features = np.concatenate([x > 0, x <= 0], axis=1).astype("float32")
    model = keras.Sequential([keras.Input((2,)), head])
    model.compile(keras.optimizers.Adam(0.05), cl.NegativeLogLikelihood(head))
    model.fit(features, y, batch_size=500, epochs=60, verbose=0)
    std = head.distribution(model.predict(np.eye(2, dtype="float32"), verbose=0)).stddev().numpy()[:, 0]
    # The maximum-likelihood stds of 1000 draws each have a standard error of 2.2 %; 15 % leaves the optimiser
    # room.
    np.testing.assert_allclose(std, [1.0, 0.1], rtol=0.15)
    assert isinstance(head.distribution(np.zeros((1, 2))), tfd.Independent)
