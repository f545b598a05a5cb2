"""What Keras promises of a model, for every model of the library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import course.models

# Bases to subclass, which are nothing by themselves.
ABSTRACT = {"CourseModel", "Likelihood"}


def test_every_exported_model_stands_in_the_table(table: list[Any]) -> None:
    exported = {
        name
        for name, value in vars(course.models).items()
        if isinstance(value, type) and issubclass(value, keras.Model) and name not in ABSTRACT
    }
    assert exported <= {row.cls.__name__ for row in table}


def test_every_model_is_registered_under_the_courses_name(row: Any) -> None:
    assert keras.saving.get_registered_name(row.cls) == f"course>{row.cls.__name__}"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 and NumPy 2.4
def test_a_fitted_model_comes_back_from_its_file_with_the_same_outputs(
    row: Any, rng: np.random.Generator, tmp_path: Path
) -> None:
    model, history, x = row.fitted(rng)
    assert np.isfinite(history["loss"]).all()
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    for before, after in zip(_outputs(row, model, x), _outputs(row, loaded, x), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_config_makes_the_same_architecture(row: Any) -> None:
    model = row.make()
    again = type(model).from_config(model.get_config())
    # Serialised once more, so that tuples and lists of JSON are the same thing.
    assert (
        keras.saving.serialize_keras_object(again)["config"]
        == keras.saving.serialize_keras_object(model)["config"]
    )


def test_a_model_trains_under_jit(jit_row: Any, rng: np.random.Generator) -> None:
    _, history, _ = jit_row.fitted(rng, jit=True)
    assert np.isfinite(history["loss"]).all()


def test_mixed_precision_trains_float32_weights(mixed_row: Any, rng: np.random.Generator) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model, history, _ = mixed_row.fitted(rng)
    finally:
        keras.config.set_dtype_policy(before)
    assert np.isfinite(history["loss"]).all()
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}


def _outputs(row: Any, model: keras.Model, x: Any) -> list[Any]:
    outputs = model(x, **row.call)
    return [keras.ops.convert_to_numpy(part) for part in keras.tree.flatten(outputs)]
