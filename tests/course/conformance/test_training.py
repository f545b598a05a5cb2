from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "jit"])
def test_it_fits_evaluates_and_predicts(row: Any, jit: bool) -> None:
    model, layer = row.trainable_model()
    x, y = row.inputs(), np.ones((8, 1), "float32")
    before = [weight.numpy() for weight in layer.trainable_weights]
    model.compile("adam", "mse", jit_compile=jit)
    history = model.fit(x, y, batch_size=4, epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert np.isfinite(model.evaluate(x, y, batch_size=4, verbose=0))
    assert np.isfinite(model.predict(x, batch_size=4, verbose=0)).all()
    assert row.trains == bool(before)
    for old, weight in zip(before, layer.trainable_weights, strict=True):
        assert not np.array_equal(old, weight.numpy()), weight.path


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16"])
def test_it_fits_under_other_dtype_policies(row: Any, policy: str) -> None:
    model, _ = row.trainable_model(dtype=policy)
    model.compile("sgd", "mse", jit_compile=False)
    assert np.isfinite(model.train_on_batch(row.inputs(), np.ones((8, 1), "float32")))


def test_gradients_reach_every_weight_on_a_first_and_a_second_tape(row: Any) -> None:
    model, _ = row.trainable_model()
    inputs = row.inputs()
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(model(inputs))) + sum(model.losses)
        variables = [weight.value for weight in model.trainable_weights]
        gradients = tape.gradient(loss, variables)
        assert all(gradient is not None for gradient in gradients)
        assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient in gradients)


def test_zero_inputs_give_finite_gradients(row: Any) -> None:
    layer = row.trainable_model()[1]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(row.connect(layer, tf.zeros_like(row.inputs()))))
    gradients = tape.gradient(loss, [w.value for w in layer.trainable_weights], unconnected_gradients="zero")
    assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient in gradients)


def test_the_kl_is_in_the_training_loss_once_and_scaled(variational_row: Any) -> None:
    row = variational_row
    layer = row.layer(kl_weight=0.5)
    model = row.model(layer)
    model(row.inputs())
    model(row.inputs())
    # dataset_size is 10 in the table. Closed-form KLs: equal up to the order of a float32 sum.
    np.testing.assert_allclose(float(sum(model.losses)), 0.5 * float(layer.kl()) / 10, rtol=1e-6)


def test_the_kl_weight_can_be_annealed_under_jit(variational_row: Any) -> None:
    row = variational_row
    layer = row.layer(kl_weight=0.0)
    model = row.model(layer)

    @tf.function(jit_compile=True)
    def kl_term() -> tf.Tensor:
        return tf.add_n(model.losses)

    assert float(kl_term()) == 0.0
    layer.kl_weight.assign(2.0)
    np.testing.assert_allclose(float(kl_term()), 2.0 * float(layer.kl()) / 10, rtol=1e-6)


def test_a_frozen_layer_adds_no_kl_and_does_not_move(variational_row: Any) -> None:
    layer = variational_row.layer()
    model = variational_row.model(layer)
    layer.trainable = False
    assert model.losses == []
    assert model.trainable_weights == []
