"""The network of layers: functions composed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.models.base import CourseModel
from course.models.initialization import layer_seeds, seeded
from course.validation import finite_float, positive_int


@keras.saving.register_keras_serializable(package="course")
class MLP(CourseModel):
    """A multilayer perceptron: dense layers one after the other, the last one linear.

    ::

        h₀ = x,   h_l = φ(h_{l−1} W_l + b_l)   for l = 1, …, L,   outputs = h_L W + b

    The outputs are logits of classes, or predictions of a regression: the loss decides. (The decks' φ stands
    around the last layer as well; a loss on logits puts it there without rounding it to 0 or 1.)

    Args:
        hidden: widths of h₁ to h_L; none makes the network linear.
        outputs: numbers that come out, ≥ 1.
        activation: φ, by Keras's name.
        kernel_initializer: of every W, by Keras's name.
        batch_normalization: whether each h_l is normalised before φ.
        dropout: probability of dropping an entry of h_l, in [0, 1).
        seed: of weights and dropout; None draws one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, …); all axes but the first are flattened.
        training: whether dropout and the batch's statistics are on.

    Output shape:
        (batch, outputs).

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: the inputs' size is unknown.

    Example:
        >>> MLP([16, 16], outputs=3)(tf.zeros([2, 8, 8])).shape
        TensorShape([2, 3])

    Source:
        Damianou, "Deep neural networks: hierarchical function definitions"; Ivanov, "Building neural nets".
    """

    def __init__(
        self,
        hidden: Sequence[int],
        outputs: int,
        *,
        activation: str = "relu",
        kernel_initializer: str = "glorot_uniform",
        batch_normalization: bool = False,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hidden = [positive_int(width, "hidden") for width in hidden]
        self.outputs_size = positive_int(outputs, "outputs")
        self.activation, self.kernel_initializer = activation, kernel_initializer
        self.batch_normalization = bool(batch_normalization)
        self.dropout, self.seed = finite_float(dropout, "dropout"), seed
        if not 0 <= self.dropout < 1:
            raise ArgumentError(
                "`dropout` is in [0, 1)", expected="0 ≤ dropout < 1", received=f"dropout={dropout!r}"
            )
        *seeds, last, noise = layer_seeds(seed, len(self.hidden) + 2)
        policy, layers = self.dtype_policy, keras.layers
        self.flatten = layers.Flatten(dtype=policy)
        self.blocks = []
        for place, (width, own) in enumerate(zip(self.hidden, seeds, strict=True), 1):
            initial = seeded(kernel_initializer, own)
            block = [layers.Dense(width, kernel_initializer=initial, dtype=policy, name=f"dense_{place}")]
            if self.batch_normalization:
                block.append(layers.BatchNormalization(dtype=policy, name=f"normalization_{place}"))
            block.append(layers.Activation(activation, dtype=policy, name=f"activation_{place}"))
            if self.dropout:
                block.append(
                    layers.Dropout(self.dropout, seed=None if noise is None else noise + place, dtype=policy)
                )
            self.blocks.append(block)
        initial = seeded(kernel_initializer, last)
        self.last = layers.Dense(self.outputs_size, kernel_initializer=initial, dtype=policy, name="last")

    def build(self, input_shape: Any) -> None:
        """Builds every layer.

        Args:
            input_shape: (batch, …).
        """
        shape = tuple(input_shape)
        if len(shape) < 2 or None in shape[1:]:
            raise ShapeError(
                "the size of an input is known",
                where=self.name,
                expected="(batch, features)",
                received=shape,
            )
        shape = self.flatten.compute_output_shape(shape)
        for block in self.blocks:
            for layer in block:
                layer.build(shape)
                shape = layer.compute_output_shape(shape)
        self.last.build(shape)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """The outputs.

        Args:
            inputs: shape (batch, …).
            training: as documented above.
        """
        return self.layer_outputs(inputs, training)[-1]

    def layer_outputs(self, inputs: tf.Tensor, training: bool | None = None) -> list[tf.Tensor]:
        """Every h_l, and the outputs last: the composition step by step.

        Args:
            inputs: shape (batch, …).
            training: as for a call.

        Returns:
            L + 1 tensors, of shapes (batch, hidden[l]) and (batch, outputs).
        """
        if not self.built:
            self.build(tf.convert_to_tensor(inputs).shape)
        h, found = self.flatten(inputs), []
        for block in self.blocks:
            for layer in block:
                h = layer(h, training=training) if _differs_in_training(layer) else layer(h)
            found.append(h)
        return [*found, self.last(h)]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "hidden": self.hidden,
            "outputs": self.outputs_size,
            "activation": self.activation,
            "kernel_initializer": self.kernel_initializer,
            "batch_normalization": self.batch_normalization,
            "dropout": self.dropout,
            "seed": self.seed,
        }


def _differs_in_training(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization | keras.layers.Dropout)
