"""What TFP's and Edward2's suites hold of their variational layers, in words of our own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import course.layers as cl
from course.distributions import Deterministic, MeanFieldNormal, Normal

RANDOM_BIAS = {"bias_posterior": MeanFieldNormal(), "bias_prior": Normal()}
SHARED = [
    (cl.DenseReparameterization, {"units": 2}, (5, 3)),
    (cl.Conv1DReparameterization, {"filters": 2, "kernel_size": 3, "padding": "same"}, (2, 5, 3)),
    (cl.Conv2DReparameterization, {"filters": 2, "kernel_size": 2}, (2, 4, 5, 3)),
    (cl.Conv3DReparameterization, {"filters": 2, "kernel_size": 2}, (2, 3, 4, 3, 2)),
]
PER_EXAMPLE = [
    (cl.DenseFlipout, {"units": 2}, (5, 3)),
    (cl.Conv1DFlipout, {"filters": 2, "kernel_size": 3}, (2, 5, 3)),
    (cl.Conv2DFlipout, {"filters": 2, "kernel_size": 2}, (2, 4, 5, 3)),
    (cl.Conv3DFlipout, {"filters": 2, "kernel_size": 2}, (2, 3, 4, 3, 2)),
]


def _again(layer: Any, x: Any) -> np.ndarray:
    """The layer's answer with the noise of its first call."""
    layer.seed_generator.state.assign([3, 0])
    return layer(x).numpy()


@pytest.mark.parametrize(
    ("kwargs", "terms"),
    [({}, 1), (RANDOM_BIAS, 2), ({"kernel_prior": None, "dataset_size": None}, 0)],
    ids=["kernel", "kernel and bias", "no prior"],
)
@pytest.mark.parametrize(
    "cls", [cl.DenseReparameterization, cl.DenseLocalReparameterization, cl.DenseFlipout]
)
def test_a_layer_has_one_kl_term_a_weight_with_a_prior(cls: type, kwargs: dict[str, Any], terms: int) -> None:
    layer = cls(2, **{"dataset_size": 1, **kwargs})
    model = keras.Sequential([keras.Input((3,)), layer])
    for _ in range(2):
        model(tf.ones([4, 3]))
    assert len(layer.losses) == len(model.losses) == terms


def test_an_lstm_has_a_kl_term_for_each_kernel() -> None:
    layer = cl.LSTMReparameterization(2, dataset_size=1)
    layer(tf.ones([1, 4, 3]))
    assert len(layer.losses) == 2
    layer = cl.LSTMReparameterization(2, dataset_size=1, **RANDOM_BIAS)
    layer(tf.ones([1, 4, 3]))
    assert len(layer.losses) == 3


@pytest.mark.parametrize(
    ("cls", "kwargs", "shape"), SHARED + PER_EXAMPLE, ids=lambda v: getattr(v, "__name__", "")
)
def test_with_its_noise_held_a_layer_is_linear_in_each_example(
    cls: type, kwargs: dict[str, Any], shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    layer = cls(**kwargs, dataset_size=1, use_bias=False, seed=3)
    a, b = rng.normal(size=(2, *shape)).astype("float32")
    expected = 2.0 * _again(layer, a) - 3.0 * _again(layer, b)
    np.testing.assert_allclose(_again(layer, 2.0 * a - 3.0 * b), expected, rtol=1e-4, atol=1e-5)


def test_the_output_is_x_times_the_kernel_that_was_drawn(rng: np.random.Generator) -> None:
    layer = cl.DenseReparameterization(2, dataset_size=1, seed=3, bias_posterior=Deterministic("ones"))
    x = rng.normal(size=(5, 3)).astype("float32")
    layer(x)
    kernel = _again(layer, np.eye(3, dtype="float32")) - 1.0
    np.testing.assert_allclose(_again(layer, x), x @ kernel + 1.0, rtol=1e-5, atol=1e-6)
    posterior = layer.kernel_distribution().distribution
    # A kernel of the posterior: within six stds of its means, and not the means themselves.
    distance = np.abs(kernel - posterior.mean()) / posterior.stddev()
    assert distance.numpy().max() < 6.0 and distance.numpy().min() > 1e-4


@pytest.mark.parametrize(("cls", "kwargs", "shape"), SHARED, ids=lambda v: getattr(v, "__name__", ""))
def test_equal_examples_get_equal_answers_under_shared_noise_only(
    cls: type, kwargs: dict[str, Any], shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    x = np.repeat(rng.normal(size=(1, *shape[1:])), 2, axis=0).astype("float32")
    shared = cls(**kwargs, dataset_size=1)(x).numpy()
    np.testing.assert_allclose(shared[0], shared[1], rtol=1e-5, atol=1e-6)
    for kind in ("Flipout", "LocalReparameterization"):
        own = getattr(cl, cls.__name__.replace("Reparameterization", kind))(**kwargs, dataset_size=1)(
            x
        ).numpy()
        assert not np.allclose(own[0], own[1], rtol=1e-3)


def test_posteriors_at_zero_without_noise_give_zero() -> None:
    nothing = {"kernel_posterior": Deterministic("zeros")}
    for cls in (cl.DenseReparameterization, cl.DenseLocalReparameterization, cl.DenseFlipout):
        np.testing.assert_array_equal(cls(2, dataset_size=1, **nothing)(tf.ones([4, 3])), np.zeros((4, 2)))
    lstm = cl.LSTMReparameterization(
        2, dataset_size=1, unit_forget_bias=False, recurrent_posterior=Deterministic("zeros"), **nothing
    )
    np.testing.assert_array_equal(lstm(tf.ones([4, 5, 3])), np.zeros((4, 2)))


@pytest.mark.slow
def test_layers_of_all_kinds_mix_in_a_sequential_model_and_learn(rng: np.random.Generator) -> None:
    size = 64
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            cl.Conv2DFlipout(4, 3, activation="relu", dataset_size=size),
            keras.layers.MaxPooling2D(),
            cl.Conv2DLocalReparameterization(4, 2, activation="relu", dataset_size=size),
            keras.layers.Flatten(),
            cl.MonteCarloDropout(0.1),
            cl.DenseReparameterization(8, activation="tanh", dataset_size=size),
            keras.layers.Dense(8),
            cl.DenseFlipout(1, dataset_size=size),
        ]
    )
    x = rng.normal(size=(size, 8, 8, 1)).astype("float32")
    y = x.mean(axis=(1, 2))
    y = (y / y.std()).astype("float32")
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, batch_size=16, epochs=15, verbose=0)
    # The loss holds a KL of about 130 nats / 64 at the start; both parts fall.
    assert model.evaluate(x, y, verbose=0) < 0.9 * before
    assert len(model.losses) == 4
