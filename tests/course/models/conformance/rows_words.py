from __future__ import annotations

from typing import Any

import numpy as np

from course.models import LanguageModel


def _tokens(rng: np.random.Generator) -> tuple[np.ndarray]:
    rows = rng.integers(3, 7, size=(24, 5)).astype("int32")
    rows[:, 0] = 1
    rows[np.arange(24), rng.integers(2, 5, size=24)] = 2
    return (np.where(np.cumsum(rows == 2, axis=1) - (rows == 2) > 0, 0, rows),)


def rows(row: type) -> list[Any]:
    return [
        row(
            "language_model",
            LanguageModel,
            lambda **more: LanguageModel(7, embedding_size=3, units=4, cell="deck_lstm", seed=1, **more),
            _tokens,
        )
    ]
