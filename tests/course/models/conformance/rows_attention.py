from __future__ import annotations

from typing import Any

import keras

from course.models import HardAttention


def _make(**more: Any) -> HardAttention:
    location = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    return HardAttention(location, keras.layers.Dense(2), parts=3, seed=1, **more)


def rows(row: type) -> list[Any]:
    return [
        row(
            "hard_attention",
            HardAttention,
            _make,
            lambda rng: (rng.normal(size=(24, 3, 4)).astype("float32"), rng.integers(0, 2, size=24)),
        )
    ]
