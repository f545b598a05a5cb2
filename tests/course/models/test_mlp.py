"""The composition against NumPy, and what a hidden layer is for."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy.special import erf

from course.errors import ArgumentError, ShapeError
from course.models import MLP
from course.models.initialization import layer_seeds


def test_the_network_is_the_composition_of_its_layers(rng: np.random.Generator) -> None:
    model = MLP([4, 3], 2, activation="tanh", seed=1, dtype="float64")
    x = rng.normal(size=(5, 2, 3))
    found = model.layer_outputs(x)
    w0, b0, w1, b1, w2, b2 = (
        v.value.numpy() + 0.1 * (v.value.numpy().ndim == 1) for v in model.trainable_variables
    )
    for variable, value in zip(model.trainable_variables, (w0, b0, w1, b1, w2, b2), strict=True):
        variable.assign(value)
    h1 = np.tanh(x.reshape(5, 6) @ w0 + b0)
    h2 = np.tanh(h1 @ w1 + b1)
    found = model.layer_outputs(x)
    for ours, expected in zip(found, (h1, h2, h2 @ w2 + b2), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(model(x), found[-1])


def test_one_hidden_layer_computes_what_no_linear_model_can() -> None:
    # Exclusive or, with weights set by hand: |a − b| = relu(a − b) + relu(b − a).
    model = MLP([2], 1)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
    model(x)
    model.set_weights([np.array([[1.0, -1.0], [-1.0, 1.0]]), np.zeros(2), np.ones((2, 1)), np.zeros(1)])
    np.testing.assert_array_equal(model(x)[:, 0], [0, 1, 1, 0])
    y = np.array([0, 1, 1, 0.0])
    line = np.linalg.lstsq(np.column_stack([x, np.ones(4)]), y, rcond=None)[0]
    np.testing.assert_allclose(np.column_stack([x, np.ones(4)]) @ line, 0.5, atol=1e-7)


def test_normalization_and_dropout_are_on_in_training_alone(rng: np.random.Generator) -> None:
    x = rng.normal(size=(400, 6)).astype("float32")
    model = MLP([50], 1, activation="linear", batch_normalization=True, seed=2)
    hidden = np.asarray(model.layer_outputs(x, training=True)[0])
    np.testing.assert_allclose(hidden.mean(axis=0), 0.0, atol=1e-5)
    variance = np.var(x @ model.trainable_variables[0].value.numpy(), axis=0)
    np.testing.assert_allclose(hidden.var(axis=0), variance / (variance + 1e-3), rtol=1e-4)
    model = MLP([50], 1, activation="gelu", dropout=0.25, seed=2)
    kept = np.asarray(model.layer_outputs(x, training=True)[0])
    plain = np.asarray(model.layer_outputs(x, training=False)[0])
    # 20 000 entries: the std of the share is 0.003.
    assert (kept == 0).mean() == pytest.approx(0.25, abs=0.02)
    np.testing.assert_allclose(kept[kept != 0], plain[kept != 0] / 0.75, rtol=1e-5)
    kernel, bias = (v.value.numpy().astype("float64") for v in model.trainable_variables[:2])
    before = x @ kernel + bias
    np.testing.assert_allclose(plain, before * 0.5 * (1 + erf(before / np.sqrt(2))), atol=1e-5)


def test_layers_of_one_shape_start_apart_and_one_seed_starts_alike() -> None:
    models = [MLP([4, 4], 4, seed=seed) for seed in (3, 3, 4)]
    for model in models:
        model.build((None, 4))
    first, again, other = ([w for w in m.get_weights() if w.ndim == 2] for m in models)
    for mine, same, another in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(mine, same)
        assert not np.array_equal(mine, another)
    assert not np.array_equal(first[0], first[1]) and not np.array_equal(first[1], first[2])
    assert layer_seeds(7, 4) == layer_seeds(7, 4)


def test_refusals_say_what_is_wrong() -> None:
    with pytest.raises(ArgumentError, match=r"`hidden` is a positive integer.*hidden=0"):
        MLP([3, 0], 1)
    with pytest.raises(ArgumentError, match=r"`outputs` is a positive integer.*outputs=-1"):
        MLP([3], -1)
    with pytest.raises(ArgumentError, match=r"`dropout` is in \[0, 1\).*dropout=1.0"):
        MLP([3], 1, dropout=1.0)
    with pytest.raises(ShapeError, match=r"size of an input is known.*\(None, None\)"):
        MLP([3], 1)(keras.Input((None,)))
