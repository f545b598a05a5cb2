"""Attention against Keras's own, search against enumeration, and padding against none."""

from __future__ import annotations

from itertools import product

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from course.data import dates
from course.data.dates import SOURCE_VOCABULARY, TARGET_VOCABULARY, written_date
from course.errors import ArgumentError, DtypeError, ShapeError
from course.models import AdditiveAttention, Seq2Seq, beam_search

SOURCES = np.array([[1, 5, 3, 4, 2], [1, 4, 2, 0, 0], [1, 6, 6, 2, 0]], "int32")
TARGETS = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")


@pytest.fixture(scope="module")
def model() -> Seq2Seq:
    made = Seq2Seq(7, 5, embedding_size=3, units=4, seed=3, dtype="float64")
    # Far from uniform, so that searches differ.
    made.readout.kernel.assign(6 * made.readout.kernel)
    return made


def test_attention_is_keras_own_between_projections(rng: np.random.Generator) -> None:
    query, memory = rng.normal(size=(2, 3)), rng.normal(size=(2, 4, 5))
    kept = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
    ours = AdditiveAttention(6, dtype="float64", seed=1)
    ours.build([(None, 3), (None, None, 5)])
    ours.bias.assign(rng.normal(size=6))
    theirs = keras.layers.AdditiveAttention(dtype="float64")
    projected = (
        (query @ ours.query_kernel.numpy())[:, None],
        memory @ ours.key_kernel.numpy() + ours.bias.numpy(),
    )
    theirs.build([(2, 1, 6), (2, 4, 5), (2, 4, 6)])
    theirs.scale.assign(ours.score)
    expected, scores = theirs(
        [tf.constant(projected[0]), tf.constant(memory), tf.constant(projected[1])],
        mask=[None, tf.constant(kept)],
        return_attention_scores=True,
    )
    context, weights = ours(tf.constant(query), ours.keys(tf.constant(memory)), tf.constant(memory), kept)
    # The weights are float32 in every policy.
    np.testing.assert_allclose(context, expected[:, 0], atol=1e-6)
    np.testing.assert_allclose(weights, scores[:, 0], atol=1e-6)
    assert weights.numpy()[1, 2:].tolist() == [0, 0]


def test_padding_changes_nothing(model: Seq2Seq) -> None:
    short = model.log_prob(SOURCES, TARGETS)
    longer = np.pad(SOURCES, ((0, 0), (0, 3))), np.pad(TARGETS, ((0, 0), (0, 2)))
    np.testing.assert_allclose(model.log_prob(*longer), short, rtol=0, atol=1e-6)
    for row in range(3):
        source, target = SOURCES[row][SOURCES[row] > 0], TARGETS[row][TARGETS[row] > 0]
        np.testing.assert_allclose(model.log_prob([source], [target]), short[row], rtol=0, atol=1e-6)
    looks = model.attention_weights(*longer)
    assert looks.shape == (3, 5, 8) and not looks[0, :, 5:].any() and not looks[1, :, 3:].any()
    np.testing.assert_allclose(looks.sum(axis=-1), 1, atol=1e-6)
    np.testing.assert_array_equal(model.translate(longer[0], 4), model.translate(SOURCES, 4))


def test_log_prob_is_the_sum_over_prefixes(model: Seq2Seq) -> None:
    source, target = SOURCES[:1], TARGETS[:1]
    by_hand = 0.0
    for time in range(1, 4):
        logits = model((source, target[:, :time])).numpy()[0, -1].astype(np.float64)
        by_hand += log_softmax(logits)[target[0, time]]
    assert model.log_prob(source, target)[0] == pytest.approx(by_hand, rel=1e-6)


def _all_sentences(model: Seq2Seq, source: np.ndarray, length: int) -> dict[tuple[int, ...], float]:
    """Log probability of every row a search could give, with the model's forced decoding alone."""
    rows = []
    for words in range(length):
        for row in product([3, 4], repeat=words):
            if words == length - 1:
                rows.append((1, *row))
            else:
                rows.append((1, *row, 2, *[0] * (length - 2 - words)))
    totals = model.log_prob(np.repeat(source[None], len(rows), axis=0), np.array(rows))
    return dict(zip(rows, totals, strict=True))


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_a_beam_as_wide_as_all_is_exhaustive_and_no_beam_is_below_greedy(
    model: Seq2Seq, source: np.ndarray
) -> None:
    every = _all_sentences(model, source, 5)
    found = model.beam_search(source, width=len(every), length=5)
    assert len(found.tokens) == len(every) == 31
    best = sorted(every.values(), reverse=True)
    np.testing.assert_allclose(found.log_prob, best, rtol=0, atol=1e-5)
    for row, total in zip(found.tokens.tolist(), found.log_prob, strict=True):
        assert every[tuple(row)] == pytest.approx(total, abs=1e-5)
    greedy = model.beam_search(source, width=1, length=5)
    np.testing.assert_array_equal(greedy.tokens, model.translate(source[None], 5))
    for width in (2, 3, 5):
        assert model.beam_search(source, width=width, length=5).log_prob[0] >= greedy.log_prob[0] - 1e-9


