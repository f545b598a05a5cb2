"""A copy of the source of which some layers start anew and some never move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from course.transfer.fine_tune_repurposer import FineTuneRepurposer
from course.transfer.model_handler import ModelHandler


class RandomFreezeRepurposer(FineTuneRepurposer):
    """Fine-tuning with named layers re-initialised at random, and named layers frozen.

    A layer in both lists is a random projection that stays: new weights, never trained.

    Args:
        source: the trained network; it is copied.
        layer: the last layer that is kept.
        randomised: names of kept layers that get new weights.
        kwargs: frozen, epochs, learning_rate, batch_size and seed as for :class:`FineTuneRepurposer`.

    Raises:
        ArgumentError: an argument is out of range, or a layer is unknown or not kept.

    Source:
        Damianou, "Deployment: Transfer learning"; the class of this name in xfer.
    """

    def __init__(self, source: keras.Model, layer: str, *, randomised: Sequence[str], **kwargs: Any) -> None:
        super().__init__(source, layer, **kwargs)
        self.randomised = self._kept.check_layers_exist(randomised)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the source."""
        return {**super().get_config(), "randomised": list(self.randomised)}

    def _start(self) -> ModelHandler:
        return self._kept.randomise(self.randomised, self.seed)
