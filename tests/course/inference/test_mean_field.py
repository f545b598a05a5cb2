from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

import course.inference as ci
from course.errors import ArgumentError, ShapeError

TARGET = ci.Gaussian([1.0, -2.0, 0.5], [[1.0, 0.6, 0.1], [0.6, 2.0, -0.4], [0.1, -0.4, 0.7]])
DATA = np.array([1.2, 0.4, 2.2, 1.9, 0.7])
PRIOR = ci.NormalGammaPrior(mean=0.5, count=0.8, concentration=2.0, rate=1.5)


def test_a_gaussians_means_are_found_and_its_variances_are_the_inverse_precisions() -> None:
    run = ci.mean_field_gaussian(TARGET)
    assert run.converged
    means, variances = np.array([run.factors[str(j)] for j in range(3)]).T
    np.testing.assert_allclose(means, TARGET.mean, atol=1e-5)
    np.testing.assert_allclose(variances, 1 / np.diag(np.linalg.inv(TARGET.covariance)), rtol=1e-12)
    assert np.all(variances < np.diag(TARGET.covariance))


def test_the_elbo_of_a_gaussian_never_falls_and_ends_at_the_known_kl() -> None:
    run = ci.mean_field_gaussian(TARGET, start=np.array([9.0, 9.0, -9.0]))
    assert np.all(np.diff(run.elbo) >= -1e-12)
    # KL(∏N(μ_j, 1/Λ_jj) ‖ N(μ, Λ⁻¹)) = ½(Σ log Λ_jj − log det Λ).
    precision = np.linalg.inv(TARGET.covariance)
    want = 0.5 * (np.log(np.diag(precision)).sum() - np.linalg.slogdet(precision)[1])
    assert np.isclose(-run.elbo[-1], want, rtol=1e-9)


def _log_joint(mean: float, precision: float) -> float:
    prior = stats.gamma.logpdf(precision, PRIOR.concentration, scale=1 / PRIOR.rate)
    prior += stats.norm.logpdf(mean, PRIOR.mean, 1 / np.sqrt(PRIOR.count * precision))
    return float(prior + stats.norm.logpdf(DATA, mean, 1 / np.sqrt(precision)).sum())


def test_the_normal_gamma_evidence_is_its_double_integral() -> None:
    value, _ = integrate.dblquad(
        lambda m, t: np.exp(_log_joint(m, t)), 1e-6, 12, -4, 6, epsabs=1e-9, epsrel=1e-5
    )
    assert np.isclose(PRIOR.log_evidence(DATA), np.log(value), atol=1e-5)


def test_the_normal_gamma_posterior_is_the_joint_up_to_a_constant() -> None:
    after = PRIOR.posterior(DATA)
    gaps = []
    for mean, precision in [(0.0, 0.5), (1.3, 1.0), (2.0, 3.0)]:
        density = stats.gamma.logpdf(precision, after.concentration, scale=1 / after.rate)
        density += stats.norm.logpdf(mean, after.mean, 1 / np.sqrt(after.count * precision))
        gaps.append(_log_joint(mean, precision) - density)
    np.testing.assert_allclose(gaps, PRIOR.log_evidence(DATA), rtol=1e-11)


def test_the_normal_gamma_elbo_is_that_of_its_factors_by_quadrature() -> None:
    run = ci.mean_field_normal_gamma(DATA, PRIOR)
    (m, precision), (a, b) = run.factors["mean"], run.factors["precision"]
    q_mean, q_precision = stats.norm(m, 1 / np.sqrt(precision)), stats.gamma(a, scale=1 / b)
    mean_nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    weights = weights / weights.sum()
    # E over μ by Gauss-Hermite (exact: a quadratic), over τ by adaptive quadrature.
    means = m + mean_nodes / np.sqrt(precision)

    def inner(tau: float) -> float:
        return weights @ [_log_joint(mean, tau) for mean in means] * q_precision.pdf(tau)

    expected, _ = integrate.quad(inner, 1e-9, 15, epsabs=1e-9, limit=100)
    want = expected + q_mean.entropy() + q_precision.entropy()
    assert np.isclose(run.elbo[-1], want, atol=1e-6)
    assert run.elbo[-1] < PRIOR.log_evidence(DATA)
    assert np.all(np.diff(run.elbo) >= -1e-12) and run.converged


def test_the_factors_are_optima_of_the_elbo() -> None:
    # Stationary at the fixed point: each update leaves its factor as it is.
    run = ci.mean_field_normal_gamma(DATA, PRIOR, tolerance=1e-15)
    again = ci.mean_field_normal_gamma(DATA, PRIOR, tolerance=1e-15, sweeps=len(run.elbo))
    np.testing.assert_allclose(run.factors["mean"], again.factors["mean"], rtol=1e-6)
    assert np.isclose(run.factors["mean"][0], PRIOR.posterior(DATA).mean, rtol=1e-12)


def test_an_interrupt_keeps_what_was_reached() -> None:
    def stop(q: dict) -> float:
        raise KeyboardInterrupt

    run = ci.mean_field({"a": stop}, lambda q: q["a"], {"a": 1.0})
    assert run.interrupted and run.factors == {"a": 1.0} and len(run.elbo) == 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: ci.mean_field({}, lambda q: 0.0, {}),
            ArgumentError,
            r"every factor has a start and an update",
        ),
        (
            lambda: ci.mean_field({"a": abs}, lambda q: 0.0, {"b": 1}),
            ArgumentError,
            r"expected \['a'\], received \['b'\]",
        ),
        (lambda: ci.mean_field({"a": abs}, lambda q: 0.0, {"a": 1}, sweeps=0), ArgumentError, r"sweeps ≥ 1"),
        (
            lambda: ci.mean_field_gaussian(TARGET, np.zeros(2)),
            ShapeError,
            r"`start` .*expected \(3\), received \(2,\)",
        ),
        (lambda: ci.NormalGammaPrior(0.0, -1.0, 1.0, 1.0), ArgumentError, r"count > 0, received count=-1.0"),
        (lambda: ci.NormalGammaPrior(0.0, 1.0, 1.0, 0.0), ArgumentError, r"rate > 0, received rate=0.0"),
    ],
)
def test_a_wrong_argument_is_named(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
