from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import course.distributions as cd
from course.errors import DtypeError

RNG = np.random.default_rng(0)
MEAN_Q, MEAN_P = RNG.normal(size=(2, 5, 3))
STD_Q, STD_P = RNG.gamma(2.0, size=(2, 5, 3)) + 0.05
A, B = RNG.gamma(2.0, size=(2, 5, 4)) + 0.1


def test_gaussian_kl_is_tfps() -> None:
    expected = tfd.kl_divergence(tfd.Normal(MEAN_Q, STD_Q), tfd.Normal(MEAN_P, STD_P))
    np.testing.assert_allclose(cd.gaussian_kl(MEAN_Q, STD_Q, MEAN_P, STD_P), expected, rtol=1e-12, atol=1e-14)


def test_gaussian_kl_keeps_its_digits_near_zero() -> None:
    # KL(N(0, (1+d)²) ‖ N(0, 1)) = d² − d³/3 + O(d⁴); with the naive σ²−1−2 log σ in float32 nothing would be
    # left.
    d = 1e-3
    value = cd.gaussian_kl(tf.constant(0.0), tf.constant(1.0 + d), 0.0, 1.0)
    np.testing.assert_allclose(float(value), d * d - d**3 / 3, rtol=2e-3)


def test_diagonal_gaussian_kl_is_tfps() -> None:
    q = tfd.MultivariateNormalDiag(MEAN_Q, np.exp(0.5 * STD_Q))
    p = tfd.MultivariateNormalDiag(MEAN_P, np.exp(0.5 * STD_P))
    ours = cd.diagonal_gaussian_kl(MEAN_Q, STD_Q, MEAN_P, STD_P)
    np.testing.assert_allclose(ours, tfd.kl_divergence(q, p), rtol=1e-12)
    standard = tfd.MultivariateNormalDiag(np.zeros(3), np.ones(3))
    np.testing.assert_allclose(
        cd.diagonal_gaussian_kl(MEAN_Q, STD_Q), tfd.kl_divergence(q, standard), rtol=1e-12
    )


def test_laplace_kl_is_tfps() -> None:
    expected = tfd.kl_divergence(tfd.Laplace(MEAN_Q, STD_Q), tfd.Laplace(MEAN_P, STD_P))
    np.testing.assert_allclose(cd.laplace_kl(MEAN_Q, STD_Q, MEAN_P, STD_P), expected, rtol=1e-12, atol=1e-14)


def test_gaussian_laplace_kl_agrees_with_quadrature() -> None:
    from scipy import integrate, stats

    for mean, std, loc, scale in zip(*(v.ravel()[:6] for v in (MEAN_Q, STD_Q, MEAN_P, STD_P)), strict=True):
        q, p = stats.norm(mean, std), stats.laplace(loc, scale)
        points = [loc]  # the corner of the Laplace density
        value, _ = integrate.quad(
            lambda w, q=q, p=p: q.pdf(w) * (q.logpdf(w) - p.logpdf(w)),
            mean - 12 * std,
            mean + 12 * std,
            points=points if abs(loc - mean) < 12 * std else None,
            epsabs=1e-12,
            limit=200,
        )
        np.testing.assert_allclose(float(cd.gaussian_laplace_kl(mean, std, loc, scale)), value, rtol=2e-6)


def test_categorical_kl_is_tfps() -> None:
    expected = tfd.kl_divergence(tfd.Categorical(logits=MEAN_Q), tfd.Categorical(logits=MEAN_P))
    np.testing.assert_allclose(cd.categorical_kl(MEAN_Q, MEAN_P), expected, rtol=1e-12)


def test_categorical_kl_and_entropy_allow_impossible_classes() -> None:
    logits = tf.constant([0.0, 0.0, -math.inf])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        kl, entropy = cd.categorical_kl(logits, tf.zeros(3)), cd.categorical_entropy(logits)
    np.testing.assert_allclose(float(kl), math.log(3) - math.log(2), rtol=1e-6)
    np.testing.assert_allclose(float(entropy), math.log(2), rtol=1e-6)
    assert np.isfinite(tape.gradient(kl, logits)).all() and np.isfinite(tape.gradient(entropy, logits)).all()
    assert float(cd.categorical_kl(tf.zeros(3), logits)) == math.inf


def test_gamma_kl_is_tfps() -> None:
    expected = tfd.kl_divergence(tfd.Gamma(A, B), tfd.Gamma(B, A))
    np.testing.assert_allclose(cd.gamma_kl(A, B, B, A), expected, rtol=1e-10)


def test_dirichlet_kl_is_tfps() -> None:
    expected = tfd.kl_divergence(tfd.Dirichlet(A), tfd.Dirichlet(B))
    np.testing.assert_allclose(cd.dirichlet_kl(A, B), expected, rtol=1e-10)
    broadcast = tfd.kl_divergence(tfd.Dirichlet(A), tfd.Dirichlet(np.broadcast_to(B[0], A.shape)))
    np.testing.assert_allclose(cd.dirichlet_kl(A, B[0]), broadcast, rtol=1e-10)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cd.gaussian_entropy(STD_Q), tfd.Normal(MEAN_Q, STD_Q).entropy()),
        (cd.laplace_entropy(STD_Q), tfd.Laplace(MEAN_Q, STD_Q).entropy()),
        (cd.categorical_entropy(MEAN_Q), tfd.Categorical(logits=MEAN_Q).entropy()),
        (cd.gamma_entropy(A, B), tfd.Gamma(A, B).entropy()),
        (cd.dirichlet_entropy(A), tfd.Dirichlet(A).entropy()),
    ],
    ids=["gaussian", "laplace", "categorical", "gamma", "dirichlet"],
)
def test_entropies_are_tfps(ours: tf.Tensor, theirs: tf.Tensor) -> None:
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (cd.gaussian_kl, (MEAN_Q, STD_Q, MEAN_P, STD_P)),
        (cd.laplace_kl, (MEAN_Q, STD_Q, MEAN_P, STD_P)),
        (cd.gaussian_laplace_kl, (MEAN_Q, STD_Q, MEAN_P, STD_P)),
        (cd.gamma_kl, (A, B, B, A)),
        (cd.dirichlet_kl, (A, B)),
        (cd.categorical_kl, (MEAN_Q, MEAN_P)),
    ],
)
def test_gradients_agree_with_finite_differences(
    function: Callable[..., tf.Tensor], arguments: tuple[np.ndarray, ...]
) -> None:
    theory, numeric = tf.test.compute_gradient(
        lambda *values: tf.reduce_sum(function(*values)),
        [tf.constant(v[:2, :2]) for v in arguments],
        delta=1e-5,
    )
    for ours, finite in zip(theory, numeric, strict=True):
        # Central differences in float64: truncation delta² times a third derivative of up to 1e4, rounding
        # 1e-10.
        np.testing.assert_allclose(ours, finite, rtol=1e-4, atol=1e-5)


def test_python_numbers_take_the_arrays_dtype_and_mixtures_are_refused() -> None:
    assert cd.gaussian_kl(MEAN_Q, STD_Q, 0.0, 1.0).dtype == tf.float64
    with pytest.raises(DtypeError, match=r"one dtype .*received float32, float64"):
        cd.gaussian_kl(MEAN_Q.astype("float32"), STD_Q, 0.0, 1.0)
    with pytest.raises(DtypeError, match=r"expected float, received int64"):
        cd.gaussian_kl(np.array([1]), np.array([1]), 0.0, 1.0)
