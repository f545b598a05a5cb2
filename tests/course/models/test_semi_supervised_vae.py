"""M2 against a model whose likelihood is exact: a mixture of linear Gaussians, one a label."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import multivariate_normal
from tensorflow_probability import distributions as tfd

from course.errors import ArgumentError, ShapeError
from course.models import GaussianLikelihood, SemiSupervisedVAE, dense_semi_supervised_vae

PIXELS, LATENT, K = 4, 2, 3
NOISE = 0.5  # variance of a pixel

# The log-likelihood of a linear decoder is quadratic in z: these points have the mean and covariance of the
# noise, so that their average is the expectation itself.
CORNERS = math.sqrt(LATENT) * np.concatenate([np.eye(LATENT), -np.eye(LATENT)])


class Exact:
    """x | y ~ N(b_y, W W^T + NOISE·I), with the M2 whose q(z|x, y) is its exact posterior."""

    def __init__(self, rng: np.random.Generator) -> None:
        # Orthogonal rows: then the posterior of z is diagonal, as q is.
        self.weights = np.linalg.qr(rng.normal(size=(PIXELS, LATENT)))[0].T * [[1.5], [0.8]]
        self.offsets = rng.normal(size=(K, PIXELS))
        self.x = rng.normal(size=(5, PIXELS)).astype(np.float32)
        self.model = dense_semi_supervised_vae(
            (PIXELS,), LATENT, K, hidden=(), likelihood=GaussianLikelihood(log_var=math.log(NOISE)), seed=1
        )
        self.model.decoder.layers[0].set_weights(
            [np.concatenate([self.weights, self.offsets]), np.zeros(PIXELS)]
        )
        spread = 1.0 / (1.0 + np.sum(self.weights**2, axis=1) / NOISE)
        gain = self.weights.T / NOISE * spread
        kernel = np.zeros((PIXELS + K, 2 * LATENT))
        kernel[:PIXELS, :LATENT], kernel[PIXELS:, :LATENT] = gain, -self.offsets @ gain
        bias = np.concatenate([np.zeros(LATENT), np.log(spread)])
        self.model.encoder.layers[0].set_weights([kernel, bias])
        covariance = self.weights.T @ self.weights + NOISE * np.eye(PIXELS)
        # log p(x, y), shape (n, K).
        self.joint = np.stack(
            [multivariate_normal(offset, covariance).logpdf(self.x) for offset in self.offsets], axis=1
        ) - math.log(K)
        self.eps = np.broadcast_to(CORNERS[:, None, None], (4, 5, K, LATENT))


@pytest.fixture
def exact(rng: np.random.Generator) -> Exact:
    return Exact(rng)


def test_with_the_exact_posterior_of_z_the_labelled_bound_is_log_p_of_x_and_y(exact: Exact) -> None:
    terms = exact.model.terms(exact.x, exact.eps)
    np.testing.assert_allclose(terms.labelled, exact.joint, rtol=1e-5)


def test_the_unlabelled_bound_misses_log_p_by_the_divergence_of_the_labels(exact: Exact) -> None:
    terms = exact.model.terms(exact.x, exact.eps)
    log_q = log_softmax(np.asarray(exact.model.classifier(exact.x), np.float64), axis=1)
    evidence = logsumexp(exact.joint, axis=1)
    posterior = log_softmax(exact.joint, axis=1)
    gap = np.sum(np.exp(log_q) * (log_q - posterior), axis=1)
    assert gap.min() > 0.01
    np.testing.assert_allclose(terms.unlabelled, evidence - gap, rtol=1e-4)
    # By enumeration of the labels: Σ_y q(y|x)·(−L(x, y)) + H[q].
    by_hand = np.sum(np.exp(log_q) * (exact.joint - log_q), axis=1)
    np.testing.assert_allclose(terms.unlabelled, by_hand, rtol=1e-4)


def test_with_the_exact_posterior_of_the_label_as_well_it_is_log_p_of_x(exact: Exact) -> None:
    # The posterior of y is a softmax of linear functions of x, since the covariances are equal.
    covariance = exact.weights.T @ exact.weights + NOISE * np.eye(PIXELS)
    slopes = np.linalg.solve(covariance, exact.offsets.T)
    bias = -0.5 * np.sum(exact.offsets.T * slopes, axis=0)
    exact.model.classifier.layers[-1].set_weights([slopes, bias])
    np.testing.assert_allclose(softmax(exact.model(exact.x), axis=1), softmax(exact.joint, axis=1), atol=1e-5)
    terms = exact.model.terms(exact.x, exact.eps)
    np.testing.assert_allclose(terms.unlabelled, logsumexp(exact.joint, axis=1), rtol=1e-5)


def test_the_labelled_bound_is_tfps_on_bits(rng: np.random.Generator) -> None:
    model = dense_semi_supervised_vae((2, 3), LATENT, K, hidden=(4,), seed=1)
    x = rng.integers(0, 2, size=(3, 2, 3)).astype(np.float32)
    eps = rng.normal(size=(2, 3, K, LATENT)).astype(np.float32)
    labelled = np.asarray(model.terms(x, eps).labelled)
    for y in range(K):
        mean, log_var = model.encode(tf.constant(x), tf.fill([3], y))
        q = tfd.MultivariateNormalDiag(mean, tf.exp(log_var / 2))
        values = []
        for draw in eps[:, :, y]:
            logits = model.decode(mean + tf.exp(log_var / 2) * draw, tf.fill([3], y))
            values.append(tfd.Independent(tfd.Bernoulli(logits=logits), 2).log_prob(x))
        kl = tfd.kl_divergence(q, tfd.MultivariateNormalDiag(tf.zeros(LATENT), tf.ones(LATENT)))
        np.testing.assert_allclose(labelled[:, y], np.mean(values, axis=0) - math.log(K) - kl, rtol=1e-4)


def test_the_loss_takes_each_example_as_its_label_allows(rng: np.random.Generator) -> None:
    model = dense_semi_supervised_vae((5,), LATENT, K, hidden=(4,), alpha=2.5, seed=3)
    twin = SemiSupervisedVAE.from_config(model.get_config())  # with noise of the same seed
    twin.build((None, 5))
    twin.set_weights(model.get_weights())
    x = rng.integers(0, 2, size=(4, 5)).astype(np.float32)
    y = np.array([2, -1, 0, -1])
    model.compile("sgd", jit_compile=False, run_eagerly=True)
    loss = model.evaluate(x, y, batch_size=4, verbose=0)
    labelled, log_q, unlabelled = (np.asarray(part) for part in twin.terms(x))
    values = [
        labelled[0, 2] + 2.5 * log_q[0, 2],
        unlabelled[1],
        labelled[2, 0] + 2.5 * log_q[2, 0],
        unlabelled[3],
    ]
    assert loss == pytest.approx(-np.mean(values), rel=1e-5)


def test_labels_reach_the_classifier_and_missing_ones_the_decoder(rng: np.random.Generator) -> None:
    x = rng.integers(0, 2, size=(4, 5)).astype(np.float32)

    def moved(y: list[int], alpha: float) -> list[bool]:
        model = dense_semi_supervised_vae((5,), LATENT, K, hidden=(), alpha=alpha, seed=3)
        before = [part.get_weights()[0].copy() for part in (model.classifier, model.decoder)]
        model.compile(keras.optimizers.SGD(0.1), jit_compile=False, run_eagerly=True)
        model.fit(x, np.array(y), verbose=0)
        after = [part.get_weights()[0] for part in (model.classifier, model.decoder)]
        return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]

    # Labelled examples alone do not train q(y|x) without α: the paper's reason for eq. (9).
    assert moved([0, 1, 2, 0], 0.0) == [False, True]
    assert moved([0, 1, 2, 0], 1.0) == [True, True]
    assert moved([-1, -1, -1, -1], 0.0) == [True, True]


def _small(**more: Any) -> SemiSupervisedVAE:
    return dense_semi_supervised_vae((5,), LATENT, K, hidden=(), **more)


X = np.zeros((2, 5), np.float32)
REFUSALS: list[tuple[Any, type, str]] = [
    (lambda: dense_semi_supervised_vae((5,), 2, 1), ArgumentError, "classes to tell apart.*≥ 2"),
    (lambda: _small(alpha=-1), ArgumentError, "`alpha` is not negative.*alpha=-1"),
    (lambda: _small().fit(X), ShapeError, r"every image has a label.*expected \(2,\)"),
    (lambda: _small().fit(X, np.array([0])), ShapeError, r"every image has a label.*\(2,\).*\(1,\)"),
    (lambda: _small().fit(X, np.array([0, 3])), ArgumentError, "integers -1 to 2.*0 to 3"),
    (lambda: _small().fit(X, np.array([0.0, 1.0])), ArgumentError, "labels are classes.*float64"),
    (lambda: _small().fit(X + 2, np.array([0, 1])), ArgumentError, r"pixels in \[0, 1\]"),
    (lambda: _small().generate(np.zeros((1, 2)), np.array([-1])), ArgumentError, "integers 0 to 2.*-1 to -1"),
    (lambda: _small().generate(np.zeros((1, 3)), np.array([1])), ShapeError, r"\(batch, 2\).*\(1, 3\)"),
    (lambda: _small().terms(X, np.zeros((1, 2, 2))), ShapeError, r"\(draws, batch, 3, 2\).*\(1, 2, 2\)"),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSALS)
def test_refusals_say_the_rule_what_was_expected_and_received(make: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        make()
