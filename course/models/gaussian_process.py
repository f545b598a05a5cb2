"""Gaussian-process regression through TFP, and draws from a deep Gaussian process."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from tensorflow_probability import distributions as tfd

from course.errors import ArgumentError, ShapeError
from course.validation import positive_float, positive_int


class Predictive(NamedTuple):
    """Predictions at new points.

    Args:
        mean: shape (m,), float64.
        std: of the function without noise, shape (m,), float64.
        log_evidence: log p(y) of the training targets, nats.
    """

    mean: np.ndarray
    std: np.ndarray
    log_evidence: float


def gp_regression(kernel: Any, x: Any, y: Any, x_new: Any, *, noise_variance: float) -> Predictive:
    """Exact regression with a Gaussian process.

    ::

        mean = K*ᵀ (K + noise_variance·I)⁻¹ y
        var  = K** − K*ᵀ (K + noise_variance·I)⁻¹ K*

    Args:
        kernel: a kernel of ``tfp.math.psd_kernels``, :class:`~course.models.ArcCosineKernel` among them.
        x: training points, shape (n, D).
        y: training targets, shape (n,).
        x_new: points to predict at, shape (m, D).
        noise_variance: of the targets, > 0.

    Returns:
        Mean and std at the new points, and the evidence.

    Raises:
        ArgumentError: the variance is not positive.
        ShapeError: shapes do not fit.

    Example:
        >>> from course.models import ArcCosineKernel
        >>> gp_regression(ArcCosineKernel(), [[1.0]], [2.0], [[1.0]], noise_variance=2.0).mean.tolist()
        [1.0]

    Source:
        Rasmussen & Williams 2006, eqs. (2.25), (2.26) and (2.30).
    """
    points, targets, new = (np.asarray(a, np.float64) for a in (x, y, x_new))
    if points.ndim != 2 or targets.shape != points.shape[:1] or not len(targets):
        raise ShapeError(
            "one target a training point",
            expected="x (n, D) and y (n,), n ≥ 1",
            received=f"x {points.shape} and y {targets.shape}",
        )
    if new.ndim != 2 or new.shape[1] != points.shape[1]:
        raise ShapeError(
            "new points have as many coordinates as the training points",
            expected=f"(m, {points.shape[1]})",
            received=new.shape,
        )
    variance = np.float64(positive_float(noise_variance, "noise_variance"))
    process = tfd.GaussianProcess(kernel, points, observation_noise_variance=variance)
    # Without jitter: the noise is enough, and the figures are then exact.
    posterior = tfd.GaussianProcessRegressionModel(
        kernel,
        index_points=new,
        observation_index_points=points,
        observations=targets,
        observation_noise_variance=variance,
        predictive_noise_variance=np.float64(0.0),
        jitter=np.float64(0.0),
    )
    # Rounding may leave a variance just below zero at a training point.
    std = np.sqrt(np.maximum(posterior.variance().numpy(), 0.0))
    return Predictive(posterior.mean().numpy(), std, float(process.log_prob(targets)))


def deep_gp_draws(
    x: Any,
    *,
    layers: int,
    draws: int,
    rng: np.random.Generator,
    length_scale: float = 1.0,
    std: float = 1.0,
) -> np.ndarray:
    """Functions drawn from the prior of a deep Gaussian process: a draw of a draw.

    ::

        h⁰ = x,   hˡ = fˡ(hˡ⁻¹),   fˡ ~ GP(0, k),   k(a, b) = std²·exp(−|a − b|²/(2·length_scale²))

    What training such a model takes is left to its papers; the prior shows what the composition does:
    functions that are flat here and steep there, which no stationary process draws.

    Args:
        x: points on a line, shape (n,).
        layers: ≥ 1; one is a Gaussian process.
        draws: ≥ 1.
        rng: draws the functions.
        length_scale: > 0.
        std: of every layer's outputs, > 0.

    Returns:
        The values of every layer, float64, shape (layers, draws, n).

    Raises:
        ArgumentError: an argument is outside its range, or a point is not finite.
        ShapeError: x is no vector.

    Example:
        >>> deep_gp_draws(np.linspace(-1, 1, 5), layers=2, draws=3, rng=np.random.default_rng(0)).shape
        (2, 3, 5)

    Source:
        Damianou & Lawrence 2013, section 2; Damianou, "From NN to GP".
    """
    points = np.asarray(x, np.float64)
    if points.ndim != 1 or not points.size:
        raise ShapeError("`x` is a vector of points", expected="(n,)", received=points.shape)
    if not np.isfinite(points).all():
        raise ArgumentError("`x` is finite", expected="finite points", received="NaN or infinity")
    scale, std = positive_float(length_scale, "length_scale"), positive_float(std, "std")
    h = np.broadcast_to(points, (positive_int(draws, "draws"), len(points)))
    values = np.empty((positive_int(layers, "layers"), *h.shape))
    for layer in range(layers):
        squared = (h[:, :, None] - h[:, None, :]) ** 2
        kernel = std**2 * np.exp(-0.5 * squared / scale**2)
        # Points close to each other make the kernel singular to rounding: eigenvalues do not mind.
        eigenvalues, vectors = np.linalg.eigh(kernel)
        root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))[:, None, :]
        h = np.einsum("sij,sj->si", root, rng.normal(size=h.shape))
        values[layer] = h
    return values
