from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions import Deterministic, Laplace, Normal, ScaleMixtureNormal, TrainableNormal


def _kernel_prior(row: Any) -> str:
    return "embeddings_prior" if row.index_below else "kernel_prior"


def _own_kernel_only(row: Any, prior: Any) -> keras.layers.Layer:
    """The layer with one prior, on its kernel."""
    more = {_kernel_prior(row): prior}
    if "bias_prior" in row.kwargs:
        more["bias_prior"] = None
    if row.cls.__name__ == "LSTMReparameterization":
        more["recurrent_prior"] = None
    layer = row.layer(**more)
    row.connect(layer, row.inputs())
    return layer


def test_the_kl_from_a_normal_prior_is_tfps(variational_row: Any) -> None:
    layer = _own_kernel_only(variational_row, Normal(0.3, 0.7))
    posterior = layer.kernel_distribution()
    prior = tfd.Independent(tfd.Normal(0.3 * tf.ones(posterior.event_shape), 0.7), len(posterior.event_shape))
    # TFP sums the same float32 terms; at most 54 of them.
    np.testing.assert_allclose(float(layer.kl()), float(tfd.kl_divergence(posterior, prior)), rtol=1e-5)


def test_the_kl_of_all_weights_is_the_sum(variational_row: Any) -> None:
    layer = variational_row.layer()
    variational_row.connect(layer, variational_row.inputs())
    expected = 0.0
    for name, std in (("kernel", 1.0), ("embeddings", 1.0), ("recurrent_kernel", 1.0), ("bias", 0.5)):
        if name == "bias" and "bias_prior" not in variational_row.kwargs:
            continue
        try:
            posterior = layer.weight_distribution(name)
        except ValueError:
            continue
        event = posterior.event_shape
        prior = tfd.Independent(tfd.Normal(tf.zeros(event), std), len(event))
        expected += float(tfd.kl_divergence(posterior, prior))
    np.testing.assert_allclose(float(layer.kl()), expected, rtol=1e-5)


def test_a_kl_taken_by_sample_has_the_right_mean(variational_row: Any) -> None:
    layer = _own_kernel_only(variational_row, ScaleMixtureNormal(0.5, 1.0, 0.1))
    posterior = layer.kernel_distribution()
    std = tf.constant([1.0, 0.1])
    mixture = tfd.MixtureSameFamily(tfd.Categorical(probs=[0.5, 0.5]), tfd.Normal([0.0, 0.0], std))
    axes = tf.range(1, len(posterior.event_shape) + 1)

    @tf.function
    def draws(n: int) -> tf.Tensor:
        return tf.map_fn(lambda _: layer.kl(), tf.range(n), fn_output_signature=tf.float32)

    ours = draws(400).numpy()
    weights = posterior.sample(100_000 // int(np.prod(posterior.event_shape)) + 1000, seed=1)
    log_p = tf.reduce_sum(mixture.log_prob(weights), axis=axes)
    theirs = (posterior.log_prob(weights) - log_p).numpy()
    # Two-sided z-test of the difference of two means at 5 standard errors: false alarm 6e-7 a row for normal
    # means (400 draws of a sum of many terms). Finds with probability > 0.999 a shift of 8 standard errors,
    # which is 0.4 of the standard deviation of one draw: a wrong entropy, a wrong component std or a missing
    # log weight.
    error = np.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
    assert abs(ours.mean() - theirs.mean()) < 5 * error
    assert ours.std() > 0


@pytest.mark.parametrize(
    "prior", [Laplace(0.1, 0.5), TrainableNormal(0.2, 0.5)], ids=["laplace", "trainable"]
)
def test_other_closed_forms_agree_with_quadrature(variational_row: Any, prior: Any) -> None:
    layer = _own_kernel_only(variational_row, prior)
    posterior = layer.kernel_distribution().distribution
    density = tfd.Laplace(0.1, 0.5) if isinstance(prior, Laplace) else tfd.Normal(0.2, 0.5)
    # Midpoint rule on ±8 std with 20 001 points: error far below float32's own for densities this smooth; the
    # Laplace density's corner costs O(step²) ≈ 1e-6.
    grid = tf.linspace(-8.0, 8.0, 20_001)[:, None]
    mean, std = (tf.reshape(v, [1, -1]) for v in (posterior.mean(), posterior.stddev()))
    w = mean + std * grid
    q = tfd.Normal(mean, std)
    mass = tfd.Normal(0.0, 1.0).prob(grid)
    integrand = (q.log_prob(w) - density.log_prob(w)) * mass / tf.reduce_sum(mass, axis=0)
    np.testing.assert_allclose(float(layer.kl()), float(tf.reduce_sum(integrand)), rtol=1e-4)


def test_gradients_of_the_kl_reach_a_trainable_prior(variational_row: Any) -> None:
    layer = _own_kernel_only(variational_row, TrainableNormal())
    names = [weight.name for weight in layer.trainable_weights if "_prior_" in weight.name]
    assert len(names) == 2
    prior = [weight.value for weight in layer.trainable_weights if "_prior_" in weight.name]
    with tf.GradientTape() as tape:
        loss = layer.kl()
    assert all(float(abs(gradient)) > 0 for gradient in tape.gradient(loss, prior))


def test_a_point_posterior_is_deterministic_and_has_the_map_objective(variational_row: Any) -> None:
    name = "embeddings_posterior" if variational_row.index_below else "kernel_posterior"
    more: dict[str, Any] = {name: Deterministic()}
    if "bias_prior" in variational_row.kwargs:
        more |= {"bias_posterior": Deterministic(), "bias_prior": None}
    if variational_row.cls.__name__ == "LSTMReparameterization":
        more |= {"recurrent_posterior": Deterministic(), "recurrent_prior": None}
    layer, inputs = variational_row.layer(**more), variational_row.inputs()
    first = variational_row.connect(layer, inputs)
    np.testing.assert_array_equal(first, variational_row.connect(layer, inputs))
    weight = layer.kernel_distribution().mean()
    expected = -tf.reduce_sum(tfd.Normal(0.0, 1.0).log_prob(weight))
    np.testing.assert_allclose(float(layer.kl()), float(expected), rtol=1e-5)


def test_the_posterior_is_fresh_after_an_update(variational_row: Any) -> None:
    layer = variational_row.layer()
    variational_row.connect(layer, variational_row.inputs())
    before = layer.kernel_distribution().mean()
    for weight in layer.trainable_weights:
        weight.assign_add(tf.ones(weight.shape))
    np.testing.assert_allclose(layer.kernel_distribution().mean(), before + 1.0, rtol=1e-6)
