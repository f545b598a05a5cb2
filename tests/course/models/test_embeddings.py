"""Skip-gram against the exact pointwise mutual information of a corpus of known law."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import chisquare

from course.data import AnalogyCorpus, skip_gram_pairs
from course.errors import ArgumentError, DtypeError, ShapeError
from course.models import SkipGram

CORPUS = AnalogyCorpus()


def test_pairs_come_as_often_as_they_are_probable(rng: np.random.Generator) -> None:
    sentences = CORPUS.sample(100_000, rng)
    assert sentences.dtype == np.int32 and sentences.shape == (100_000, 5)
    # One pair a sentence, so that pairs are independent; places 0 and 3 are any two places.
    seen = np.zeros((28, 28))
    np.add.at(seen, (sentences[:, 0], sentences[:, 3]), 1)
    # 784 cells of 10 and more expected. A law 5 % off in its large cells adds about 250 to a statistic of
    # mean 783 and std 40; false alarm 1e-4.
    assert CORPUS.pair_law().min() * 1e5 > 9.99
    assert chisquare(seen.ravel(), CORPUS.pair_law().ravel() * 1e5).pvalue > 1e-4


def test_rows_of_the_exact_pmi_are_analogies() -> None:
    pmi = dict(zip(CORPUS.words, CORPUS.pmi(), strict=True))
    for a, b, c, d in CORPUS.questions():
        np.testing.assert_allclose(pmi[b] - pmi[a] + pmi[c], pmi[d], atol=1e-12)
    assert len(CORPUS.questions()) == 30
    np.testing.assert_allclose(CORPUS.word_law(), CORPUS.pair_law().sum(axis=0), atol=1e-15)


def test_pairs_of_a_window_are_those_within_it() -> None:
    pairs = skip_gram_pairs(np.array([[0, 1, 2, 3], [4, 5, 6, 7]]), 2)
    expected = {
        (4 * s + i, 4 * s + j) for s in (0, 1) for i in range(4) for j in range(4) if 0 < abs(i - j) <= 2
    }
    assert len(pairs) == len(expected) and set(map(tuple, pairs.tolist())) == expected
    assert len(skip_gram_pairs(np.array([[0, 1]]), 9)) == 2


def test_at_the_optimum_it_factorises_the_shifted_pmi(rng: np.random.Generator) -> None:
    # A law of eight words without structure: the larger corpus needs thousands of steps to get as near.
    law = rng.dirichlet(np.full(64, 2.0)).reshape(8, 8)
    law = (law + law.T) / 2
    single = law.sum(axis=1)
    noise = single**0.75
    model = SkipGram(noise, dimension=8, negatives=3, seed=2, dtype="float64")
    tables = [model.words.embeddings, model.contexts.embeddings]

    @tf.function
    def value_and_gradient() -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            value = model.expected_loss(law)
        return value, tape.gradient(value, model.trainable_variables)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        for table, values in zip(tables, np.split(flat, 2), strict=True):
            table.assign(values.reshape(table.shape))
        value, gradient = value_and_gradient()
        return float(value), np.concatenate([tf.convert_to_tensor(part).numpy().ravel() for part in gradient])

    start = np.concatenate([table.numpy().ravel() for table in tables])
    options = {"maxiter": 3000, "maxfun": 4000, "maxcor": 30, "ftol": 1e-16, "gtol": 1e-9}
    loss(minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x)
    # Levy & Goldberg's closed form, with the noise law in the place of p(c).
    exact = np.log(law / np.outer(single, noise / noise.sum())) - np.log(3)
    np.testing.assert_allclose(model.logits_table(), exact, atol=2e-3)


def test_the_sampled_loss_is_the_expected_one_on_average(rng: np.random.Generator) -> None:
    model = SkipGram(CORPUS.word_law() ** 0.75, dimension=4, negatives=2, seed=3)
    for table in (model.words, model.contexts):
        table.embeddings.assign(rng.normal(size=(28, 4)))
    law = CORPUS.pair_law()
    flat = rng.choice(784, size=200_000, p=law.ravel())
    pairs = np.stack(np.divmod(flat, 28), axis=1).astype("int32")
    # The standard deviation of one pair's loss is about 1.5: standard error 0.0034, the bound five of them.
    logits = model.logits_table()
    noise = CORPUS.word_law() ** 0.75
    by_hand = -np.sum(law * np.log(expit(logits))) - 2 * np.sum(
        np.outer(law.sum(axis=1), noise / noise.sum()) * np.log(expit(-logits))
    )
    assert float(model.expected_loss(law)) == pytest.approx(by_hand, rel=1e-5)
    assert float(model.batch_loss(tf.constant(pairs))) == pytest.approx(by_hand, abs=0.017)


def test_trained_on_text_it_answers_analogies() -> None:
    pairs = skip_gram_pairs(CORPUS.sample(10_000, np.random.default_rng(1)), 4)
    model = SkipGram(CORPUS.word_law(), dimension=16, seed=1)
    model.compile(keras.optimizers.Adam(0.03), jit_compile=False)
    model.fit(pairs, batch_size=1024, epochs=1, verbose=0)
    vectors = model.word_vectors(CORPUS.words)
    right = [vectors.analogy(a, b, c)[0][0] == d for a, b, c, d in CORPUS.questions()]
    # By chance one answer in 25 is right.
    assert np.mean(right) >= 0.9
    assert vectors.analogy("man", "woman", "king", count=3)[0][0] == "queen"
    error = model.logits_table() - (CORPUS.pmi() - np.log(5))
    assert np.sqrt(np.sum(CORPUS.pair_law() * error**2)) < 0.35


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: SkipGram([[1.0]]), ShapeError, r"a weight for each token.*\(1, 1\)"),
        (lambda m: SkipGram([0.5, -0.1]), ArgumentError, r"not negative.*\[0.5, -0.1\]"),
        (lambda m: SkipGram([0.0, 0.0]), ArgumentError, "not all 0"),
        (lambda m: SkipGram([1.0], negatives=0), ArgumentError, "`negatives` is a positive"),
        (lambda m: m.fit(np.zeros((3, 3), int)), ShapeError, r"a word and its context.*\(3, 3\)"),
        (lambda m: m.fit(np.zeros((0, 2), int)), ShapeError, r"n ≥ 1.*\(0, 2\)"),
        (lambda m: m.fit(np.zeros((3, 2))), DtypeError, "tokens are integers.*float64"),
        (lambda m: m.fit(np.full((3, 2), 4)), ArgumentError, "0 to 2.*4 to 4"),
        (lambda m: m.build((None, 3)), ShapeError, r"\(batch, 2\).*\(None, 3\)"),
        (lambda m: m.expected_loss(np.ones((2, 3))), ShapeError, r"a square.*\(3, 3\).*\(2, 3\)"),
        (lambda m: m.word_vectors(["a"]), ShapeError, "every word has a vector"),
        (lambda m: AnalogyCorpus(length=1), ArgumentError, "a pair of words.*length ≥ 2"),
        (lambda m: AnalogyCorpus(noise=0.0), ArgumentError, "0 < noise < 1"),
        (lambda m: skip_gram_pairs(np.array([[1]]), 1), ShapeError, r"length ≥ 2.*\(1, 1\)"),
        (lambda m: skip_gram_pairs(np.array([[1, 2]]), 0), ArgumentError, "`window` is a positive"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call(SkipGram([1.0, 1.0, 2.0], dimension=2))  # type: ignore[operator]
