"""The VAE against models whose likelihood is exact, and as a Keras model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import bernoulli, norm
from sklearn.decomposition import PCA, FactorAnalysis
from tensorflow_probability import distributions as tfd

from course.errors import ArgumentError, ShapeError
from course.inference.gaussian import Gaussian
from course.inference.linear_gaussian import LinearGaussian
from course.models import VAE, BernoulliLikelihood, GaussianLikelihood, dense_vae

PIXELS, LATENT = 5, 2


@pytest.fixture(autouse=True)
def fixed_seeds() -> None:
    keras.utils.set_random_seed(7)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """Observations of a factor model with two factors and unequal directions."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(400, LATENT)) * [2.0, 1.0]
    mixed = factors @ rng.normal(size=(LATENT, PIXELS)) + rng.normal(size=PIXELS)
    return (mixed + 0.4 * rng.normal(size=mixed.shape)).astype(np.float32)


# Keras 3.15 and NumPy 2.4 disagree on a keyword when weights are saved.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def linear_vae(weights: np.ndarray, bias: np.ndarray, noise_log_var: Any, **kwargs: Any) -> VAE:
    """A linear decoder with given weights, shape (d, pixels), and an encoder that is its exact posterior.

    Exact where WᵀR⁻¹W is diagonal: then the posterior is, too.
    """
    noise = "isotropic" if np.ndim(noise_log_var) == 0 else "diagonal"
    model = dense_vae((PIXELS,), LATENT, (), likelihood=GaussianLikelihood(noise), **kwargs)
    precision = np.exp(-np.broadcast_to(noise_log_var, (PIXELS,)))
    spread = 1.0 / (1.0 + np.diag(weights * precision @ weights.T))
    gain = precision[:, None] * weights.T * spread
    kernel = np.concatenate([gain, np.zeros((PIXELS, LATENT))], axis=1)
    model.encoder.layers[-1].set_weights([kernel, np.concatenate([-bias @ gain, np.log(spread)])])
    model.decoder.layers[0].set_weights([weights, bias])
    model.likelihood.set_weights([np.asarray(noise_log_var)])
    return model


def ppca(x: np.ndarray) -> tuple[PCA, VAE]:
    """Probabilistic PCA in closed form (Tipping & Bishop 1999), and the VAE that has its parameters."""
    # float64: scikit-learn's likelihood in float32 is off in the fourth digit.
    fitted = PCA(LATENT).fit(x.astype(np.float64))
    scale = np.sqrt(fitted.explained_variance_ - fitted.noise_variance_)
    return fitted, linear_vae(
        fitted.components_ * scale[:, None], fitted.mean_, math.log(fitted.noise_variance_)
    )


def test_weights_of_the_exact_posterior_are_the_likelihood_whatever_the_draw(x: np.ndarray) -> None:
    # p(x, z)/p(z|x) does not depend on z: no error but rounding, whatever the noise.
    fitted, model = ppca(x)
    weights = model.log_weights(x[:50], np.random.default_rng(1).normal(size=(3, 50, LATENT)))
    exact = fitted.score_samples(x[:50].astype(np.float64))
    np.testing.assert_allclose(weights, np.broadcast_to(exact, (3, 50)), atol=2e-4)


def test_a_diagonal_noise_makes_it_factor_analysis(x: np.ndarray) -> None:
    fitted = FactorAnalysis(LATENT, tol=1e-4, max_iter=5000).fit(x.astype(np.float64))
    # Any rotation of the factors is as likely; the one that makes the posterior diagonal is needed here.
    scaled = fitted.components_ / np.sqrt(fitted.noise_variance_)
    rotation = np.linalg.eigh(scaled @ scaled.T)[1]
    model = linear_vae(rotation.T @ fitted.components_, fitted.mean_, np.log(fitted.noise_variance_))
    exact = fitted.score_samples(x[:50].astype(np.float64))
    np.testing.assert_allclose(model.log_likelihood_bound(x[:50], draws=2), exact, rtol=2e-4)


