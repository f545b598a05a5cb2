"""Refuses layers of tf_keras and of TFP inside Keras 3 models.

Keras 3 does not know their weights: such a model fits without an error, with nothing of the layer trained
and no KL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from course.errors import NestedLayerError

_FOREIGN = ("tf_keras.", "tensorflow_probability.", "tensorflow.python.keras.")


def is_foreign_layer(value: Any) -> bool:
    """Whether the value is a layer or model of tf_keras or TFP.

    Decided by the modules of its classes, so that tf_keras need not be imported.

    Args:
        value: anything.
    """
    if isinstance(value, keras.layers.Layer):
        return False
    return any(
        cls.__name__ == "Layer" and f"{cls.__module__}.".startswith(_FOREIGN) for cls in type(value).__mro__
    )


def foreign_layers(owner: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Foreign layers among an object's attributes, in lists, tuples and dicts, and in Keras layers below it.

    Args:
        owner: a Keras model or layer, a container, or a value.
        path: where it was found, for the answers.

    Yields:
        (path, layer), e.g. ("encoder.blocks[1]", layer).
    """
    yield from _walk(owner, path, set())


def check_layers(model: keras.Model) -> None:
    """Refuses a model that holds a layer of tf_keras or TFP anywhere.

    Args:
        model: a Keras 3 model.

    Raises:
        NestedLayerError: names the first such layer and its replacement.
    """
    for path, layer in foreign_layers(model):
        refuse(layer, path or "the model")


def refuse(layer: Any, path: str) -> None:
    """Raises the error for a foreign layer.

    Args:
        layer: the layer.
        path: where it was found.

    Raises:
        NestedLayerError: always.
    """
    name = type(layer).__name__
    # TFP calls them Convolution2DFlipout and so on, with Conv2DFlipout as an alias.
    ours = name.replace("Convolution", "Conv")
    known = "Flipout" in name or "Reparameterization" in name
    raise NestedLayerError(
        "a Keras 3 model would hold this layer without training it",
        where=path,
        expected="layers of Keras 3",
        received=f"{type(layer).__module__.split('.')[0]}'s {name}",
        fix=f"use course.layers.{ours}" if known else f"use a layer of keras in place of {name}",
    )


def _walk(value: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if is_foreign_layer(value):
        yield path, value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _walk(entry, f"{path}[{key!r}]", seen)
    elif isinstance(value, list | tuple | set):
        for index, entry in enumerate(value):
            yield from _walk(entry, f"{path}[{index}]", seen)
    elif isinstance(value, keras.layers.Layer):
        for name, entry in vars(value).items():
            yield from _walk(entry, f"{path}.{name}".lstrip("."), seen)
