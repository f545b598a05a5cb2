from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp
from tensorflow_probability import distributions as tfd

import course.inference as ci
from autograder.checks.catoni import test_mean
from course.errors import ArgumentError, ShapeError

# A linear-Gaussian example: z ~ N(0, 1), x | z ~ N(1.5 z, 0.7²), x = 1.2; every bound has a closed form.
MODEL = ci.LinearGaussian(ci.Gaussian([0.0], [[1.0]]), [[1.5]], [0.0], [[0.49]])
X = np.array([1.2])
PRIOR = tfd.Normal(tf.constant(0.0, tf.float64), tf.constant(1.0, tf.float64))
Q = tfd.Normal(tf.constant([0.2], tf.float64), tf.constant([0.8], tf.float64))
TERMS = MODEL.elbo(X, ci.Gaussian([0.2], [[0.64]]))


def log_likelihood(z: tf.Tensor) -> tf.Tensor:
    return tfd.Normal(1.5 * z, tf.constant(0.7, tf.float64)).log_prob(1.2)


def test_three_forms_of_the_discrete_elbo_are_one_number() -> None:
    rng = np.random.default_rng(0)
    q = rng.dirichlet(np.ones(5), size=4)
    log_prior, log_lik = np.log(rng.dirichlet(np.ones(5))), 3 * rng.normal(size=(4, 5))
    terms = ci.discrete_elbo(q, log_prior, log_lik)
    want = (q * (log_prior + log_lik - np.log(q))).sum(axis=1)
    for value in (terms.value, terms.value_by_evidence, terms.value_by_likelihood):
        np.testing.assert_allclose(value, want, rtol=1e-12)
    np.testing.assert_allclose(terms.log_evidence, logsumexp(log_prior + log_lik, axis=1), rtol=1e-13)
    assert np.all(terms.value < terms.log_evidence)


def test_the_discrete_elbo_takes_zeros_and_impossible_states() -> None:
    terms = ci.discrete_elbo([1.0, 0.0], [0.0, -np.inf], [-2.0, -5.0])
    for value in (terms.value, terms.value_by_evidence, terms.value_by_likelihood):
        assert value == -2.0


def test_terms_of_the_elbo_have_the_closed_forms_means() -> None:
    # 4000 estimates of 5 draws; the log-likelihood is a quadratic in z, its variance by Gauss-Hermite.
    # Catoni: false-fail 1e-9; the shift found with probability 0.999 is asserted to be below 0.5 nats.
    many = tfd.Normal(tf.fill([4000], Q.loc[0]), tf.fill([4000], Q.scale[0]))
    terms = ci.elbo(log_likelihood, PRIOR, many, draws=5, seed=1)
    eps, weights = np.polynomial.hermite_e.hermegauss(20)
    values = log_likelihood(0.2 + 0.8 * eps).numpy()
    weights = weights / weights.sum()
    variance = weights @ (values - weights @ values) ** 2 / 5
    result = test_mean(
        terms.expected_log_likelihood.numpy()[:, None],
        np.array([TERMS.expected_log_likelihood]),
        np.array([1.25 * variance]),
    )
    assert not result.rejected.any() and result.detectable[0] < 0.5
    np.testing.assert_allclose(terms.kl_to_prior, TERMS.kl_to_prior, rtol=1e-12)
    np.testing.assert_allclose(terms.value, terms.expected_log_likelihood - terms.kl_to_prior)


def test_the_sampled_kl_has_the_exact_mean() -> None:
    # 20000 draws of log q − log p, standard deviation below 1: six standard errors are 0.042.
    terms = ci.elbo(log_likelihood, PRIOR, Q, draws=20_000, seed=2, exact_kl=False)
    assert abs(float(terms.kl_to_prior[0]) - TERMS.kl_to_prior) < 0.042


def test_the_other_factorisation_gives_the_same_elbo() -> None:
    posterior = MODEL.posterior(X)
    exact = tfd.Normal(tf.constant(posterior.mean), tf.constant(posterior.std))
    terms = ci.evidence_elbo(MODEL.log_evidence(X), Q, exact)
    np.testing.assert_allclose(terms.value, TERMS.value, rtol=1e-12)


