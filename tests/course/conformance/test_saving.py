from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

# Keras 3.15 writes its variables to HDF5 through an __array__ that NumPy 2.4 calls out of date.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def _shift(model: keras.Model) -> None:
    # Away from the initial values, so that weights that were not saved cannot agree by chance.
    for weight in model.trainable_weights:
        weight.assign_add(0.1 * np.random.default_rng(5).normal(size=weight.shape).astype("float32"))


def _answer(row: Any, model: keras.Model) -> np.ndarray:
    for layer in model.layers:
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([7, 0])
    return np.asarray(model(row.inputs()))


def test_a_saved_model_answers_the_same(row: Any, tmp_path: Path) -> None:
    model, layer = row.trainable_model()
    _shift(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(_answer(row, model), _answer(row, loaded))
    if row.variational:
        twin = loaded.get_layer(layer.name)
        assert float(twin.kl()) == float(layer.kl())


def test_saved_weights_load_into_a_new_model(row: Any, tmp_path: Path) -> None:
    first, second = row.trainable_model()[0], row.trainable_model()[0]
    _shift(first)
    first.save_weights(tmp_path / "model.weights.h5")
    second.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(_answer(row, first), _answer(row, second))


def test_an_annealed_kl_weight_is_saved(variational_row: Any, tmp_path: Path) -> None:
    layer = variational_row.layer()
    model = variational_row.model(layer)
    layer.kl_weight.assign(0.25)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert float(loaded.get_layer(layer.name).kl_weight) == 0.25


def test_a_cloned_model_has_the_same_layers_and_its_own_weights(row: Any) -> None:
    model, layer = row.trainable_model()
    clone = keras.models.clone_model(model)
    twin = clone.get_layer(layer.name)
    assert twin is not layer
    assert twin.get_config() == layer.get_config()
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(_answer(row, model), _answer(row, clone))
