"""Clipping against Keras's optimizers, norms against finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from course.errors import ArgumentError
from course.models import MLP
from course.training import (
    GradientNorms,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
    gradient_norms,
)


@pytest.mark.parametrize("limit", [0.25, 2.0, 50.0])
@pytest.mark.parametrize(
    ("clip", "keyword"),
    [(clip_by_global_norm, "global_clipnorm"), (clip_by_norm, "clipnorm"), (clip_by_value, "clipvalue")],
)
def test_clipping_is_what_keras_subtracts_in_a_step_of_length_one(
    clip: Callable[..., list[Any]], keyword: str, limit: float, rng: np.random.Generator
) -> None:
    gradients = [rng.normal(size=shape) for shape in ((3, 4), (5,), (1, 1))]
    variables = [keras.Variable(np.zeros(g.shape), dtype="float64") for g in gradients]
    optimizer = keras.optimizers.SGD(1.0, **{keyword: limit})
    optimizer.apply([tf.constant(g) for g in gradients], variables)
    for ours, variable in zip(clip([tf.constant(g) for g in gradients], limit), variables, strict=True):
        # The learning rate and the limits are exact in the optimizer's float32.
        np.testing.assert_allclose(ours, -variable.numpy(), rtol=1e-12)


def test_the_global_norm_is_that_of_one_long_vector(rng: np.random.Generator) -> None:
    gradients = [rng.normal(size=(3, 4)), None, rng.normal(size=5)]
    long = np.concatenate([g.ravel() for g in gradients if g is not None])
    np.testing.assert_allclose(global_norm(gradients), np.linalg.norm(long), rtol=1e-14)
    clipped = clip_by_global_norm(gradients, 0.5)
    assert clipped[1] is None
    np.testing.assert_allclose(global_norm(clipped), 0.5, rtol=1e-14)
    # One factor for all: the direction is kept.
    np.testing.assert_allclose(
        clipped[0] / gradients[0], np.full((3, 4), 0.5 / np.linalg.norm(long)), rtol=1e-12
    )


def test_a_zero_gradient_stays_zero_and_an_infinite_one_is_not_hidden() -> None:
    np.testing.assert_array_equal(clip_by_global_norm([tf.zeros([2])], 1.0)[0], [0.0, 0.0])
    assert np.isnan(clip_by_global_norm([tf.constant([np.inf, 1.0])], 1.0)[0]).all()


def test_norms_are_those_of_finite_differences(rng: np.random.Generator) -> None:
    model = MLP([3], 2, activation="tanh", seed=1, dtype="float64")
    x, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 2))
    model.build((None, 4))

    def loss() -> Any:
        return tf.reduce_mean((model(x) - y) ** 2)

    norms = gradient_norms(loss, model.trainable_variables)
    step = 1e-6
    for variable in model.trainable_variables:
        value, square = variable.value.numpy(), 0.0
        for index in np.ndindex(*value.shape):
            moved = value.copy()
            moved[index] += step
            variable.assign(moved)
            above = float(loss())
            moved[index] -= 2 * step
            variable.assign(moved)
            square += ((above - float(loss())) / (2 * step)) ** 2
            variable.assign(value)
        # Central differences in float64: an error of about 1e-16/step, 1e-10, an entry.
        np.testing.assert_allclose(norms[variable.path], np.sqrt(square), rtol=1e-8)


def test_a_variable_that_the_loss_does_not_know_has_norm_zero() -> None:
    used, unused = keras.Variable([2.0], name="used"), keras.Variable([1.0], name="unused")
    assert gradient_norms(lambda: tf.reduce_sum(used**2), [used, unused]) == {"used": 4.0, "unused": 0.0}


@pytest.fixture(scope="module")
def watched() -> tuple[GradientNorms, list[np.ndarray], list[np.ndarray]]:
    """Norms by batch, and the weights after the same training watched and not watched."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(12, 4)).astype("float32"), rng.normal(size=(12, 2)).astype("float32")
    norms, after = GradientNorms(x[:4], y[:4], every="batch"), []
    for callbacks in ([norms], []):
        model = MLP([3], 2, seed=1, dropout=0.3, batch_normalization=True)
        model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
        model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=callbacks)
        after.append([v.value.numpy() for v in model.variables])
    return norms, *after


def test_watching_leaves_the_training_as_it_was(watched: Any) -> None:
    norms, with_norms, without = watched
    assert {len(values) for values in norms.history.values()} == {7}
    for one, other in zip(with_norms, without, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_first_norm_is_the_length_of_the_first_step() -> None:
    x, y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")
    model = MLP([], 1, seed=2)
    model.build((None, 3))
    model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    before = model.trainable_variables[0].value.numpy()
    norms = GradientNorms(x, y)
    model.fit(x, y, batch_size=4, epochs=1, verbose=0, callbacks=[norms])
    kernel = model.trainable_variables[0]
    moved = np.linalg.norm(kernel.value.numpy() - before)
    # Three subtractions of float32 numbers near 1.
    np.testing.assert_allclose(0.5 * norms.history[kernel.path][0], moved, rtol=1e-5)


def test_refusals_say_what_is_wrong() -> None:
    with pytest.raises(ArgumentError, match=r"`limit` is positive.*limit=0"):
        clip_by_global_norm([tf.ones(2)], 0)
    with pytest.raises(ArgumentError, match=r"`limit` is positive.*limit=-1"):
        clip_by_value([tf.ones(2)], -1)
    with pytest.raises(ArgumentError, match=r"`limit` is positive.*limit=nan"):
        clip_by_norm([], float("nan"))
    with pytest.raises(ArgumentError, match=r"there is a gradient.*received none"):
        global_norm([None])
    with pytest.raises(ArgumentError, match=r"there is a variable.*received none"):
        gradient_norms(lambda: tf.constant(0.0), [])
    with pytest.raises(ArgumentError, match=r"the loss is a scalar.*shape \(2,\)"):
        gradient_norms(lambda: tf.zeros(2), [keras.Variable(0.0)])
    with pytest.raises(ArgumentError, match=r"unknown `every`.*every='step'"):
        GradientNorms([1.0], every="step")
