"""A multivariate Gaussian in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from course.inference.arrays import covariance_matrix, finite_array


@dataclass(frozen=True)
class Gaussian:
    """A multivariate Gaussian.

    Args:
        mean: shape (d,).
        covariance: symmetric, positive definite, shape (d, d).

    Raises:
        ArgumentError: the covariance is not one.
        ShapeError: the shapes do not fit.

    Example:
        >>> round(Gaussian([0.0], [[1.0]]).log_prob([0.0]), 4)
        -0.9189
    """

    mean: np.ndarray
    covariance: np.ndarray

    def __post_init__(self) -> None:
        mean = finite_array(self.mean, "mean", (None,))
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "covariance", covariance_matrix(self.covariance, "covariance", len(mean)))

    @property
    def std(self) -> np.ndarray:
        """Marginal standard deviations, shape (d,)."""
        return np.sqrt(np.diag(self.covariance))

    def log_prob(self, x: np.ndarray) -> float:
        """Log-density at one point, nats.

        Args:
            x: shape (d,).
        """
        x = finite_array(x, "x", self.mean.shape)
        factor = np.linalg.cholesky(self.covariance)
        white = linalg.solve_triangular(factor, x - self.mean, lower=True)
        log_det = 2.0 * np.log(np.diag(factor)).sum()
        return float(-0.5 * (white @ white + log_det + len(x) * math.log(2.0 * math.pi)))

    def kl(self, other: Gaussian) -> float:
        """KL(self ‖ other), nats.

        ::

            KL = ½ [tr(C₂⁻¹C₁) − d + (m₂ − m₁)ᵀC₂⁻¹(m₂ − m₁) + log det C₂ − log det C₁]

        Args:
            other: of the same dimension.
        """
        gap = other.mean - finite_array(self.mean, "mean", other.mean.shape)
        factor = linalg.cho_factor(other.covariance, lower=True)
        own = np.linalg.cholesky(self.covariance)
        log_dets = 2.0 * (np.log(np.diag(factor[0])).sum() - np.log(np.diag(own)).sum())
        trace = np.trace(linalg.cho_solve(factor, self.covariance))
        return float(0.5 * (trace - len(gap) + gap @ linalg.cho_solve(factor, gap) + log_dets))
