"""A copy of the source, cut at a layer, that trains on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from course.transfer.model_handler import ModelHandler, in_batches
from course.transfer.neural_repurposer import fit_shuffled, to_probability
from course.transfer.repurposer import Repurposer
from course.validation import positive_float, positive_int

HEAD = "repurposed_logits"


class FineTuneRepurposer(Repurposer):
    """The source up to a layer with a new dense layer on it; all but the frozen layers train.

    Frozen layers keep their weights bit for bit, and batch-norm among them keeps its moving statistics: it
    runs in inference mode.

    Args:
        source: the trained network; it is copied.
        layer: the last layer that is kept.
        frozen: names of the kept layers that do not train; none trains them all.
        epochs: passes over the examples, ≥ 1.
        learning_rate: Adam's, > 0; small, since the copied weights are good already.
        batch_size: examples a step, ≥ 1.
        seed: of the new layer's weights and of the batches.

    Raises:
        ArgumentError: an argument is out of range, or a layer is unknown or not kept.

    Source:
        Damianou, "Deployment: Transfer learning".
    """

    _model_names = ("target",)

    def __init__(
        self,
        source: keras.Model,
        layer: str,
        *,
        frozen: Sequence[str] = (),
        epochs: int = 20,
        learning_rate: float = 1e-3,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        super().__init__(source)
        self.layer = layer
        self._kept = self.handler.cut_at(layer)
        self.frozen = self._kept.check_layers_exist(frozen) if len(frozen) else ()
        self.epochs = positive_int(epochs, "epochs")
        self.learning_rate = positive_float(learning_rate, "learning_rate")
        self.batch_size = positive_int(batch_size, "batch_size")
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the source."""
        return {
            "layer": self.layer,
            "frozen": list(self.frozen),
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
            "seed": self.seed,
        }

    @property
    def target(self) -> keras.Model:
        """The fitted network, with logits as outputs."""
        self._fitted()
        return self._target

    def _start(self) -> ModelHandler:
        return self._kept

    def _fit(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        start = keras.initializers.GlorotUniform(seed=self.seed)
        handler = self._start()
        top: list[keras.layers.Layer] = [
            keras.layers.Dense(self._classes, kernel_initializer=start, name=HEAD)
        ]
        if len(handler.model.output_shape) > 2:
            top.insert(0, keras.layers.Flatten(name="repurposed_flatten"))
        handler = handler.add_top(top)
        if self.frozen:
            handler = handler.freeze(self.frozen)
        self._target = handler.model
        self._target.compile(
            keras.optimizers.Adam(self.learning_rate),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            # XLA compiles for longer than so few steps take.
            jit_compile=False,
        )
        fit_shuffled(self._target, inputs, labels, self.batch_size, self.epochs, self.seed)

    def _probability(self, inputs: np.ndarray) -> np.ndarray:
        (logits,) = in_batches(self._target, inputs, 256)
        return to_probability(logits)

    def _models(self) -> dict[str, keras.Model]:
        return {"target": self._target}

    def _restore(self, arrays: dict[str, np.ndarray], models: dict[str, keras.Model]) -> None:
        self._target = models["target"]
