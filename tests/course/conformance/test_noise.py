from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf


def test_one_seed_gives_the_same_noise(noisy_row: Any) -> None:
    row, inputs = noisy_row, noisy_row.inputs()
    first, second = row.layer(seed=4), row.layer(seed=4)
    row.connect(first, inputs), row.connect(second, inputs)
    second.set_weights(first.get_weights())
    np.testing.assert_array_equal(row.connect(first, inputs), row.connect(second, inputs))


def test_set_random_seed_makes_layers_without_a_seed_reproducible(noisy_row: Any) -> None:
    answers = []
    for _ in range(2):
        keras.utils.set_random_seed(11)
        layer = noisy_row.layer()
        answers.append(np.asarray(noisy_row.connect(layer, noisy_row.inputs())))
    np.testing.assert_array_equal(*answers)


def test_two_layers_without_a_seed_draw_different_noise(noisy_row: Any) -> None:
    row, inputs = noisy_row, noisy_row.inputs()
    first, second = row.layer(), row.layer()
    row.connect(first, inputs), row.connect(second, inputs)
    second.set_weights(first.get_weights())
    assert not np.array_equal(row.connect(first, inputs), row.connect(second, inputs))


def test_two_layers_start_with_different_means(variational_row: Any) -> None:
    first, second = variational_row.layer(), variational_row.layer()
    variational_row.connect(first, variational_row.inputs())
    variational_row.connect(second, variational_row.inputs())
    a, b = first.kernel_distribution().mean(), second.kernel_distribution().mean()
    assert not np.any(np.isclose(a, b, rtol=1e-6, atol=0))


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "jit"])
def test_two_calls_draw_different_noise(noisy_row: Any, jit: bool) -> None:
    model = noisy_row.model()
    call = tf.function(model, jit_compile=jit)
    inputs = tf.constant(noisy_row.inputs())
    assert not np.array_equal(call(inputs), call(inputs))


def test_training_and_inference_both_draw(noisy_row: Any) -> None:
    layer, inputs = noisy_row.layer(), noisy_row.inputs()
    first = noisy_row.connect(lambda x: layer(x, training=False), inputs)
    second = noisy_row.connect(lambda x: layer(x, training=False), inputs)
    third = noisy_row.connect(lambda x: layer(x, training=True), inputs)
    assert not np.array_equal(first, second)
    assert not np.array_equal(second, third)


def test_without_sampling_two_calls_agree(noisy_row: Any) -> None:
    layer, inputs = noisy_row.layer(), noisy_row.inputs()
    answers = [noisy_row.connect(lambda x: layer(x, sample=False), inputs) for _ in range(2)]
    np.testing.assert_array_equal(*answers)


def test_eager_calls_and_graphs_draw_the_same_numbers(noisy_row: Any) -> None:
    model = noisy_row.model(seed=3)
    layer = next(layer for layer in model.layers if isinstance(layer, noisy_row.cls))
    inputs = tf.constant(noisy_row.inputs())
    answers = []
    for call in (model, tf.function(model)):
        layer.seed_generator.state.assign([3, 0])
        answers.append(np.asarray(call(inputs)))
    # The graph optimiser may reorder float32 arithmetic; other noise would differ in the first digit.
    np.testing.assert_allclose(*answers, rtol=1e-4, atol=1e-5)


def test_sample_is_none_true_or_false(noisy_row: Any) -> None:
    layer = noisy_row.layer()
    with pytest.raises(ValueError, match="expected None, True or False, received sample='yes'"):
        noisy_row.connect(lambda x: layer(x, sample="yes"), noisy_row.inputs())
