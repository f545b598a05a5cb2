"""Take a trained network apart: its features at a layer, without its top, with another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from course.errors import ArgumentError, ShapeError
from course.layers.guard import check_layers
from course.validation import positive_int


class ModelHandler:
    """A functional or Sequential model, seen as layers that can be dropped, added and frozen.

    The given model is never changed: the handler works on a copy of architecture and weights, and every
    method that alters something returns a new handler. A compiled model is taken too, and its copy is not
    compiled; to freeze layers of a compiled model in place is refused (:func:`freeze_layers`).

    Args:
        model: a built ``keras.Sequential`` or functional model with one input and one output.

    Raises:
        ArgumentError: the model is subclassed, not built, or has several inputs or outputs.

    Example:
        >>> net = keras.Sequential([keras.Input([4]), keras.layers.Dense(3, name="a"),
        ...                         keras.layers.Dense(2, name="b")])
        >>> handler = ModelHandler(net).drop_top(1).add_top([keras.layers.Dense(5, name="c")])
        >>> handler.layer_names, handler.model.output_shape
        (('a', 'c'), (None, 5))

    Source:
        Damianou, "Deployment: Transfer learning", names xfer (github.com/amzn/xfer), whose ideas these are.
    """

    def __init__(self, model: keras.Model) -> None:
        _check_model(model)
        self._model = _copy(model)

    @classmethod
    def _of(cls, model: keras.Model) -> ModelHandler:
        handler = cls.__new__(cls)
        handler._model = model
        return handler

    @property
    def model(self) -> keras.Model:
        """A copy with this handler's weights; the caller may train it."""
        return _copy(self._model)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names from the input to the output, input layers left out."""
        return tuple(
            layer.name for layer in self._model.layers if not isinstance(layer, keras.layers.InputLayer)
        )

    def names_of_type(self, kind: type) -> tuple[str, ...]:
        """Names of the layers that are instances of a class.

        Args:
            kind: for example ``keras.layers.Conv2D``.
        """
        return tuple(name for name in self.layer_names if isinstance(self._model.get_layer(name), kind))

    def check_layers_exist(self, names: Sequence[str]) -> tuple[str, ...]:
        """The names, if each is a layer here.

        Args:
            names: at least one name, or one string.

        Raises:
            ArgumentError: there is none, or one is unknown.
        """
        wanted = (names,) if isinstance(names, str) else tuple(names)
        if not wanted:
            raise ArgumentError(
                "at least one layer is named", expected="a layer's name", received=repr(names)
            )
        for name in wanted:
            if name not in self.layer_names:
                raise ArgumentError(
                    "no layer of that name",
                    expected=f"one of {', '.join(self.layer_names)}",
                    received=repr(name),
                )
        return wanted

    def features(self, inputs: Any, layers: Sequence[str] | str, batch_size: int = 64) -> dict[str, Any]:
        """Outputs of some layers, in inference mode: no dropout, and batch-norm by its moving statistics.

        Args:
            inputs: shape (n, ...), n ≥ 1, as the model takes them.
            layers: one name or several; all are computed in one pass.
            batch_size: inputs a pass, ≥ 1.

        Returns:
            By layer name, in the order asked for, NumPy arrays of shape (n, ...).

        Raises:
            ArgumentError: a name is unknown.
            ShapeError: the inputs are empty or of another shape than the model's.
        """
        names = self.check_layers_exist(layers)
        array = check_inputs(self._model, inputs)
        part = keras.Model(self._model.inputs[0], [self._model.get_layer(name).output for name in names])
        outputs = in_batches(part, array, positive_int(batch_size, "batch_size"))
        return dict(zip(names, outputs, strict=True))

    def cut_at(self, layer: str) -> ModelHandler:
        """A handler of the part from the input up to and with a layer.

        Args:
            layer: its name.

        Raises:
            ArgumentError: the name is unknown.
        """
        (name,) = self.check_layers_exist([layer])
        part = keras.Model(self._model.inputs[0], self._model.get_layer(name).output)
        return self._of(_copy(part))

    def drop_top(self, count: int = 1) -> ModelHandler:
        """A handler without the last layers.

        Args:
            count: how many, from 1 to one less than there are.

        Raises:
            ArgumentError: too few layers would be left, or a dropped layer joins branches, so that "the
                layer below" is not one layer.
        """
        number = positive_int(count, "count")
        if number >= len(self.layer_names):
            raise ArgumentError(
                "a layer is left",
                expected=f"count ≤ {len(self.layer_names) - 1}",
                received=f"count={number}",
            )
        (output,) = self._model.outputs
        for _ in range(number):
            layer = output._keras_history.operation
            below = keras.tree.flatten(layer.input)
            if len(below) > 1:
                raise ArgumentError(
                    f"{layer.name} joins {len(below)} branches: what is below it is not one layer",
                    fix="name where to cut, with cut_at(layer)",
                )
            (output,) = below
            if isinstance(output._keras_history.operation, keras.layers.InputLayer):
                raise ArgumentError(
                    "a layer is left",
                    expected="a smaller count",
                    received=f"count={number}: only the input would remain",
                )
        return self._of(_copy(keras.Model(self._model.inputs[0], output)))

    def add_top(self, layers: Sequence[keras.layers.Layer]) -> ModelHandler:
        """A handler with more layers after the output.

        Args:
            layers: new layers, applied in order; they are copied with their config, and share nothing with
                the handler.

        Raises:
            ArgumentError: there is none, one is already built, or a name is taken.
            NestedLayerError: a layer is of another framework.
        """
        if not layers:
            raise ArgumentError("there is a layer to add", expected="at least one", received="none")
        check_layers(list(layers))
        base = _copy(self._model)
        (output,) = base.outputs
        taken = set(self.layer_names)
        for layer in layers:
            if layer.built and layer.weights:
                raise ArgumentError(
                    "an added layer is new", received=f"{layer.name}, which has weights already"
                )
            if layer.name in taken:
                raise ArgumentError(
                    "layer names are unique",
                    expected="a new name",
                    received=repr(layer.name),
                    fix="pass name=... to it",
                )
            taken.add(layer.name)
            output = type(layer).from_config(layer.get_config())(output)
        return self._of(keras.Model(base.inputs[0], output))

    def freeze(self, layers: Sequence[str] | str) -> ModelHandler:
        """A handler whose named layers do not train; batch-norm among them stays in inference mode.

        Args:
            layers: one name or several.

        Raises:
            ArgumentError: a name is unknown.
        """
        names = self.check_layers_exist(layers)
        model = _copy(self._model)
        freeze_layers(model, names)
        return self._of(model)

    def randomise(self, layers: Sequence[str] | str, seed: int | None = None) -> ModelHandler:
        """A handler whose named layers have new weights, drawn by their own initialisers.

        Args:
            layers: one name or several.
            seed: the draws'; None takes one from Keras's global generator.

        Raises:
            ArgumentError: a name is unknown.
        """
        names = self.check_layers_exist(layers)
        model = _copy(self._model)
        # Initialisers drawn at layer creation carry seeds of their own: a clone made under a new global seed
        # would repeat them, hence new seeds in the config.
        source = np.random.default_rng(seed)
        for name in names:
            layer = model.get_layer(name)
            fresh = type(layer).from_config(_reseeded(layer.get_config(), source))
            fresh.build(keras.tree.map_structure(lambda tensor: tensor.shape, layer.input))
            layer.set_weights(fresh.get_weights())
        return self._of(model)


def freeze_layers(model: keras.Model, names: Sequence[str]) -> None:
    """Marks layers of a model that is not yet compiled as not trainable, in place.

    Args:
        model: not compiled.
        names: of its layers.

    Raises:
        ArgumentError: the model is compiled: its training step may already hold the old list of weights.
    """
    if getattr(model, "compiled", False):
        raise ArgumentError(
            "layers are frozen before the model is compiled",
            received=f"{model.name}, compiled",
            fix="freeze a ModelHandler's copy, or compile after freezing",
        )
    for name in names:
        model.get_layer(name).trainable = False


def in_batches(model: keras.Model, inputs: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Every output of a model in inference mode, as NumPy arrays.

    Args:
        model: any.
        inputs: shape (n, ...), n ≥ 1.
        batch_size: inputs a call.

    Returns:
        One array of shape (n, ...) an output.
    """
    # Called, not predicted: tracing a function for each new head costs more than it saves.
    calls = [
        keras.tree.flatten(model(inputs[i : i + batch_size], training=False))
        for i in range(0, len(inputs), batch_size)
    ]
    return [
        np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
        for parts in zip(*calls, strict=True)
    ]


