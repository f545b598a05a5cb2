from __future__ import annotations

from typing import Any

import numpy as np

from course.models import GAN, PixelCNN, dense_gan


def _bits(rng: np.random.Generator) -> tuple[np.ndarray]:
    return ((rng.random((24, 3, 4)) < 0.4).astype("float32"),)


def _gan(**more: Any) -> GAN:
    return dense_gan((2,), 3, hidden=(4,), seed=1, critic_steps=2, loss="wasserstein", **more)


def rows(row: type) -> list[Any]:
    return [
        row("pixelcnn", PixelCNN, lambda **more: PixelCNN(3, 2, seed=1, **more), _bits),
        row("gan", GAN, _gan, lambda rng: (rng.normal(size=(24, 2)).astype("float32"),)),
    ]