def test_gradients_reach_q_through_the_draws() -> None:
    # d/dm of the ELBO is 1.5 (x − 1.5 m)/0.49 − m. 20000 draws leave a standard error of
    # 1.5²·0.8/0.49/√20000 = 0.026; six are allowed.
    mean = tf.Variable([0.2], dtype=tf.float64)
    with tf.GradientTape() as tape:
        value = ci.elbo(log_likelihood, PRIOR, tfd.Normal(mean, Q.scale), draws=20_000, seed=3).value
    want = 1.5 * (1.2 - 1.5 * 0.2) / 0.49 - 0.2
    assert abs(float(tape.gradient(value, mean)[0]) - want) < 6 * 0.026


def test_the_importance_weighted_bound_is_the_log_of_the_mean_weight() -> None:
    weights = np.random.default_rng(1).normal(size=(7, 3))
    np.testing.assert_allclose(ci.iwae_bound(weights), np.log(np.exp(weights).mean(axis=0)), rtol=1e-12)
    np.testing.assert_allclose(
        ci.iwae_bound(weights, axis=1), np.log(np.exp(weights).mean(axis=1)), rtol=1e-12
    )
    np.testing.assert_allclose(ci.iwae_bound(weights - 900.0), ci.iwae_bound(weights) - 900.0, rtol=1e-13)
    np.testing.assert_allclose(ci.iwae_bound(weights[:1]), weights[0])


def test_its_gradient_is_the_self_normalised_one() -> None:
    weights = tf.Variable(np.random.default_rng(2).normal(size=5))
    with tf.GradientTape() as tape:
        bound = ci.iwae_bound(weights)
    np.testing.assert_allclose(tape.gradient(bound, weights), tf.nn.softmax(weights), rtol=1e-12)


def test_the_bound_rises_from_the_elbo_to_the_evidence() -> None:
    # Means over 20000 repetitions: the standard error is about 0.02 at k = 1 and smaller after. The gap at
    # k is about (variance of w/E w)/(2k).
    q = tfd.Normal(tf.fill([20_000], Q.loc[0]), tf.fill([20_000], Q.scale[0]))
    bounds = [
        float(
            tf.reduce_mean(
                ci.iwae_bound(ci.log_importance_weights(log_likelihood, PRIOR, q, draws=k, seed=k))
            )
        )
        for k in (1, 5, 50)
    ]
    assert abs(bounds[0] - TERMS.value) < 0.1
    assert bounds[0] < bounds[1] < bounds[2] < MODEL.log_evidence(X) + 0.01
    assert abs(bounds[2] - MODEL.log_evidence(X)) < 0.03


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: ci.iwae_bound(np.zeros((0, 3))),
            ShapeError,
            r"a mean needs a weight \(expected k ≥ 1, received log_weights of shape \(0, 3\)\)",
        ),
        (lambda: ci.iwae_bound(1.0), ShapeError, r"received log_weights of shape \(\)"),
        (
            lambda: ci.log_importance_weights(log_likelihood, PRIOR, Q, draws=0, seed=1),
            ArgumentError,
            r"draws ≥ 1, received draws=0",
        ),
        (
            lambda: ci.elbo(log_likelihood, PRIOR, Q, draws=0, seed=1),
            ArgumentError,
            r"draws ≥ 1, received draws=0",
        ),
        (
            lambda: ci.elbo(tf.reduce_sum, PRIOR, Q, draws=3, seed=1),
            ShapeError,
            r"expected \(3, 1\), received \(\)",
        ),
        (
            lambda: ci.elbo(log_likelihood, tfd.MultivariateNormalDiag([0.0]), Q, draws=3, seed=1),
            ShapeError,
            r"event shape \(\), received event shape \(1,\)",
        ),
        (
            lambda: ci.elbo(log_likelihood, tfd.Cauchy(PRIOR.loc, PRIOR.scale), Q, draws=3, seed=1),
            ArgumentError,
            r"KL\(Normal ‖ Cauchy\)\); pass exact_kl=False",
        ),
        (
            lambda: ci.discrete_elbo([0.5, 0.6], [0.0, 0.0], [0.0, 0.0]),
            ArgumentError,
            r"rows sum to 1, received least entry 0.5",
        ),
        (
            lambda: ci.discrete_elbo([[0.5, 0.5]], [0.0, 0.0, 0.0], [0.0, 0.0]),
            ShapeError,
            r"expected \(1, 2\), received \(3,\) and \(2,\)",
        ),
    ],
)
def test_a_wrong_argument_is_named(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
