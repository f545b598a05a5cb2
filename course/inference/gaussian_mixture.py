"""Mixtures of Gaussians with full covariances."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.special import logsumexp

from course.errors import ArgumentError, NumericsError
from course.inference.arrays import finite_array


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of K Gaussians in d dimensions.

    ::

        p(z = k) = weights_k,   p(x | z = k) = N(x; means_k, covariances_k)

    Args:
        weights: shape (K,), > 0, summing to 1.
        means: shape (K, d).
        covariances: shape (K, d, d), symmetric and positive definite.

    Raises:
        ArgumentError: the weights are no distribution.
        NumericsError: a covariance is not positive definite, as when a component sits on one point.
        ShapeError: the shapes do not fit.

    Example:
        >>> mixture = GaussianMixture([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[1.0]]])
        >>> mixture.responsibilities([[2.0]]).round(4).tolist()
        [[0.5, 0.5]]

    Source:
        Bishop 2006, eq. (9.7); Batra, "ELBO: Factorization #1 (GMMs)".
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    def __post_init__(self) -> None:
        means = finite_array(self.means, "means", (None, None))
        count, size = means.shape
        weights = finite_array(self.weights, "weights", (count,))
        if np.any(weights <= 0) or abs(weights.sum() - 1.0) > 1e-9:
            raise ArgumentError(
                "mixture weights are a distribution", expected="positive, summing to 1", received=weights
            )
        covariances = finite_array(self.covariances, "covariances", (count, size, size))
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "means", means)
        object.__setattr__(self, "covariances", covariances)
        object.__setattr__(self, "_factors", _cholesky(covariances))

    def log_prior(self) -> np.ndarray:
        """Log p(z), nats, shape (K,)."""
        return np.log(self.weights)

    def log_likelihoods(self, x: np.ndarray) -> np.ndarray:
        """Log p(x|z) for every component, nats, shape (n, K).

        Args:
            x: shape (n, d).
        """
        size = self.means.shape[1]
        x = finite_array(x, "x", (None, size))
        columns = []
        for mean, factor in zip(self.means, self._factors, strict=True):  # type: ignore[attr-defined]
            white = linalg.solve_triangular(factor, (x - mean).T, lower=True)
            log_det = 2.0 * np.log(np.diag(factor)).sum()
            columns.append(-0.5 * ((white**2).sum(axis=0) + log_det + size * math.log(2.0 * math.pi)))
        return np.stack(columns, axis=1)

    def log_likelihood(self, x: np.ndarray) -> float:
        """Log p(x) summed over examples, nats.

        Args:
            x: shape (n, d).
        """
        return float(logsumexp(self.log_prior() + self.log_likelihoods(x), axis=1).sum())

    def responsibilities(self, x: np.ndarray) -> np.ndarray:
        """p(z|x), shape (n, K), rows summing to 1.

        Args:
            x: shape (n, d).
        """
        joint = self.log_prior() + self.log_likelihoods(x)
        return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))


def _cholesky(covariances: np.ndarray) -> list[np.ndarray]:
    factors = []
    for index, covariance in enumerate(covariances):
        try:
            factors.append(np.linalg.cholesky(covariance))
        except np.linalg.LinAlgError:
            raise NumericsError(
                "every component's covariance is positive definite",
                where=f"component {index}",
                received=f"least eigenvalue {np.linalg.eigvalsh(covariance)[0]:.3g}",
                fix="the component sits on too few points: use fewer components or another start",
            ) from None
    return factors
