"""A Keras head on transferred features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from course.transfer.feature_repurposer import FeatureRepurposer
from course.validation import positive_float, positive_int


class NeuralRepurposer(FeatureRepurposer):
    """Dense layers and a softmax, trained on features that are computed once.

    ::

        p(y | x) = softmax(head(z)),   minimising −log p by Adam

    Args:
        source: the network the features come from.
        layers: names of one or several of its layers.
        hidden: units of each hidden layer; none makes the head linear.
        epochs: passes over the examples, ≥ 1.
        learning_rate: Adam's, > 0.
        batch_size: examples a step, ≥ 1.
        seed: of the weights and batches.

    Raises:
        ArgumentError: an argument is out of range or a layer unknown.

    Source:
        Damianou, "Deployment: Transfer learning".
    """

    _model_names = ("head",)

    def __init__(
        self,
        source: keras.Model,
        layers: Sequence[str] | str,
        *,
        hidden: Sequence[int] = (),
        epochs: int = 40,
        learning_rate: float = 1e-2,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        super().__init__(source, layers, seed=seed)
        self.hidden = tuple(positive_int(units, "hidden") for units in hidden)
        self.epochs = positive_int(epochs, "epochs")
        self.learning_rate = positive_float(learning_rate, "learning_rate")
        self.batch_size = positive_int(batch_size, "batch_size")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the source."""
        return {
            **super().get_config(),
            "hidden": list(self.hidden),
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
        }

    def _make_head(self, width: int, examples: int) -> keras.Model:
        layers: list[Any] = [keras.Input([width])]
        for place, units in enumerate(self.hidden):
            start = keras.initializers.GlorotUniform(seed=1000 * self.seed + place)
            layers.append(keras.layers.Dense(units, activation="relu", kernel_initializer=start))
        start = keras.initializers.GlorotUniform(seed=1000 * self.seed + len(self.hidden))
        return keras.Sequential([*layers, keras.layers.Dense(self._classes, kernel_initializer=start)])

    def _fit_head(self, features: np.ndarray, labels: np.ndarray) -> None:
        self._head = self._make_head(features.shape[1], len(features))
        self._head.compile(
            keras.optimizers.Adam(self.learning_rate),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            # XLA compiles for longer than so few steps take.
            jit_compile=False,
        )
        fit_shuffled(self._head, features, labels, self.batch_size, self.epochs, self.seed)

    def _head_probability(self, features: np.ndarray) -> np.ndarray:
        return to_probability(self._head(features.astype(np.float32), training=False))

    def _models(self) -> dict[str, keras.Model]:
        return {"head": self._head}

    def _restore_head(self, arrays: dict[str, np.ndarray], models: dict[str, keras.Model]) -> None:
        self._head = models["head"]


def fit_shuffled(
    model: keras.Model, inputs: np.ndarray, labels: np.ndarray, batch_size: int, epochs: int, seed: int
) -> None:
    """``model.fit`` on an order of the examples that the seed fixes.

    Args:
        model: compiled.
        inputs: shape (n, ...).
        labels: shape (n,).
        batch_size: examples a step; fewer where there are fewer.
        epochs: passes.
        seed: of the order, which Keras alone would take from its global generator.
    """
    generator = np.random.default_rng(seed)
    orders = np.concatenate([generator.permutation(len(labels)) for _ in range(epochs)])
    size = min(batch_size, len(labels))
    # One long epoch of whole batches: an order of ours, and no trace for a shorter last batch.
    orders = orders[: len(orders) // size * size]
    # Made here, or the first step is traced twice: see CourseModel.make_train_function.
    model.optimizer.build(model.trainable_variables)
    model.fit(
        np.asarray(inputs, dtype=np.float32)[orders],
        labels[orders],
        batch_size=size,
        epochs=1,
        shuffle=False,
        verbose=0,
    )


def to_probability(logits: Any) -> np.ndarray:
    """Softmax in float64, over the last axis.

    Args:
        logits: shape (..., C).

    Returns:
        The same shape.
    """
    values = np.asarray(keras.ops.convert_to_numpy(logits), dtype=np.float64)
    values = np.exp(values - values.max(axis=-1, keepdims=True))
    return values / values.sum(axis=-1, keepdims=True)
