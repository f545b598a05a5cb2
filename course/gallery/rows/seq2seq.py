"""An encoder–decoder with attention that translates dates."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from course.data.dates import SOURCE_VOCABULARY, TARGET_LENGTH, TARGET_VOCABULARY, dates
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import Seq2Seq
from course.plotting import attention_map


def _letters(row: np.ndarray, words: tuple[str, ...]) -> list[str]:
    """Tokens to draw, without padding; blanks, start and end as signs that show."""
    signs = {" ": "␣", "<s>": "^", "</s>": "$"}
    return [signs.get(words[token], words[token]) for token in row if token]


def run(fast: bool, seed: int) -> Shown:
    """Trains on dates, translates days that it never read, searches with a beam, and draws attention."""
    keras.utils.set_random_seed(seed)
    train, test, epochs, batch = (3200, 100, 1, 32) if fast else (8000, 2000, 3, 64)
    data = dates(train, test, np.random.default_rng(seed))
    model = Seq2Seq(
        len(SOURCE_VOCABULARY),
        len(TARGET_VOCABULARY),
        embedding_size=16,
        units=32 if fast else 48,
        seed=seed,
    )
    rate = keras.optimizers.schedules.CosineDecay(0.01, epochs * train // batch, alpha=0.05)
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), jit_compile=False)
    model.fit((data.train_sources, data.train_targets), batch_size=batch, epochs=epochs, verbose=0)
    written = model.translate(data.test_sources, TARGET_LENGTH)
    whole = float(np.mean(np.all(written == data.test_targets, axis=1)))
    letters = float(np.mean((written == data.test_targets)[:, 1:]))
    gains = []
    for source in data.test_sources[: 1 if fast else 20]:
        found = [model.beam_search(source, width=width, length=TARGET_LENGTH) for width in (1, 4)]
        gains.append(float(found[1].log_prob[0] - found[0].log_prob[0]))
    longest = int(np.argmax(np.sum(data.test_sources > 0, axis=1)))
    source, target = data.test_sources[longest], written[longest]
    read = _letters(source, SOURCE_VOCABULARY.words)
    wrote = _letters(target, TARGET_VOCABULARY.words)[1:]
    looks = model.attention_weights(source[None], target[None])[0][: len(wrote), : len(read)]
    figure = Figure(figsize=(6, 4), layout="constrained")
    attention_map(looks, read, wrote, figure.subplots())
    chance = float(np.mean(data.test_targets[:, 1:] == _commonest(data.train_targets)[1:]))
    quality = (
        Measure(
            "letters right on days never read",
            letters,
            f"> {chance:.2f} of the commonest letter at each place",
            letters > chance,
        )
        if fast
        else Measure("dates translated without a fault, of days never read", whole, "≥ 0.99", whole >= 0.99)
    )
    return Shown(
        (
            quality,
            Measure(
                "least log probability that a beam of 4 gains on greedy search",
                min(gains),
                "≥ 0, but for 1e-5 of float32",
                min(gains) >= -1e-5,
                "nats",
            ),
        ),
        (
            Picture(
                "Where the decoder looks (columns, the written date) for each letter of the ISO form (rows).",
                figure,
            ),
        ),
    )


def _commonest(targets: np.ndarray) -> np.ndarray:
    """The commonest token at each place."""
    return np.array([np.bincount(column).argmax() for column in targets.T])


EXHIBIT = Exhibit(
    name="seq2seq",
    title="Translation with attention",
    module="course.models.seq2seq",
    slides=(Slide("Ivanov", "Machine translation"), Slide("Aziz", "Multiple problems, same language")),
    problem_set="ps04_sequences",
    run=run,
)
