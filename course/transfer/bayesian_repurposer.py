"""A variational dense head on transferred features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from course.layers import DenseLocalReparameterization
from course.transfer.neural_repurposer import NeuralRepurposer, to_probability
from course.validation import positive_int


class BayesianRepurposer(NeuralRepurposer):
    """A linear or hidden-layered head with a normal posterior over its weights.

    ::

        minimise −E_q[Σₙ log p(yₙ | xₙ, w)] / N + KL(q ‖ p) / N,   N examples
        p(y | x) ≈ (1/S) Σₛ softmax(head(z; wₛ)),   wₛ ~ q

    Args:
        source: the network the features come from.
        layers: names of one or several of its layers.
        draws: S, ≥ 1.
        kwargs: hidden, epochs, learning_rate, batch_size and seed as for :class:`NeuralRepurposer`.

    Raises:
        ArgumentError: an argument is out of range or a layer unknown.

    Source:
        Damianou, "Bayesian deep learning" and "Deployment: Transfer learning"; Kingma, Salimans & Welling
        2015 for the gradient.
    """

    def __init__(
        self, source: keras.Model, layers: Sequence[str] | str, *, draws: int = 32, **kwargs: Any
    ) -> None:
        super().__init__(source, layers, **kwargs)
        self.draws = positive_int(draws, "draws")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the source."""
        return {**super().get_config(), "draws": self.draws}

    def _make_head(self, width: int, examples: int) -> keras.Model:
        layers: list[Any] = [keras.Input([width])]
        sizes = (*self.hidden, self._classes)
        for place, units in enumerate(sizes):
            layers.append(
                DenseLocalReparameterization(
                    units,
                    activation=None if place == len(self.hidden) else "relu",
                    dataset_size=examples,
                    seed=1000 * self.seed + place,
                )
            )
        return keras.Sequential(layers)

    def _head_probability(self, features: np.ndarray) -> np.ndarray:
        # One pass over S copies: local reparameterisation draws for each row anew.
        tiled = np.repeat(features.astype(np.float32)[None], self.draws, axis=0).reshape(
            -1, features.shape[1]
        )
        single = to_probability(self._head(tiled))
        return single.reshape(self.draws, len(features), -1).mean(axis=0)
