"""The sentence VAE: probabilities of all sentences, bounds against quadrature over the latent, remedies."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import logsumexp
from tensorflow_probability import distributions as tfd

from course.data import Grammar, Rule
from course.data.vocabulary import END, PAD, START
from course.errors import ArgumentError, DtypeError, ShapeError
from course.models import SentenceVAE
from course.training import KLAnnealing, LinearAnnealing

TOKENS = np.array([[START, 3, 4, 4, END], [START, 4, END, PAD, PAD], [START, END, PAD, PAD, PAD]], np.int32)


def loud(gain: float = 4.0, **more: Any) -> SentenceVAE:
    """A model of two words and one latent, with weights so large that everything matters."""
    model = SentenceVAE(5, 1, 3, 4, seed=1, **more)
    model.build((None, 5))
    model.set_weights([_scaled(variable, gain) for variable in model.weights])
    return model


def _scaled(variable: Any, gain: float) -> np.ndarray:
    value = variable.numpy()
    return gain * value if np.issubdtype(value.dtype, np.floating) and value.ndim > 1 else value


@pytest.fixture(scope="module")
def model() -> SentenceVAE:
    return loud()


def test_probabilities_of_all_sentences_and_of_what_goes_on_sum_to_one(model: SentenceVAE) -> None:
    rows = []
    for length in range(4):
        for words in itertools.product((3, 4), repeat=length):
            rows.append([START, *words, END] + [PAD] * (3 - length))
    rows += [[START, *words] for words in itertools.product((3, 4), repeat=4)]
    tokens = np.array(rows, np.int32)
    for z in (-2.0, 0.5):
        log_prob = model.log_prob_given(tokens, np.full((1, len(rows), 1), z, np.float32)).numpy()[0]
        assert log_prob.std() > 0.5
        assert np.exp(log_prob.astype(np.float64)).sum() == pytest.approx(1.0, abs=1e-5)


def evidence(model: SentenceVAE, tokens: np.ndarray) -> np.ndarray:
    """log p(x) by Gauss–Hermite quadrature over the one latent."""
    z, weights = hermegauss(61)
    grid = np.broadcast_to(z[:, None, None], (61, len(tokens), 1)).astype(np.float32)
    log_prob = model.log_prob_given(tokens, grid).numpy().astype(np.float64)
    return logsumexp(log_prob + np.log(weights / math.sqrt(2 * math.pi))[:, None], axis=0)


def test_bounds_rise_to_the_likelihood_by_quadrature() -> None:
    # 4000 draws: the mean of the weights is unbiased; five of its standard errors, measured here, allow one
    # failure in a million seeds for each of three sentences.
    # Smaller weights than elsewhere: a q much narrower than the posterior gives the weights no variance.
    model = loud(1.5)
    exact = evidence(model, TOKENS)
    eps = np.random.default_rng(0).normal(size=(4000, 3, 1))
    weights = np.exp(model.log_weights(TOKENS, eps).numpy().astype(np.float64) - exact)
    error = weights.std(axis=0) / math.sqrt(len(weights))
    assert np.all(error < 0.05)
    assert np.all(np.abs(weights.mean(axis=0) - 1.0) < 5 * error + 1e-5)
    elbo = model.elbo_terms(TOKENS, eps).value.numpy()
    assert np.all(elbo < exact) and np.all(elbo < np.log(weights.mean(axis=0)) + exact)


def test_terms_are_tfps(model: SentenceVAE, rng: np.random.Generator) -> None:
    eps = rng.normal(size=(1, 3, 1)).astype(np.float32)
    mean, log_var = model.encode(TOKENS)
    z = mean + tf.exp(log_var / 2) * eps[0]
    words = tfd.Categorical(logits=model.decode(z, TOKENS[:, :-1])).log_prob(TOKENS[:, 1:])
    terms = model.elbo_terms(TOKENS, eps)
    written = np.sum(np.where(TOKENS[:, 1:] != PAD, words, 0.0), axis=1)
    np.testing.assert_allclose(terms.expected_log_likelihood, written, rtol=1e-5)
    kl = tfd.kl_divergence(tfd.Normal(mean, tf.exp(log_var / 2)), tfd.Normal(0.0, 1.0))
    np.testing.assert_allclose(terms.kl_to_prior, tf.reduce_sum(kl, 1), rtol=1e-4, atol=1e-6)


def test_padding_changes_nothing(model: SentenceVAE) -> None:
    longer = np.pad(TOKENS, ((0, 0), (0, 3)))
    eps = np.ones((1, 3, 1), np.float32)
    ours, padded = (model.elbo_terms(tokens, eps) for tokens in (TOKENS, longer))
    for name in ("expected_log_likelihood", "kl_to_prior"):
        np.testing.assert_allclose(getattr(ours, name), getattr(padded, name), rtol=1e-5, atol=1e-6)


def test_a_logit_does_not_depend_on_later_words(model: SentenceVAE) -> None:
    other = TOKENS.copy()
    other[0, 2] = 3
    z = np.ones((3, 1), np.float32)
    before, after = (np.asarray(model.decode(z, tokens)) for tokens in (TOKENS, other))
    np.testing.assert_array_equal(before[0, :2], after[0, :2])
    assert not np.allclose(before[0, 2], after[0, 2])


def test_word_dropout_hides_every_word_but_the_start_and_only_in_training() -> None:
    model = loud(word_dropout=1.0)
    z, other = np.ones((3, 1), np.float32), TOKENS.copy()
    other[0, 1:4] = [4, 3, 3]
    first, second = (np.asarray(model.decode(z, tokens, training=True)) for tokens in (TOKENS, other))
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(model.decode(z, TOKENS), model.decode(z, other))
    # Half of 6000 words: five standard errors are 0.032.
    half = SentenceVAE(5, 1, 3, 4, word_dropout=0.5, seed=1)
    shown = np.full((3000, 3), 3, np.int32)
    shown[:, 0] = START
    logits = np.asarray(half.decode(np.ones((3000, 1), np.float32), shown, training=True))
    kept = np.asarray(half.decode(np.ones((1, 1), np.float32), shown[:1]))
    same = np.isclose(logits[:, 1, 3], kept[0, 1, 3], atol=1e-6)
    assert same.mean() == pytest.approx(0.5, abs=0.046)  # 3000 of them


def test_sampled_sentences_have_the_decoders_law_and_greedy_ones_its_modes(model: SentenceVAE) -> None:
    z = np.full((4000, 1), 0.5, np.float32)
    rows = model.generate(z, 4, greedy=False)
    probability = np.exp(float(model.log_prob_given([[START, 3]], z[None, :1])[0, 0]))
    # Four standard errors of a share among 4000 are at most 0.032.
    assert np.mean(rows[:, 1] == 3) == pytest.approx(probability, abs=0.032)
    ended = np.cumsum(rows == END, axis=1)
    assert np.all((rows == PAD) == ((ended - (rows == END)) > 0))
    greedy = model.generate(z[:1], 4)
    assert greedy[0, 1] == np.argmax(model.decode(z[:1], [[START]])[0, 0])


def test_annealing_reaches_the_compiled_loss_and_the_bound_stays_below_the_law() -> None:
    coin = Grammar({"S": [Rule("ha", 0.5, "T"), Rule("ho", 0.5, "T")], "T": [Rule("", 1.0)]})
    tokens, probabilities = coin.sentences()
    model = SentenceVAE(len(coin.vocabulary), 1, 4, 6, seed=2)
    model.compile("adam", jit_compile=False)
    annealing = KLAnnealing(LinearAnnealing(4))
    history = model.fit(
        np.tile(tokens, (16, 1)), batch_size=8, epochs=2, callbacks=[annealing], verbose=0
    ).history
    assert annealing.betas[:5] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert history["loss"][0] < history["kl"][0] - history["log_likelihood"][0]  # β below 1
    assert history["loss"][1] == pytest.approx(history["kl"][1] - history["log_likelihood"][1], rel=1e-5)
    bound = model.log_likelihood_bound(tokens, draws=200)
    # −E log p ≥ entropy for any model; the bound's noise is below 0.01.
    assert -probabilities @ bound > coin.entropy()
    np.testing.assert_allclose(bound, evidence(model, tokens), atol=0.01)


REFUSALS: list[tuple[Any, type, str]] = [
    (lambda: SentenceVAE(3), ArgumentError, "a word beside padding.*≥ 4.*3"),
    (lambda: SentenceVAE(5, 0), ArgumentError, "`latent_size` is a positive integer"),
    (lambda: SentenceVAE(5, beta=-1), ArgumentError, "`beta` is in its range.*0 to inf.*beta=-1"),
    (lambda: SentenceVAE(5, word_dropout=1.5), ArgumentError, "`word_dropout`.*0 to 1.*1.5"),
    (lambda: loud().encode(np.zeros((2, 3), np.float32)), DtypeError, "tokens are integers.*float32"),
    (lambda: loud().encode(np.array([1, 2])), ShapeError, r"tokens stand in rows.*\(2,\)"),
    (lambda: loud().encode(np.array([[1, 5]])), ArgumentError, "in the vocabulary.*0 to 4.*1 to 5"),
    (lambda: loud().decode(np.zeros((1, 2)), [[1]]), ShapeError, r"\(n, 1\).*\(1, 2\)"),
    (lambda: loud().elbo_terms(TOKENS, np.zeros((3, 1))), ShapeError, r"\(draws, batch, 1\).*\(3, 1\)"),
    (lambda: loud().log_likelihood_bound(TOKENS, draws=0), ArgumentError, "`draws` is a positive integer"),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSALS)
def test_refusals_say_the_rule_what_was_expected_and_received(make: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        make()
