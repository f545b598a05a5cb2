"""The worked functions of ps07 against TFP, SciPy, quadrature and central differences in double precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import logsumexp

from autograder.checks import terms_of
from autograder.problem_sets import locate

ROOT = Path(__file__).resolve().parents[2]
suite = locate("ps07_vae", ROOT).suite
reference: Any = suite.reference
networks: Any = __import__("sys").modules[f"{reference.__package__}.networks"]

rng = np.random.default_rng(7)
N, D, LATENT, HIDDEN = 4, 5, 3, 6


def layer(fan_in: int, fan_out: int) -> list[np.ndarray]:
    return [rng.normal(size=(fan_in, fan_out)) / np.sqrt(fan_in), rng.normal(0.2, 0.4, size=fan_out)]


WEIGHTS = [*layer(D, LATENT), *layer(D, LATENT), *layer(LATENT, D)]
X = rng.integers(0, 2, size=(N, D)).astype(np.float64)
EPS = rng.normal(size=(N, LATENT))


def central(function: Any, at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences; their error of step²·f‴/6 + u·f/step is near 1e-10 for values near 1."""
    gradient = np.zeros(at.shape)
    for index in np.ndindex(*at.shape):
        sides = []
        for sign in (1, -1):
            moved = at.copy()
            moved[index] += sign * step
            sides.append(function(moved))
        gradient[index] = (sides[0] - sides[1]) / (2 * step)
    return gradient


def test_terms_of_the_bound_are_integrals() -> None:
    x, w = rng.normal(size=3), rng.normal(size=3)
    noise_var, m, v = 0.6, 0.7, 0.3

    def log_joint(z: float) -> float:
        return float(stats.norm.logpdf(x, w * z, np.sqrt(noise_var)).sum() + stats.norm.logpdf(z))

    q = stats.norm(m, np.sqrt(v))
    evidence = np.log(integrate.quad(lambda z: np.exp(log_joint(z)), -12, 12, epsabs=1e-14)[0])

    def under_q(f: Any) -> float:
        return float(integrate.quad(lambda z: q.pdf(z) * f(z), m - 8, m + 8, epsabs=1e-12)[0])

    expected = [
        under_q(lambda z: log_joint(z) - stats.norm.logpdf(z)),
        under_q(lambda z: q.logpdf(z) - stats.norm.logpdf(z)),
        evidence,
        under_q(lambda z: q.logpdf(z) - log_joint(z) + evidence),
    ]
    got = reference.elbo_both_ways(x, w, noise_var, m, v)
    np.testing.assert_allclose(got, expected, rtol=1e-9)
    assert got[0] - got[1] == pytest.approx(got[2] - got[3], abs=1e-12)


def test_jensen_is_an_inequality_and_an_equality_for_constants() -> None:
    p = rng.dirichlet(np.ones(6))
    left, right = reference.jensen(p, rng.uniform(0.1, 5.0, size=6))
    assert left > right
    np.testing.assert_allclose(reference.jensen(p, np.full(6, 2.0)), np.log([2.0, 2.0]))


def test_densities_and_divergences_are_tfps_and_scipys() -> None:
    from tensorflow_probability import distributions as tfd

    mean, log_var = rng.normal(size=(N, D)), rng.normal(size=(N, D))
    q = tfd.MultivariateNormalDiag(mean, np.exp(log_var / 2))
    prior = tfd.MultivariateNormalDiag(np.zeros((N, D)), np.ones((N, D)))
    np.testing.assert_allclose(reference.gaussian_kl(mean, log_var), q.kl_divergence(prior), rtol=1e-12)
    one_var = log_var[0]
    expected = stats.norm.logpdf(X, mean, np.exp(one_var / 2)).sum(axis=1)
    np.testing.assert_allclose(reference.gaussian_log_likelihood(X, mean, one_var), expected, rtol=1e-12)
    expected = stats.bernoulli.logpmf(X, 1 / (1 + np.exp(-3 * mean))).sum(axis=1)
    np.testing.assert_allclose(reference.bernoulli_log_likelihood(X, 3 * mean), expected, rtol=1e-12)


def test_weighted_bound_is_the_likelihood_when_q_is_the_posterior() -> None:
    # Four images of the linear model of part 2, each with its own posterior: every weight is p(x).
    w, noise_var = rng.normal(size=D), 0.4
    x = rng.normal(size=(N, D))
    precision = 1 + w @ w / noise_var
    mean, log_var = (x @ w / noise_var / precision)[:, None], np.full((N, 1), -np.log(precision))
    z = mean + np.exp(log_var / 2) * rng.normal(size=(5, N, 1))
    likelihood = stats.norm.logpdf(x, z * w, np.sqrt(noise_var)).sum(axis=-1)
    exact = stats.multivariate_normal.logpdf(x, np.zeros(D), np.outer(w, w) + noise_var * np.eye(D))
    np.testing.assert_allclose(reference.iwae_bound(likelihood, z, mean, log_var), exact, rtol=1e-10)
    far = reference.iwae_bound(likelihood - 2000.0, z, mean, log_var)
    np.testing.assert_allclose(far, exact - 2000.0, rtol=1e-12)


