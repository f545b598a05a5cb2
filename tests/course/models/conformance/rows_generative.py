from __future__ import annotations

from typing import Any

import numpy as np

from course.models import (
    GAN,
    PixelCNN,
    SemiSupervisedVAE,
    SentenceVAE,
    dense_gan,
    dense_semi_supervised_vae,
)


def _bits(rng: np.random.Generator) -> tuple[np.ndarray]:
    return ((rng.random((24, 3, 4)) < 0.4).astype("float32"),)


def _gan(**more: Any) -> GAN:
    return dense_gan((2,), 3, hidden=(4,), seed=1, critic_steps=2, loss="wasserstein", **more)


def _some_labels(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return (*_bits(rng), rng.integers(-1, 3, size=24))


def _tokens(rng: np.random.Generator) -> tuple[np.ndarray]:
    tokens = rng.integers(3, 6, size=(24, 5)).astype("int32")
    tokens[:, 0], tokens[:, 3], tokens[:, 4] = 1, 2, 0
    return (tokens,)


def rows(row: type) -> list[Any]:
    return [
        row("pixelcnn", PixelCNN, lambda **more: PixelCNN(3, 2, seed=1, **more), _bits),
        row("gan", GAN, _gan, lambda rng: (rng.normal(size=(24, 2)).astype("float32"),)),
        row(
            "semi_supervised_vae",
            SemiSupervisedVAE,
            lambda **more: dense_semi_supervised_vae((3, 4), 2, 3, hidden=(5,), seed=1, **more),
            _some_labels,
        ),
        row(
            "sentence_vae",
            SentenceVAE,
            lambda **more: SentenceVAE(6, 2, 3, 4, word_dropout=0.3, seed=1, **more),
            _tokens,
        ),
    ]
