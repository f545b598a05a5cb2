"""Closed forms against SciPy, TFP and each other's definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from tensorflow_probability import distributions as tfd

import course.inference as ci
from course.errors import ArgumentError, ShapeError


def _model(seed: int = 0) -> tuple[ci.LinearGaussian, np.ndarray]:
    rng = np.random.default_rng(seed)
    root, noise = rng.normal(size=(3, 3)), rng.normal(size=(2, 2))
    prior = ci.Gaussian(rng.normal(size=3), root @ root.T + 0.1 * np.eye(3))
    weights, bias = rng.normal(size=(2, 3)), rng.normal(size=2)
    return ci.LinearGaussian(prior, weights, bias, noise @ noise.T + 0.1 * np.eye(2)), rng.normal(size=2)


def _joint(model: ci.LinearGaussian) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of (z, x), stacked."""
    p, a = model.prior.covariance, model.weights
    mean = np.concatenate([model.prior.mean, a @ model.prior.mean + model.bias])
    return mean, np.block([[p, p @ a.T], [a @ p, a @ p @ a.T + model.noise_covariance]])


def test_marginal_and_posterior_are_those_of_the_joint_gaussian() -> None:
    model, x = _model()
    mean, covariance = _joint(model)
    np.testing.assert_allclose(model.marginal().mean, mean[3:])
    np.testing.assert_allclose(model.marginal().covariance, covariance[3:, 3:])
    gain = covariance[:3, 3:] @ np.linalg.inv(covariance[3:, 3:])
    posterior = model.posterior(x)
    np.testing.assert_allclose(posterior.mean, mean[:3] + gain @ (x - mean[3:]), rtol=1e-9)
    np.testing.assert_allclose(
        posterior.covariance, covariance[:3, :3] - gain @ covariance[3:, :3], rtol=1e-9, atol=1e-12
    )


def test_the_evidence_is_scipys_density() -> None:
    model, x = _model(1)
    mean, covariance = _joint(model)
    want = stats.multivariate_normal.logpdf(x, mean[3:], covariance[3:, 3:])
    assert np.isclose(model.log_evidence(x), want, rtol=1e-12)


def test_gaussian_kl_is_tfps() -> None:
    model, x = _model(2)
    first, second = model.posterior(x), model.prior
    p, q = (tfd.MultivariateNormalTriL(g.mean, np.linalg.cholesky(g.covariance)) for g in (first, second))
    assert np.isclose(first.kl(second), float(tfd.kl_divergence(p, q)), rtol=1e-10)
    assert abs(first.kl(first)) < 1e-12


def test_both_factorisations_of_the_elbo_are_one_number_below_the_evidence() -> None:
    model, x = _model(3)
    q = ci.Gaussian([0.1, -0.4, 0.9], np.diag([0.5, 1.2, 0.3]))
    terms = model.elbo(x, q)
    assert np.isclose(terms.value, terms.value_by_evidence, rtol=1e-11)
    assert terms.value < terms.log_evidence
    exact = model.elbo(x, model.posterior(x))
    assert np.isclose(exact.value, model.log_evidence(x), rtol=1e-11)


def test_the_expected_log_likelihood_is_its_quadrature() -> None:
    model = ci.LinearGaussian(ci.Gaussian([0.3], [[2.0]]), [[1.5]], [-0.2], [[0.7]])
    q = ci.Gaussian([0.8], [[0.4]])
    want, _ = integrate.quad(
        lambda z: stats.norm.pdf(z, 0.8, np.sqrt(0.4)) * stats.norm.logpdf(1.1, 1.5 * z - 0.2, np.sqrt(0.7)),
        -9,
        9,
    )
    assert np.isclose(model.elbo([1.1], q).expected_log_likelihood, want, rtol=1e-9)


def test_regression_is_scikit_learns_at_the_same_precisions() -> None:
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=30)
    model = ci.ConjugateRegression(x, y, noise_std=0.5, prior_std=2.0)
    ridge = Ridge(alpha=(0.5 / 2.0) ** 2, fit_intercept=False).fit(x, y)
    np.testing.assert_allclose(model.posterior().mean, ridge.coef_, rtol=1e-9)
    want = np.linalg.inv(x.T @ x / 0.25 + np.eye(4) / 4.0)
    np.testing.assert_allclose(model.posterior().covariance, want, rtol=1e-9, atol=1e-14)
    evidence = stats.multivariate_normal.logpdf(y, np.zeros(30), 0.25 * np.eye(30) + 4.0 * x @ x.T)
    assert np.isclose(model.log_evidence(), evidence, rtol=1e-11)


