from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import course.distributions as cd
from course.errors import ArgumentError

ALL = [
    cd.MeanFieldNormal(0.2, "he_normal"),
    cd.MeanFieldNormal(),
    cd.Deterministic("ones"),
    cd.Deterministic(),
    cd.Normal(0.5, 2.0),
    cd.Laplace(0.5, 2.0),
    cd.ScaleMixtureNormal(0.25, 2.0, 0.1),
    cd.TrainableNormal(0.5, 2.0),
]


@pytest.mark.parametrize("config", ALL, ids=lambda value: type(value).__name__)
def test_a_config_object_survives_json(config: Any) -> None:
    text = json.dumps(keras.saving.serialize_keras_object(config))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(again) is type(config)
    assert again.get_config() == config.get_config()


def test_every_exported_posterior_and_prior_is_tested_here() -> None:
    classes = {v for v in vars(cd).values() if isinstance(v, type) and v not in (cd.Posterior, cd.Prior)}
    assert {type(config) for config in ALL} == classes


@pytest.mark.parametrize("std", [1e-6, 0.05, 1.0, 50.0])
def test_the_initial_std_is_the_one_asked_for(std: float) -> None:
    posterior = cd.MeanFieldNormal(std)
    layer = keras.layers.Layer(dtype="float64")
    q = posterior.parameters(posterior.add_variables(layer, "kernel", (3, 2), "zeros"))
    # Keras' Constant initializer rounds log std, here down to −13.8, to float32 whatever the layer's dtype.
    np.testing.assert_allclose(q["std"], np.full((3, 2), std), rtol=2e-6)


@pytest.mark.parametrize("log_std", [-200.0, -80.0, 40.0])
def test_the_kl_stays_finite_for_extreme_stds(log_std: float) -> None:
    posterior, prior = cd.MeanFieldNormal(), cd.Normal()
    variables = posterior.add_variables(keras.layers.Layer(), "kernel", (2,), "zeros")
    variables["log_std"].assign([log_std, log_std])
    q, p = posterior.parameters(variables), prior.parameters({}, tf.float32)
    assert np.isfinite(cd.kl_divergence(posterior, q, prior, p, lambda: tf.zeros(2)))
    np.testing.assert_allclose(float(posterior.entropy(q)), 2 * log_std + np.log(2 * np.pi * np.e), rtol=1e-5)


def test_parameters_are_float32_even_in_a_half_precision_layer() -> None:
    posterior = cd.MeanFieldNormal()
    variables = posterior.add_variables(keras.layers.Layer(dtype="bfloat16"), "kernel", (2,), "zeros")
    assert posterior.parameters(variables)["std"].dtype == tf.float32


@pytest.mark.parametrize(
    ("prior", "density"),
    [
        (cd.Normal(0.5, 2.0), tfd.Normal(0.5, 2.0)),
        (cd.TrainableNormal(0.5, 2.0), tfd.Normal(0.5, 2.0)),
        (cd.Laplace(0.5, 2.0), tfd.Laplace(0.5, 2.0)),
    ],
)
def test_a_priors_density_is_tfps(prior: cd.Prior, density: tfd.Distribution) -> None:
    p = prior.parameters(prior.add_variables(keras.layers.Layer(), "kernel"), tf.float32)
    w = tf.linspace(-3.0, 3.0, 7)
    np.testing.assert_allclose(
        float(prior.log_prob(p, w)), float(tf.reduce_sum(density.log_prob(w))), rtol=1e-6
    )


def test_the_scale_mixture_is_blundells() -> None:
    prior = cd.ScaleMixtureNormal(0.25, 2.0, 0.1)
    p = prior.parameters({}, tf.float64)
    w = np.linspace(-3, 3, 7)

    def normal(std: float) -> np.ndarray:
        return np.exp(-0.5 * (w / std) ** 2) / (std * np.sqrt(2 * np.pi))

    expected = np.log(0.25 * normal(2.0) + 0.75 * normal(0.1)).sum()
    np.testing.assert_allclose(float(prior.log_prob(p, tf.constant(w))), expected, rtol=1e-12)


def test_the_scale_mixture_does_not_underflow_far_out() -> None:
    prior = cd.ScaleMixtureNormal()
    assert np.isfinite(float(prior.log_prob(prior.parameters({}, tf.float32), tf.constant([50.0, -50.0]))))


def test_closed_forms_are_known_by_pair() -> None:
    q = cd.MeanFieldNormal()
    assert cd.has_closed_form(q, cd.Normal()) and cd.has_closed_form(q, cd.Laplace())
    assert cd.has_closed_form(cd.Deterministic(), cd.ScaleMixtureNormal())
    assert not cd.has_closed_form(q, cd.ScaleMixtureNormal())


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: cd.Normal(std=-1.0), "`std` is positive .expected std > 0, received std=-1.0"),
        (
            lambda: cd.Normal(mean=float("nan")),
            "`mean` is a finite number .expected a finite mean, received mean=nan",
        ),
        (lambda: cd.Laplace(scale=0), "`scale` is positive .expected scale > 0, received scale=0"),
        (
            lambda: cd.MeanFieldNormal(0.0),
            "`initial_std` is positive .expected initial_std > 0, received initial_std=0.0",
        ),
        (
            lambda: cd.TrainableNormal(initial_std=-1),
            "`initial_std` is positive .expected initial_std > 0, received initial_std=-1",
        ),
        (lambda: cd.ScaleMixtureNormal(weight=1.0), "expected 0 < weight < 1, received weight=1.0"),
        (lambda: cd.ScaleMixtureNormal(std_narrow=2.0), "expected std_narrow ≤ 1.0, received std_narrow=2.0"),
        (
            lambda: cd.get_posterior("normal"),
            "not a known posterior .expected an object such as MeanFieldNormal..",
        ),
        (lambda: cd.get_prior(cd.Normal, "kernel_prior"), "`kernel_prior` is not a known prior.*not Normal$"),
        (
            lambda: cd.get_prior(cd.MeanFieldNormal()),
            "`prior` is not a known prior .expected None or .*received prior=MeanFieldNormal.initial_std",
        ),
    ],
)
def test_wrong_arguments_are_refused_with_rule_expected_and_received(make: Any, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        make()