def check_inputs(model: keras.Model, inputs: Any) -> np.ndarray:
    """The inputs as an array that fits the model's input.

    Args:
        model: with one input.
        inputs: shape (n, ...), n ≥ 1.

    Raises:
        ShapeError: they are empty, or of another shape.
    """
    array = np.asarray(inputs)
    shape = tuple(model.inputs[0].shape)
    fits = array.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape[1:], array.shape[1:], strict=True)
    )
    if not fits or not array.size:
        raise ShapeError(
            "inputs fit the model, and there is at least one",
            expected=("n", *shape[1:]),
            received=array.shape,
        )
    return array


def _check_model(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise ArgumentError("a ModelHandler takes a Keras model", received=type(model).__name__)
    check_layers(model)
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        inputs = outputs = None
    if not inputs or not outputs:
        raise ArgumentError(
            "the model is functional or Sequential, and built",
            received=f"{type(model).__name__} {model.name!r}",
            fix="give it a keras.Input",
        )
    if len(inputs) != 1 or len(outputs) != 1:
        raise ArgumentError(
            "the model has one input and one output",
            received=f"{len(inputs)} inputs and {len(outputs)} outputs",
        )


def _copy(model: keras.Model) -> keras.Model:
    copied = keras.models.clone_model(model)
    # Keras compiles a clone as its original was; what is to be frozen must not be.
    copied.compiled, copied.optimizer = False, None
    copied.set_weights(model.get_weights())
    for own, given in zip(copied.layers, model.layers, strict=True):
        own.trainable = given.trainable
    return copied


def _reseeded(config: Any, source: np.random.Generator) -> Any:
    if isinstance(config, dict):
        return {
            key: int(source.integers(2**31)) if key == "seed" else _reseeded(value, source)
            for key, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(_reseeded(value, source) for value in config)
    return config