def test_unit_statistics_add_up_to_the_kl_and_find_an_idle_unit() -> None:
    mean, log_var = rng.normal(size=(N, LATENT)), rng.normal(size=(N, LATENT))
    mean[:, 1] = 0.3
    kl, activity = reference.unit_statistics(mean, log_var)
    assert kl.sum() == pytest.approx(float(np.mean(reference.gaussian_kl(mean, log_var))))
    assert activity[1] == pytest.approx(0.0, abs=1e-30) and (np.delete(activity, 1) > 0.01).all()


@pytest.mark.parametrize("beta", [1.0, 2.7])
def test_networks_in_numpy_have_the_gradients_that_differences_have(beta: float) -> None:
    gradients = networks.linear_input_gradients(WEIGHTS, X, EPS, beta)
    by_x = central(lambda x: networks.linear_loss(WEIGHTS, x, EPS, beta), X)
    by_eps = central(lambda eps: networks.linear_loss(WEIGHTS, X, eps, beta), EPS)
    np.testing.assert_allclose(gradients[0], by_x, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(gradients[1], by_eps, rtol=1e-6, atol=1e-9)


def test_a_step_in_numpy_follows_differences_of_the_loss() -> None:
    after = networks.linear_step(WEIGHTS, X, EPS, 0.3)
    for place, (before, moved) in enumerate(zip(WEIGHTS, after, strict=True)):

        def loss(value: np.ndarray, place: int = place) -> float:
            return networks.linear_loss([*WEIGHTS[:place], value, *WEIGHTS[place + 1 :]], X, EPS, 1.0)

        np.testing.assert_allclose(moved, before - 0.3 * central(loss, before), rtol=1e-6, atol=1e-9)


def test_the_keras_model_is_the_one_in_numpy() -> None:
    single = [w.astype(np.float32) for w in WEIGHTS]
    vae = reference.linear_vae(single)
    loss = reference.negative_elbo(vae, X.astype(np.float32), EPS.astype(np.float32), 2.7)
    assert float(loss) == pytest.approx(networks.linear_loss(WEIGHTS, X, EPS, 2.7), rel=1e-5)
    hidden = [
        *layer(D, HIDDEN), *layer(HIDDEN, LATENT), *layer(HIDDEN, LATENT),
        *layer(LATENT, HIDDEN), *layer(HIDDEN, D),
    ]  # fmt: skip
    built = reference.with_weights(reference.build_vae(D, HIDDEN, LATENT), hidden)
    mean, log_var = networks.posterior(hidden, X)
    np.testing.assert_allclose(reference.encode(built, X.astype(np.float32))[0], mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        reference.encode(built, X.astype(np.float32))[1], log_var, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        reference.decode(built, mean.astype(np.float32)), networks.logits(hidden, mean), rtol=1e-4, atol=1e-5
    )


def test_the_bound_of_given_weights_is_that_of_the_worked_function() -> None:
    hidden = [
        *layer(D, HIDDEN), *layer(HIDDEN, LATENT), *layer(HIDDEN, LATENT),
        *layer(LATENT, HIDDEN), *layer(HIDDEN, D),
    ]  # fmt: skip
    got = networks.bound_of_weights(D, HIDDEN, LATENT, 8, 3)(hidden, X)
    mean, log_var = networks.posterior(hidden, X)
    eps = np.random.default_rng(3).normal(size=(8, N, LATENT))
    z = mean + np.exp(log_var / 2) * eps
    likelihood = stats.bernoulli.logpmf(X, 1 / (1 + np.exp(-networks.logits(hidden, z)))).sum(axis=-1)
    log_ratio = stats.norm.logpdf(z).sum(-1) - stats.norm.logpdf(z, mean, np.exp(log_var / 2)).sum(-1)
    np.testing.assert_allclose(-got, logsumexp(likelihood + log_ratio, axis=0) - np.log(8), rtol=1e-10)


@pytest.mark.parametrize("place", range(10))
def test_weights_of_another_size_are_refused_before_they_cost_anything(place: int) -> None:
    sizes = [(D, HIDDEN), HIDDEN, (HIDDEN, LATENT), LATENT, (HIDDEN, LATENT), LATENT]
    sizes += [(LATENT, HIDDEN), HIDDEN, (HIDDEN, D), D]
    weights = [np.zeros(size) for size in sizes]
    weights[place] = np.zeros(weights[place].size + 1)
    with pytest.raises(ValueError, match="reshape"):
        networks.bound_of_weights(D, HIDDEN, LATENT, 8, 3)(weights, X)


def test_terms_of_the_step_are_no_smaller_than_the_step() -> None:
    after = networks.linear_step(WEIGHTS, X, EPS, 0.3)
    for value, amount in zip(after, terms_of(networks.linear_step, WEIGHTS, X, EPS, 0.3), strict=True):
        assert (amount >= np.abs(value)).all() and np.isfinite(amount).all()
