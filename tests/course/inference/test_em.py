from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture as Sklearn

import course.inference as ci
from course.errors import ArgumentError, NumericsError, ShapeError


def _data(seed: int, size: int = 150, dimension: int = 2, components: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = 3 * rng.normal(size=(components, dimension))
    roots = 0.4 * rng.normal(size=(components, dimension, dimension)) + np.eye(dimension)
    which = rng.choice(components, size=size, p=rng.dirichlet(20 * np.ones(components)))
    return centres[which] + np.einsum("nij,nj->ni", roots[which], rng.normal(size=(size, dimension)))


def _scipy_log_joint(x: np.ndarray, mixture: ci.GaussianMixture) -> np.ndarray:
    columns = [
        np.log(w) + stats.multivariate_normal.logpdf(x, m, c)
        for w, m, c in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    ]
    return np.stack(columns, axis=1)


def test_densities_and_responsibilities_are_scipys() -> None:
    x = _data(0)
    mixture = ci.seed_mixture(x, 3, seed=1)
    joint = _scipy_log_joint(x, mixture)
    np.testing.assert_allclose(mixture.log_prior() + mixture.log_likelihoods(x), joint, rtol=1e-11)
    assert np.isclose(mixture.log_likelihood(x), logsumexp(joint, axis=1).sum(), rtol=1e-12)
    r = mixture.responsibilities(x)
    np.testing.assert_allclose(
        r, np.exp(joint - logsumexp(joint, axis=1, keepdims=True)), rtol=1e-9, atol=1e-14
    )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), dimension=st.integers(1, 4), components=st.integers(1, 4))
def test_the_elbo_touches_the_likelihood_after_every_e_step_and_never_falls(
    seed: int, dimension: int, components: int
) -> None:
    x = _data(seed, 200, dimension, components)
    history = ci.em(x, components, steps=25, seed=seed).history
    for entry in history:
        if entry.step == "E":
            assert abs(entry.elbo - entry.log_likelihood) < 1e-10
        else:
            assert entry.elbo <= entry.log_likelihood + 1e-10
    elbos = np.array([entry.elbo for entry in history])
    # Rounding of a sum of 200 terms of about 10 nats: below 1e-11.
    assert np.all(np.diff(elbos) >= -1e-10)
    assert [entry.step for entry in history[:4]] == ["E", "M", "E", "M"][: len(history)]


def test_log_likelihoods_of_the_history_are_scipys_for_the_parameters_of_that_half_step() -> None:
    x = _data(1)
    start = ci.seed_mixture(x, 3, seed=2)
    result = ci.em(x, start, steps=1)
    first, second = result.history
    assert np.isclose(first.log_likelihood, logsumexp(_scipy_log_joint(x, start), axis=1).sum(), rtol=1e-12)
    after = logsumexp(_scipy_log_joint(x, result.mixture), axis=1).sum()
    assert np.isclose(second.log_likelihood, after, rtol=1e-12)


def test_one_m_step_is_the_weighted_moments() -> None:
    rng = np.random.default_rng(3)
    x, r = rng.normal(size=(30, 2)), rng.dirichlet([1.0, 2.0, 3.0], size=30)
    mixture = ci.maximise(x, r)
    np.testing.assert_allclose(mixture.weights, r.mean(axis=0), rtol=1e-12)
    for k in range(3):
        np.testing.assert_allclose(mixture.means[k], np.average(x, axis=0, weights=r[:, k]), rtol=1e-12)
        want = np.cov(x.T, aweights=r[:, k], ddof=0)
        np.testing.assert_allclose(mixture.covariances[k], want, rtol=1e-10)


def test_the_fit_is_scikit_learns_from_the_same_start() -> None:
    x = _data(4, 300)
    start = ci.seed_mixture(x, 3, seed=5)
    sklearn = Sklearn(
        3,
        tol=1e-12,
        max_iter=2000,
        reg_covar=0.0,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=np.linalg.inv(start.covariances),
    ).fit(x)
    result = ci.em(x, start, steps=2000, tolerance=1e-13)
    assert result.converged
    assert np.isclose(result.mixture.log_likelihood(x) / len(x), sklearn.score(x), rtol=1e-8)
    np.testing.assert_allclose(result.mixture.means, sklearn.means_, atol=1e-3)
    np.testing.assert_allclose(result.mixture.covariances, sklearn.covariances_, atol=5e-3)


def test_forty_dimensions_do_not_underflow() -> None:
    x = _data(6, 400, dimension=40, components=2)
    result = ci.em(x, 2, steps=10)
    assert np.all(np.isfinite([entry.elbo for entry in result.history]))
    np.testing.assert_allclose(result.responsibilities.sum(axis=1), 1.0, rtol=1e-12)


def test_the_same_seed_gives_the_same_start() -> None:
    x = _data(7)
    first, again, other = (ci.seed_mixture(x, 6, seed).means for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_interrupt_keeps_what_was_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    @contextmanager
    def impatient(*_: Any) -> Any:
        def advance(steps: int, words: str) -> None:
            raise KeyboardInterrupt

        yield advance

    # By way of sys.modules: the package exports the function under the module's name.
    monkeypatch.setattr(sys.modules["course.inference.em"], "progress_bar", impatient)
    result = ci.em(_data(8), 2)
    assert result.interrupted and not result.converged and len(result.history) == 2


X = np.array([[0.0], [1.0], [5.0]])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ci.em(X, 0), ArgumentError, r"components ≥ 1, received components=0"),
        (lambda: ci.em(X, 4), ShapeError, r"n ≥ 4, received 3"),
        (
            lambda: ci.em(X[:, 0], 2),
            ShapeError,
            r"`x` has the wrong shape \(expected \(any, any\), received \(3,\)\)",
        ),
        (lambda: ci.em(X * np.nan, 2), ArgumentError, r"`x` is finite \(received 3 NaN"),
        (lambda: ci.em(X, 2, tolerance=0.0), ArgumentError, r"tolerance > 0"),
        (lambda: ci.em(X, 2, steps=0), ArgumentError, r"steps ≥ 1"),
        (
            lambda: ci.em(np.ones((5, 1)), 2),
            NumericsError,
            r"component 0: every component's covariance is positive definite",
        ),
        (
            lambda: ci.maximise(X, np.eye(3)),
            NumericsError,
            r"least eigenvalue 0\); the component sits on too few points",
        ),
        (lambda: ci.maximise(X, [[1.0, 0.0]] * 3), ArgumentError, r"column sums > 0"),
        (
            lambda: ci.em(X, ci.GaussianMixture([1.0], [[0.0, 0.0]], [np.eye(2)])),
            ShapeError,
            r"expected 1, received 2",
        ),
        (
            lambda: ci.GaussianMixture([0.5, 0.6], [[0.0], [1.0]], np.ones((2, 1, 1))),
            ArgumentError,
            r"positive, summing to 1",
        ),
    ],
)
def test_a_wrong_argument_is_named(call: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()
