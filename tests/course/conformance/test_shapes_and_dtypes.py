from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf


def test_the_output_has_the_stated_shape_for_any_batch(row: Any) -> None:
    model = row.model()
    assert model.output_shape == (None, *row.output_shape)
    for batch in (1, 3):
        assert model(row.inputs(batch)).shape == (batch, *row.output_shape)


def test_one_layer_serves_batches_of_unknown_size_in_a_graph(row: Any) -> None:
    model = row.model()
    dtype = tf.float32 if row.index_below is None else tf.int32
    graph = tf.function(model, input_signature=[tf.TensorSpec((None, *row.input_shape), dtype)])
    for batch in (1, 5):
        assert graph(tf.constant(row.inputs(batch))).shape == (batch, *row.output_shape)


@pytest.mark.parametrize(
    ("policy", "compute", "variable"),
    [
        ("float32", "float32", "float32"),
        ("float64", "float64", "float64"),
        ("mixed_bfloat16", "bfloat16", "float32"),
    ],
)
def test_a_dtype_policy_is_kept(row: Any, policy: str, compute: str, variable: str) -> None:
    layer = row.layer(dtype=policy)
    outputs = row.connect(layer, tf.cast(row.inputs(), compute if row.index_below is None else "int32"))
    assert outputs.dtype == compute
    assert {weight.dtype for weight in layer.trainable_weights} <= {variable}
    if row.variational:
        assert layer.kl().dtype == variable
        assert {loss.dtype.name for loss in layer.losses} == {"float32"}


def test_the_symbolic_dtype_is_the_eager_one(row: Any) -> None:
    assert row.model(dtype="mixed_bfloat16").output.dtype == "bfloat16"


def test_half_precision_stays_near_full_precision(row: Any) -> None:
    full, half = row.layer(), row.layer(dtype="mixed_bfloat16")
    inputs = row.inputs()
    a, b = row.connect(full, inputs), row.connect(half, inputs)
    half.set_weights(full.get_weights())
    for layer in (full, half):
        if row.draws:
            layer.seed_generator.state.assign([3, 0])
    a, b = row.connect(full, inputs), row.connect(half, inputs)
    # bfloat16 has 8 bits: a few roundings of 2⁻⁸ each on sums of at most 30 terms of size about 1. A layer
    # that dropped a term, took other noise or the wrong std would be off by a sizeable fraction of the
    # outputs.
    np.testing.assert_allclose(np.asarray(a, "float32"), np.asarray(tf.cast(b, "float32")), atol=0.08)


def test_the_config_is_plain_and_rebuilds_the_layer(row: Any) -> None:
    import json

    layer = row.layer(name="a_name", dtype="mixed_bfloat16")
    config = layer.get_config()
    json.dumps(keras.saving.serialize_keras_object(layer))
    again = row.cls.from_config(config)
    assert again.get_config() == config