def test_predictions_have_the_weights_and_the_noises_variance() -> None:
    rng = np.random.default_rng(5)
    x, y, new = rng.normal(size=(20, 2)), rng.normal(size=20), rng.normal(size=(6, 2))
    mean, std = ci.ConjugateRegression(x, y, noise_std=0.3, prior_std=1.0).predictive(new)
    # The predictive law of one new target is the marginal of a model whose prior is the posterior.
    posterior = ci.ConjugateRegression(x, y, noise_std=0.3, prior_std=1.0).posterior()
    marginal = ci.LinearGaussian(posterior, new, np.zeros(6), 0.09 * np.eye(6)).marginal()
    np.testing.assert_allclose(mean, marginal.mean, rtol=1e-10)
    np.testing.assert_allclose(std, marginal.std, rtol=1e-10)


@pytest.mark.filterwarnings("ignore:TensorFloat-32")
def test_the_exact_posterior_is_what_hamiltonian_monte_carlo_finds() -> None:
    # TFP's HMC as an oracle that knows the log-density only: 4 chains of 1500 draws. With an effective size
    # of 1000 or more, which is asserted, a mean errs by at most 3.2 % of a posterior std (one sigma) and a
    # std by 2.3 %; four sigma are allowed.
    import tensorflow as tf
    import tensorflow_probability as tfp

    rng = np.random.default_rng(6)
    x = rng.normal(size=(8, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    y = x @ np.array([1.5, -1.0]) + 0.7 * rng.normal(size=8)
    model = ci.ConjugateRegression(x, y, noise_std=0.7, prior_std=0.6)

    def log_joint(w: tf.Tensor) -> tf.Tensor:
        likelihood = tfd.Normal(tf.linalg.matmul(w, x, transpose_b=True), tf.constant(0.7, tf.float64))
        prior = tfd.Normal(tf.zeros([], tf.float64), tf.constant(0.6, tf.float64))
        return tf.reduce_sum(likelihood.log_prob(y), -1) + tf.reduce_sum(prior.log_prob(w), -1)

    @tf.function(autograph=False, jit_compile=True)
    def run() -> tf.Tensor:
        kernel = tfp.mcmc.HamiltonianMonteCarlo(
            log_joint, tf.constant(0.15, tf.float64), num_leapfrog_steps=6
        )
        adaptive = tfp.mcmc.SimpleStepSizeAdaptation(kernel, num_adaptation_steps=300)
        return tfp.mcmc.sample_chain(
            1500,
            tf.zeros([4, 2], tf.float64),
            kernel=adaptive,
            num_burnin_steps=400,
            trace_fn=None,
            seed=[1, 2],
        )

    chains = run()
    sizes = tfp.mcmc.effective_sample_size(chains, cross_chain_dims=1)
    assert float(tf.reduce_min(sizes)) > 1000
    draws = chains.numpy().reshape(-1, 2)
    posterior = model.posterior()
    assert np.all(np.abs(draws.mean(axis=0) - posterior.mean) < 0.12 * posterior.std)
    np.testing.assert_allclose(draws.std(axis=0), posterior.std, rtol=0.09)
    correlation = posterior.covariance[0, 1] / posterior.std.prod()
    assert abs(np.corrcoef(draws.T)[0, 1] - correlation) < 0.12


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: ci.Gaussian([0.0], [[-1.0]]),
            ArgumentError,
            r"`covariance` is positive definite .*least eigenvalue -1",
        ),
        (
            lambda: ci.Gaussian([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]]),
            ArgumentError,
            r"symmetric .*asymmetry 0.5",
        ),
        (
            lambda: ci.Gaussian([0.0], [[1.0, 0.0]]),
            ShapeError,
            r"`covariance` has the wrong shape \(expected \(1, 1\), received \(1, 2\)\)",
        ),
        (lambda: ci.Gaussian([np.nan], [[1.0]]), ArgumentError, r"`mean` is finite \(received 1 NaN"),
        (
            lambda: ci.ConjugateRegression([[1.0]], [1.0], noise_std=-1.0, prior_std=1.0),
            ArgumentError,
            r"noise_std > 0, received noise_std=-1.0",
        ),
        (
            lambda: ci.ConjugateRegression([[1.0]], [1.0], noise_std=1.0, prior_std=0),
            ArgumentError,
            r"prior_std > 0, received prior_std=0",
        ),
        (
            lambda: ci.ConjugateRegression([[1.0]], [1.0, 2.0], noise_std=1.0, prior_std=1.0),
            ShapeError,
            r"`targets` .*expected \(1\), received \(2,\)",
        ),
        (
            lambda: ci.LinearGaussian(ci.Gaussian([0.0], [[1.0]]), [[1.0, 2.0]], [0.0], [[1.0]]),
            ShapeError,
            r"`weights` .*\(any, 1\), received \(1, 2\)",
        ),
    ],
)
def test_a_wrong_argument_is_named(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