def test_a_beam_finds_what_greed_gives_away_and_never_less_than_greed() -> None:
    # Word 3 is likelier at first; whoever takes 4 is sure of what follows.
    def step(tokens: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        law = {
            1: [0, 0, 0, 0.6, 0.4],
            3: [0, 0, 0.4, 0.3, 0.3],
            4: [0, 0, 1, 0, 0],
            2: [1, 0, 0, 0, 0],
            0: [1, 0, 0, 0, 0],
        }
        with np.errstate(divide="ignore"):
            return np.log([law[int(token)] for token in tokens]), states

    def choose(states: np.ndarray, places: np.ndarray) -> np.ndarray:
        return states[places]

    greedy, beam = (beam_search(step, choose, np.zeros(1), width=width, length=4) for width in (1, 2))
    assert greedy.tokens.tolist() == [[1, 3, 2, 0]] and np.exp(greedy.log_prob[0]) == pytest.approx(0.24)
    assert beam.tokens[0].tolist() == [1, 4, 2, 0] and np.exp(beam.log_prob[0]) == pytest.approx(0.4)


def test_it_learns_to_copy_backwards(rng: np.random.Generator) -> None:
    words = rng.integers(3, 7, size=(1500, 3))
    ones, twos = np.full((1500, 1), 1), np.full((1500, 1), 2)
    sources, targets = np.hstack([ones, words, twos]), np.hstack([ones, words[:, ::-1], twos])
    model = Seq2Seq(7, 7, embedding_size=8, units=24, seed=1)
    model.compile(keras.optimizers.Adam(0.02, clipnorm=1.0), jit_compile=False)
    model.fit((sources[:1400], targets[:1400]), batch_size=50, epochs=4, verbose=0)
    # By chance one row in 64 is right.
    assert np.mean(np.all(model.translate(sources[1400:], 5) == targets[1400:], axis=1)) >= 0.95


def test_dates_are_the_same_day_in_both_forms_and_no_day_is_in_both_parts(rng: np.random.Generator) -> None:
    import datetime

    data = dates(400, 100, rng)
    days = {}
    for part, sources, targets in (("train", *data[:2]), ("test", *data[2:])):
        written = ["".join(row) for row in SOURCE_VOCABULARY.decode(sources)]
        iso = ["".join(row) for row in TARGET_VOCABULARY.decode(targets)]
        for text, day in zip(written, iso, strict=True):
            assert text in [written_date(datetime.date.fromisoformat(day), form) for form in range(4)]
        days[part] = set(iso)
    assert len(days["train"]) == 400 and len(days["test"]) == 100 and not days["train"] & days["test"]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: Seq2Seq(0, 5), ArgumentError, "`source_size` is a positive"),
        (lambda m: m.fit((SOURCES, TARGETS[:2])), ShapeError, r"has its target.*\(3, 5\), \(2, 4\)"),
        (lambda m: m.fit((SOURCES * 1.0, TARGETS)), DtypeError, "tokens are integers"),
        (lambda m: m.fit((SOURCES, TARGETS + 3)), ArgumentError, "0 to 4.*3 to 7"),
        (lambda m: m.translate(SOURCES[0], 4), ShapeError, "tokens stand in rows"),
        (lambda m: m.encode(SOURCES[0]), ShapeError, r"\(batch, places\).*\(5,\)"),
        (lambda m: m((SOURCES, TARGETS[0])), ShapeError, r"known length.*\(4,\)"),
        (lambda m: m.beam_search(SOURCES[0], width=0, length=4), ArgumentError, "`width` is a positive"),
        (
            lambda m: m.beam_search(SOURCES[0], width=1, length=1),
            ArgumentError,
            "place for the end.*length=1",
        ),
        (lambda m: AdditiveAttention(0), ArgumentError, "`units` is a positive"),
        (lambda m: dates(21_900, 16, np.random.default_rng(0)), ArgumentError, "at most 21915.*21916"),
        (
            lambda m: beam_search(lambda t, s: (np.zeros(3), s), lambda s, i: s, None, width=1, length=3),
            ShapeError,
            "a row a hypothesis",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words(model: Seq2Seq, call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call(model)  # type: ignore[operator]
