from __future__ import annotations

from typing import Any

import keras
import numpy as np

from course.models import MLP, ConvAutoencoder, ConvNet, SegmentationNet


def _classes(rng: np.random.Generator, *shape: int, classes: int) -> np.ndarray:
    return rng.integers(0, classes, size=shape).astype("int32")


def _images(rng: np.random.Generator, size: int) -> np.ndarray:
    return rng.random((24, size, size, 1)).astype("float32")


def _classifier() -> dict[str, Any]:
    return {"optimizer": "adam", "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}


def rows(row: type) -> list[Any]:
    return [
        row(
            "mlp",
            MLP,
            lambda **more: MLP([5, 4], 3, dropout=0.2, batch_normalization=True, seed=1, **more),
            lambda rng: (_images(rng, 3), _classes(rng, 24, classes=3)),
            compile=_classifier(),
            call={"training": False},
        ),
        row(
            "convnet",
            ConvNet,
            lambda **more: ConvNet([3, 4], 3, padding="circular", head="average", seed=1, **more),
            lambda rng: (_images(rng, 4), _classes(rng, 24, classes=3)),
            compile=_classifier(),
        ),
        row(
            "conv_autoencoder",
            ConvAutoencoder,
            lambda **more: ConvAutoencoder((4, 4, 1), 2, filters=[3, 4], seed=1, **more),
            lambda rng: (_images(rng, 4),) * 2,
            compile={"optimizer": "adam", "loss": "mse"},
        ),
        row(
            "segmentation_net",
            SegmentationNet,
            lambda **more: SegmentationNet([3, 4], 3, seed=1, **more),
            lambda rng: (_images(rng, 4), _classes(rng, 24, 4, 4, classes=3)),
            compile=_classifier(),
        ),
    ]
