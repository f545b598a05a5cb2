"""The wide-network limit against random networks and an integral; regression against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from tensorflow_probability import math as tfp_math

from course.errors import ArgumentError, ShapeError
from course.models import ArcCosineKernel, deep_gp_draws, feature_kernel, gp_regression, wide_network

X = np.array([[0.7, -1.1, 0.4], [1.3, 0.2, -0.6], [-0.9, 0.8, 1.7]])


def test_one_hidden_layer_is_the_integral_of_two_relus() -> None:
    # E[max(u, 0)·max(v, 0)] of two correlated normals, integrated by SciPy in place of the closed form.
    weight, bias = 1.7, 0.3
    base = bias + weight * X @ X.T / X.shape[1]
    got = ArcCosineKernel(1, weight_variance=weight, bias_variance=bias).matrix(X, X).numpy()
    for i, j in ((0, 1), (1, 2)):
        a, b = np.sqrt(base[i, i]), np.sqrt(base[j, j])
        rho = base[i, j] / (a * b)

        def inner(u: float, a: float = a, b: float = b, rho: float = rho) -> float:
            # Given u, v is normal: the mean of its positive part is a closed form.
            mean, std = rho * b * u, b * np.sqrt(1 - rho**2)
            z = mean / std
            return a * u * (mean * stats.norm.cdf(z) + std * stats.norm.pdf(z)) * stats.norm.pdf(u)

        expected = bias + weight * integrate.quad(inner, 0, np.inf, epsabs=1e-12)[0]
        assert got[i, j] == pytest.approx(expected, abs=1e-10)
    np.testing.assert_allclose(np.diag(got), bias + weight * np.diag(base) / 2, rtol=1e-14)


@pytest.mark.parametrize("depth", [1, 3])
def test_random_networks_of_any_width_have_the_kernels_covariance(
    depth: int, rng: np.random.Generator
) -> None:
    # Exact only for one hidden layer; for three the width of 64 adds a bias of the order 1/64. 4000 networks:
    # a standard error of 2 % of the scale; 6 of them fail a right kernel once in 10⁸, and see a wrong factor
    # of two or a forgotten bias.
    outputs = wide_network(X, 64, networks=4000, rng=rng, depth=depth, weight_variance=1.6, bias_variance=0.2)
    kernel = ArcCosineKernel(depth, weight_variance=1.6, bias_variance=0.2).matrix(X, X).numpy()
    empirical = outputs.T @ outputs / len(outputs)
    scale = np.sqrt(np.outer(np.diag(kernel), np.diag(kernel)))
    assert np.max(np.abs(empirical - kernel) / scale) < 6 * np.sqrt(2 / 4000) + (
        0.0 if depth == 1 else 3 / 64
    )


def test_the_feature_kernel_is_off_by_one_over_the_root_of_the_width(rng: np.random.Generator) -> None:
    # One hidden layer: the kernel is a mean of `width` independent products, so that its variance is exactly
    # Var[φ(u)φ(u')]·w²/width; on the diagonal E φ⁴ = 3K²/2, less (K/2)², is 5K²/4. 600 networks: the standard
    # error of a variance with these tails is about 10 %; 5 of them.
    for width in (16, 256):
        diagonals = [np.diag(feature_kernel(X, width, rng=rng)) for _ in range(600)]
        base = 2.0 * np.sum(X**2, axis=1) / X.shape[1]
        variance = 2.0**2 * 1.25 * base**2 / width
        np.testing.assert_allclose(np.mean(diagonals, axis=0), base, atol=6 * np.sqrt(variance.max() / 600))
        np.testing.assert_allclose(np.var(diagonals, axis=0) / variance, 1.0, atol=0.5)


def test_the_kernel_is_positive_and_its_gradient_finite_also_on_the_diagonal() -> None:
    kernel = ArcCosineKernel(2, bias_variance=0.1)
    x = tf.constant(np.vstack([X, X[:1], -X[:1]]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        matrix = kernel.matrix(x, x)
        total = tf.reduce_sum(matrix)
    assert np.linalg.eigvalsh(matrix.numpy()).min() > -1e-12
    assert np.isfinite(tape.gradient(total, x).numpy()).all()


def test_regression_is_scikit_learns(rng: np.random.Generator) -> None:
    x, y, new = rng.normal(size=(9, 2)), rng.normal(size=9), rng.normal(size=(5, 2))
    ours = gp_regression(
        tfp_math.psd_kernels.ExponentiatedQuadratic(np.float64(1.0), np.float64(1.3)),
        x,
        y,
        new,
        noise_variance=0.3,
    )
    theirs = GaussianProcessRegressor(RBF(1.3), alpha=0.3, optimizer=None).fit(x, y)
    mean, std = theirs.predict(new, return_std=True)
    np.testing.assert_allclose(ours.mean, mean, atol=1e-10)
    np.testing.assert_allclose(ours.std, std, atol=1e-10)
    # TFP adds a jitter of 1e-6 to the matrix of the evidence.
    assert ours.log_evidence == pytest.approx(theirs.log_marginal_likelihood_value_, abs=1e-4)


def test_a_deep_process_has_the_second_moments_of_its_closed_form(rng: np.random.Generator) -> None:
    # h¹(x) − h¹(x') ~ N(0, s²) with s² = 2(k(0) − k(x − x')), so that the second layer's covariance is
    # E exp(−Δ²/2l²) = (1 + s²/l²)^−½ for std 1.
    x, length = np.array([0.0, 0.4, 1.7]), 0.8
    values = deep_gp_draws(x, layers=2, draws=20_000, rng=rng, length_scale=length)
    first = np.exp(-0.5 * (x[:, None] - x[None]) ** 2 / length**2)
    second = (1 + 2 * (1 - first) / length**2) ** -0.5
    for layer, expected in enumerate((first, second)):
        empirical = values[layer].T @ values[layer] / values.shape[1]
        # A standard error of 1/√20000 times at most √3 (the second layer's tails): 5 of them.
        assert np.max(np.abs(empirical - expected)) < 5 * np.sqrt(3 / 20_000)


def test_bad_arguments_are_refused_in_words(rng: np.random.Generator) -> None:
    with pytest.raises(ArgumentError, match=r"`depth` is a positive integer.*depth=0"):
        ArcCosineKernel(0)
    with pytest.raises(ArgumentError, match=r"variance is not negative.*bias_variance=-1"):
        ArcCosineKernel(1, bias_variance=-1)
    with pytest.raises(ShapeError, match=r"one target a training point.*x \(3, 3\) and y \(2,\)"):
        gp_regression(ArcCosineKernel(), X, [1.0, 2.0], X, noise_variance=1.0)
    with pytest.raises(ShapeError, match=r"as many coordinates.*\(m, 3\).*\(3, 2\)"):
        gp_regression(ArcCosineKernel(), X, [1.0, 2.0, 3.0], X[:, :2], noise_variance=1.0)
    with pytest.raises(ArgumentError, match=r"`noise_variance` is positive.*noise_variance=0"):
        gp_regression(ArcCosineKernel(), X, [1.0, 2.0, 3.0], X, noise_variance=0)
    with pytest.raises(ShapeError, match=r"matrix of points.*\(n, D\).*\(3,\)"):
        wide_network(X[0], 4, networks=2, rng=rng)
    with pytest.raises(ShapeError, match=r"vector of points.*\(3, 3\)"):
        deep_gp_draws(X, layers=1, draws=1, rng=rng)
    with pytest.raises(ArgumentError, match=r"`x` is finite"):
        deep_gp_draws([np.nan], layers=1, draws=1, rng=rng)