def test_elbo_is_the_closed_form_of_a_linear_gaussian_model(x: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    model = dense_vae((PIXELS,), LATENT, (), likelihood=GaussianLikelihood(log_var=-0.7))
    model.encoder.layers[-1].set_weights([0.2 * rng.normal(size=(PIXELS, 4)), rng.normal(size=4)])
    weights, bias = rng.normal(size=(LATENT, PIXELS)), rng.normal(size=PIXELS)
    model.decoder.layers[0].set_weights([weights, bias])
    # The log-likelihood is quadratic in z: these four points have the mean and covariance of the noise, so
    # that their average is the expectation itself.
    corners = math.sqrt(LATENT) * np.concatenate([np.eye(LATENT), -np.eye(LATENT)])
    terms = model.elbo_terms(x[:6], np.broadcast_to(corners[:, None], (4, 6, LATENT)))
    mean, log_var = (part.numpy().astype(np.float64) for part in model.encode(x[:6]))
    exact_model = LinearGaussian(
        Gaussian(np.zeros(LATENT), np.eye(LATENT)), weights.T, bias, math.exp(-0.7) * np.eye(PIXELS)
    )
    for i in range(6):
        exact = exact_model.elbo(x[i].astype(np.float64), Gaussian(mean[i], np.diag(np.exp(log_var[i]))))
        assert terms.expected_log_likelihood[i].numpy() == pytest.approx(
            exact.expected_log_likelihood, rel=1e-5
        )
        assert terms.kl_to_prior[i].numpy() == pytest.approx(exact.kl_to_prior, rel=1e-5)
        assert terms.value[i].numpy() < exact.log_evidence


def test_log_weights_are_tfps_densities() -> None:
    model = dense_vae((2, 3), LATENT, (4,), likelihood="bernoulli")
    images = np.random.default_rng(0).integers(0, 2, size=(4, 2, 3)).astype(np.float32)
    eps = np.random.default_rng(1).normal(size=(5, 4, LATENT)).astype(np.float32)
    mean, log_var = model.encode(images)
    z = mean + tf.exp(log_var / 2) * eps
    pixels = tfd.Independent(tfd.Bernoulli(logits=model.decode(z)), 2)
    expected = (
        pixels.log_prob(images)
        + tfd.MultivariateNormalDiag(tf.zeros(LATENT)).log_prob(z)
        - tfd.MultivariateNormalDiag(mean, tf.exp(log_var / 2)).log_prob(z)
    )
    np.testing.assert_allclose(model.log_weights(images, eps), expected, rtol=1e-5)


def test_likelihoods_are_scipys() -> None:
    rng = np.random.default_rng(2)
    bits, params = rng.integers(0, 2, size=(4, 3)), rng.normal(0, 2, size=(2, 4, 3))
    expected = bernoulli.logpmf(bits, 1 / (1 + np.exp(-params))).sum(-1)
    np.testing.assert_allclose(BernoulliLikelihood().log_prob(bits, params), expected, rtol=1e-5)
    grey, likelihood = rng.normal(size=(4, 3)), GaussianLikelihood("diagonal")
    likelihood.build((None, 3))
    likelihood.set_weights([np.log([0.5, 1.5, 2.5])])
    expected = norm.logpdf(grey, params, np.sqrt([0.5, 1.5, 2.5])).sum(-1)
    np.testing.assert_allclose(likelihood.log_prob(grey, params), expected, rtol=1e-5)


def test_bernoulli_is_finite_at_logits_whose_exponentials_are_not() -> None:
    log_prob = BernoulliLikelihood().log_prob(tf.constant([[1.0, 0.0]]), tf.constant([[[1e4, 1e4]]]))
    np.testing.assert_allclose(log_prob, [[-1e4]])


def test_the_exact_bound_of_a_linear_vae_is_stationary_at_ppca_and_nowhere_near(x: np.ndarray) -> None:
    # Its maximum is PPCA's (Lucas, Tucker, Grosse & Norouzi 2019), whose maximum-likelihood variances divide
    # by n where scikit-learn's divide by n − 1.
    shrink = (len(x) - 1) / len(x)
    fitted = PCA(LATENT).fit(x.astype(np.float64))
    scale = np.sqrt(shrink * (fitted.explained_variance_ - fitted.noise_variance_))
    corners = math.sqrt(LATENT) * np.concatenate([np.eye(LATENT), -np.eye(LATENT)])
    eps = np.broadcast_to(corners[:, None], (4, len(x), LATENT))

    def largest_gradient(noise_variance: float) -> float:
        model = linear_vae(fitted.components_ * scale[:, None], fitted.mean_, math.log(noise_variance))
        with tf.GradientTape() as tape:
            bound = tf.reduce_mean(model.elbo_terms(x, eps).value)
        assert len(model.trainable_variables) == 5
        return max(float(tf.reduce_max(tf.abs(g))) for g in tape.gradient(bound, model.trainable_variables))

    assert largest_gradient(shrink * fitted.noise_variance_) < 1e-4
    assert largest_gradient(1.05 * fitted.noise_variance_) > 1e-2


def test_the_weighted_bound_rises_with_the_draws_and_begins_at_the_elbo() -> None:
    # 400 images and 300 draws: the mean over images has a standard error below 0.02 in each case, the
    # differences are above 0.3.
    model = dense_vae((8,), LATENT, (6,), seed=2)
    for layer in model.decoder.layers:
        layer.set_weights([3.0 * w for w in layer.get_weights()])
    images = np.random.default_rng(0).integers(0, 2, size=(400, 8)).astype(np.float32)
    eps = np.random.default_rng(1).normal(size=(300, 400, LATENT))
    elbo = model.elbo_terms(images, eps).value.numpy().mean()
    weights = model.log_weights(images, eps).numpy()
    assert weights.mean() == pytest.approx(elbo, abs=0.05)
    bounds = [model.log_likelihood_bound(images, draws).mean() for draws in (1, 8, 64)]
    assert bounds[0] == pytest.approx(elbo, abs=0.3)
    assert bounds[0] < bounds[1] < bounds[2]


@pytest.mark.parametrize(("beta", "objective"), [(0.5, "elbo"), (1.0, "iwae")])
def test_a_step_of_fit_follows_the_gradient_of_the_stated_loss(beta: float, objective: str) -> None:
    images = np.random.default_rng(0).random((6, 4)).astype(np.float32)
    model = dense_vae((4,), LATENT, (3,), beta=beta, objective=objective, draws=3, seed=5)
    twin = VAE.from_config(model.get_config())  # with noise of the same seed
    twin.build((None, 4))
    twin.set_weights(model.get_weights())
    model.compile(keras.optimizers.SGD(0.1), jit_compile=False, run_eagerly=True)
    model.fit(images, batch_size=6, verbose=0, shuffle=False)
    with tf.GradientTape() as tape:
        if objective == "iwae":
            weights = twin.log_weights(images)
            loss = -tf.reduce_mean(tf.reduce_logsumexp(weights, axis=0) - math.log(3.0))
        else:
            terms = twin.elbo_terms(images)
            loss = tf.reduce_mean(beta * terms.kl_to_prior - terms.expected_log_likelihood)
    variables = twin.trainable_variables
    for before, gradient, after in zip(
        variables, tape.gradient(loss, variables), model.trainable_variables, strict=True
    ):
        np.testing.assert_allclose(after, before - 0.1 * gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("likelihood", "policy", "jit"), [("bernoulli", "float32", True), ("gaussian", "mixed_bfloat16", False)]
)
def test_it_fits_evaluates_predicts_and_comes_back_from_a_file(
    likelihood: str, policy: str, jit: bool, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).random((32, 4, 3)).astype(np.float32)
    kept = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        model = dense_vae((4, 3), LATENT, (5,), likelihood=likelihood, draws=2, beta=0.5, seed=3)
    finally:
        keras.mixed_precision.set_dtype_policy(kept)
    model.compile(keras.optimizers.Adam(0.02), jit_compile=jit)
    history = model.fit(images, epochs=6, batch_size=16, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    loss = 0.5 * history["kl"][-1] - history["log_likelihood"][-1]
    assert history["loss"][-1] == pytest.approx(loss, rel=1e-4)
    assert model.evaluate(images, verbose=0, return_dict=True).keys() == {"loss", "log_likelihood", "kl"}
    model.save(tmp_path / "vae.keras")
    back = keras.models.load_model(tmp_path / "vae.keras")
    assert type(back) is VAE
    for name in ("latent_size", "beta", "objective", "draws", "seed"):
        assert back.get_config()[name] == model.get_config()[name]
    np.testing.assert_array_equal(back.predict(images, verbose=0), model.predict(images, verbose=0))
    assert model.predict(images, verbose=0).dtype == np.float32
    assert back.fit(images, epochs=1, verbose=0).history["loss"][0] < history["loss"][0]


def test_reconstructions_without_sampling_are_the_decoded_means_and_with_it_they_vary() -> None:
    model = dense_vae((4,), LATENT, (3,), seed=1)
    images = np.random.default_rng(0).random((3, 4)).astype(np.float32)
    mean = model.encode(images)[0]
    np.testing.assert_allclose(model(images), model.generate(mean), rtol=1e-6)
    assert not np.allclose(model(images, sample=True), model(images, sample=True))


def test_beta_can_be_annealed_between_steps() -> None:
    model = dense_vae((4,), LATENT, (3,), seed=1)
    images = np.random.default_rng(0).random((8, 4)).astype(np.float32)
    model.beta.assign(0.0)
    loss, likelihood, kl = model.batch_loss(images)
    assert float(loss) == pytest.approx(-float(likelihood)) and float(kl) > 0


REFUSALS: list[tuple[Any, type, str]] = [
    (lambda: dense_vae((4,), 0), ArgumentError, "`latent_size` is a positive integer.*latent_size=0"),
    (lambda: dense_vae((4,), 2, beta=-1.0), ArgumentError, r"`beta` is not negative .*beta=-1.0"),
    (lambda: dense_vae((4,), 2, likelihood="poisson"), ArgumentError, "unknown `likelihood`.*'poisson'"),
    (lambda: dense_vae((4,), 2, objective="mle"), ArgumentError, "unknown `objective`.*'elbo', 'iwae'"),
    (
        lambda: dense_vae((4,), 2, objective="iwae", beta=0.5),
        ArgumentError,
        "no separate KL to weigh.*expected beta=1.*beta=0.5",
    ),
    (lambda: GaussianLikelihood("white"), ArgumentError, "unknown `noise`.*'isotropic', 'diagonal'"),
    (lambda: GaussianLikelihood(log_var=math.nan), ArgumentError, "`log_var` is a finite number"),
    (lambda: dense_vae((4,), 2).generate(np.zeros((3, 1))), ShapeError, r"\(draws, batch, 2\).*\(1, 3, 1\)"),
    (
        lambda: dense_vae((4,), 2).elbo_terms(np.zeros((3, 4), np.float32), np.zeros((3, 2))),
        ShapeError,
        r"noise has the shape.*\(draws, batch, 2\).*\(3, 2\)",
    ),
    (
        lambda: VAE(keras.layers.Dense(3), keras.layers.Dense(4), latent_size=2).encode(tf.zeros([1, 4])),
        ShapeError,
        r"a mean and a log variance.*\(batch, 4\).*\(1, 3\)",
    ),
    (
        lambda: VAE(keras.layers.Dense(4), keras.layers.Dense(5), latent_size=2).elbo_terms(tf.zeros([1, 4])),
        ShapeError,
        r"one number for each pixel.*\(batch, 4\).*\(batch, 5\)",
    ),
    (
        lambda: dense_vae((4,), 2).elbo_terms(np.full((1, 4), 16.0, np.float32)),
        ArgumentError,
        r"pixels in \[0, 1\].*received 16 ≤ x ≤ 16.*scale the images",
    ),
    (
        lambda: dense_vae((4,), 2).fit(np.full((1, 4), -0.5, np.float32)),
        ArgumentError,
        r"pixels in \[0, 1\].*received -0.5 ≤ x ≤ -0.5",
    ),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSALS)
def test_refusals_say_the_rule_what_was_expected_and_received(make: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        make()
