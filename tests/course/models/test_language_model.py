"""The language model against enumeration of all short sentences, and against a grammar's exact law."""

from __future__ import annotations

from itertools import product

import keras
import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import chisquare

from course.data import Grammar, Rule
from course.errors import ArgumentError, DtypeError, ShapeError
from course.models import LanguageModel

# Number agreement over a word in between.
GRAMMAR = Grammar(
    {
        "S": [Rule("cats", 0.5, "old more"), Rule("cat", 0.5, "old one")],
        "old more": [Rule("here", 0.4, "more"), Rule("sleep", 0.6, "end")],
        "old one": [Rule("here", 0.4, "one"), Rule("sleeps", 0.6, "end")],
        "more": [Rule("sleep", 0.7, "end"), Rule("run", 0.3, "end")],
        "one": [Rule("sleeps", 0.7, "end"), Rule("runs", 0.3, "end")],
        "end": [Rule("", 1.0)],
    }
)


@pytest.fixture(scope="module")
def trained() -> LanguageModel:
    keras.utils.set_random_seed(1)
    model = LanguageModel(len(GRAMMAR.vocabulary), embedding_size=6, units=12, cell="deck_lstm", seed=1)
    model.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    model.fit(GRAMMAR.sample_tokens(4000, np.random.default_rng(1)), batch_size=64, epochs=3, verbose=0)
    return model


def _small(cell: str = "rnn") -> LanguageModel:
    model = LanguageModel(5, embedding_size=3, units=4, cell=cell, seed=7)
    model(np.array([[1, 2]]))
    # Far from uniform, so that a wrong sampler shows.
    model.readout.kernel.assign(4 * model.readout.kernel)
    return model


@pytest.mark.parametrize("cell", ["rnn", "lstm", "deck_lstm"])
def test_log_prob_is_the_sum_of_next_token_logits_and_padding_changes_nothing(cell: str) -> None:
    model = _small(cell)
    rows = np.array([[1, 3, 4, 4, 2], [1, 4, 2, 0, 0], [1, 2, 0, 0, 0]])
    by_hand = []
    for row in rows:
        total, kept = 0.0, row[row != 0]
        for time in range(1, len(kept)):
            # The prefix alone in a batch of its own: no padding, and nothing after it.
            total += log_softmax(model(kept[None, :time]).numpy()[0, -1].astype(np.float64))[kept[time]]
        by_hand.append(total)
    np.testing.assert_allclose(model.log_prob(rows), by_hand, rtol=1e-5)
    longer = np.pad(rows, ((0, 0), (0, 4)))
    np.testing.assert_array_equal(model.log_prob(longer), model.log_prob(rows))
    assert model.perplexity(longer) == pytest.approx(np.exp(-sum(by_hand) / 7), rel=1e-5)


def test_samples_follow_the_models_own_law() -> None:
    model = _small()
    # Words 3 and 4, at most two before the end or the cut; the law without padding and start, renormalised.
    sentences = [row for n in range(3) for row in product([3, 4], repeat=n)]
    logits = {row: model(np.array([[1, *row]])).numpy()[0, -1].astype(np.float64) for row in sentences}
    next_law = {row: np.exp(log_softmax(values[2:])) for row, values in logits.items()}
    law: dict[tuple[int, ...], float] = {}

    def walk(row: tuple[int, ...], p: float) -> None:
        if len(row) == 3:
            law[row] = p
            return
        for token, q in zip((2, 3, 4), next_law[row], strict=True):
            if token == 2:
                law[(*row, 2, 0, 0)[:3]] = p * q
            else:
                walk((*row, token), p * q)

    walk((), 1.0)
    assert sum(law.values()) == pytest.approx(1)
    drawn = model.sample(4000, 4)
    assert drawn.dtype == np.int32 and set(drawn[:, 0]) == {1}
    seen = [np.sum(np.all(drawn[:, 1:] == row, axis=1)) for row in law]
    # 15 outcomes. Ten points of probability moved from one of p ≈ ½ add 80 to the statistic, whose critical
    # value at a false alarm of 1e-4 is 43.
    assert sum(seen) == 4000
    assert chisquare(seen, 4000 * np.array(list(law.values()))).pvalue > 1e-4


def test_a_low_temperature_takes_the_most_probable_word() -> None:
    model = _small()
    drawn = model.sample(20, 4, temperature=1e-3)
    assert len(np.unique(drawn, axis=0)) == 1
    assert drawn[0, 1] == 2 + np.argmax(model(np.array([[1]])).numpy()[0, 0, 2:])


def test_trained_on_a_grammar_its_divergence_from_it_is_small_and_never_negative(
    trained: LanguageModel,
) -> None:
    tokens, probabilities = GRAMMAR.sentences()
    cross_entropy = -probabilities @ trained.log_prob(tokens)
    divergence = cross_entropy - GRAMMAR.entropy()
    # By enumeration, so without sampling error; a uniform law is 6.2 nats away, one that knows the words'
    # frequencies alone 4.7.
    assert 0 <= divergence < 0.1
    held_out = GRAMMAR.sample_tokens(2000, np.random.default_rng(2))
    # The standard error of the held-out mean is 0.01 nats a token.
    assert np.log(trained.perplexity(held_out)) == pytest.approx(GRAMMAR.entropy_per_token(), abs=0.08)


def test_it_remembers_the_number_over_the_word_in_between(trained: LanguageModel) -> None:
    vocabulary = GRAMMAR.vocabulary
    rows = vocabulary.encode([("cats", "here", "sleep"), ("cats", "here", "sleeps")])
    right, wrong = trained.log_prob(rows)
    assert right - wrong > np.log(20)


def test_evaluate_weighs_tokens_and_not_batches(trained: LanguageModel) -> None:
    rows = GRAMMAR.sample_tokens(40, np.random.default_rng(3))
    loss = trained.evaluate(rows, batch_size=7, verbose=0, return_dict=True)["loss"]
    assert np.exp(loss) == pytest.approx(trained.perplexity(rows), rel=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda m: LanguageModel(3),
            ArgumentError,
            r"padding, start, end and a word.*≥ 4.*vocabulary_size=3",
        ),
        (lambda m: LanguageModel(5, cell="gru"), ArgumentError, r"unknown `cell`.*'gru'"),
        (lambda m: LanguageModel(5, units=0), ArgumentError, r"`units` is a positive integer"),
        (lambda m: m.fit(np.array([1, 2])), ShapeError, r"tokens stand in rows.*\(2,\)"),
        (lambda m: m.fit(np.zeros((0, 3), int)), ShapeError, r"not empty.*\(0, 3\)"),
        (lambda m: m.fit(np.ones((2, 3))), DtypeError, r"tokens are integers.*float64"),
        (lambda m: m.log_prob([[1, 5, 2]]), ArgumentError, r"in the vocabulary.*0 to 4.*1 to 5"),
        (lambda m: m.log_prob([[1]]), ShapeError, r"a start and a token after it"),
        (lambda m: m.sample(1, 1), ArgumentError, r"place for the end.*length ≥ 2.*length=1"),
        (lambda m: m.sample(1, 4, temperature=0), ArgumentError, r"`temperature` is positive"),
        (lambda m: LanguageModel(5).build((None, 3, 2)), ShapeError, r"tokens stand in rows.*\(None, 3, 2\)"),
    ],
)
def test_what_are_no_sentences_is_refused_in_words(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call(_small())  # type: ignore[operator]
