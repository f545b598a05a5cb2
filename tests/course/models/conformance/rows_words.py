from __future__ import annotations

from typing import Any

import numpy as np

from course.models import LanguageModel, Seq2Seq, SkipGram


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
        ),
        row(
            "skip_gram",
            SkipGram,
            lambda **more: SkipGram([0.2, 0.1, 0.3, 0.4], dimension=3, negatives=2, seed=1, **more),
            lambda rng: (rng.integers(0, 4, size=(24, 2)).astype("int32"),),
        ),
        row(
            "seq2seq",
            Seq2Seq,
            lambda **more: Seq2Seq(7, 7, embedding_size=3, units=4, seed=1, **more),
            lambda rng: ((*_tokens(rng), _tokens(rng)[0][:, :4]),),
        ),
    ]
