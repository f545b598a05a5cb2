"""A classifier of its own on features that the source computes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from course.transfer.repurposer import Repurposer


class FeatureRepurposer(Repurposer):
    """Features at one or several layers, flattened, joined and standardised; a head learns from them.

    ::

        z = (h(x) − mean) / std,   mean and std over the target's training examples

    A feature that never varies is centred and not divided.

    Args:
        source: the network the features come from; its weights stay as they are.
        layers: names of one or several of its layers.
        seed: of the head's randomness.

    Raises:
        ArgumentError: a layer is unknown, or the source is of another kind.
    """

    def __init__(self, source: keras.Model, layers: Sequence[str] | str, *, seed: int = 0) -> None:
        super().__init__(source)
        self.layers = self.handler.check_layers_exist(layers)
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the source."""
        return {"layers": list(self.layers), "seed": self.seed}

    def features(self, inputs: Any) -> np.ndarray:
        """Flattened and joined features before they are standardised, float64, shape (n, d).

        Args:
            inputs: shape (n, ...).

        Raises:
            ShapeError: the inputs do not fit the source.
        """
        parts = self.handler.features(inputs, self.layers).values()
        return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1).astype(np.float64)

    def _fit(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        raw = self.features(inputs)
        self._mean, std = raw.mean(axis=0), raw.std(axis=0)
        # The standard deviation of equal float32 values is rounding: dividing by it would make noise of it.
        self._std = np.where(std > 1e-6 * np.maximum(np.abs(self._mean), 1e-6), std, 1.0)
        self._fit_head((raw - self._mean) / self._std, labels)

    def _probability(self, inputs: np.ndarray) -> np.ndarray:
        return self._head_probability((self.features(inputs) - self._mean) / self._std)

    def _arrays(self) -> dict[str, np.ndarray]:
        return {"mean": self._mean, "std": self._std, **self._head_arrays()}

    def _restore(self, arrays: dict[str, np.ndarray], models: dict[str, keras.Model]) -> None:
        self._mean, self._std = arrays["mean"], arrays["std"]
        self._restore_head(arrays, models)

    @abstractmethod
    def _fit_head(self, features: np.ndarray, labels: np.ndarray) -> None: ...

    @abstractmethod
    def _head_probability(self, features: np.ndarray) -> np.ndarray: ...

    def _head_arrays(self) -> dict[str, np.ndarray]:
        return {}

    @abstractmethod
    def _restore_head(self, arrays: dict[str, np.ndarray], models: dict[str, keras.Model]) -> None: ...
