"""Linear-Gaussian models: everything in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from course.inference.arrays import covariance_matrix, finite_array
from course.inference.gaussian import Gaussian


@dataclass(frozen=True)
class GaussianElbo:
    """The ELBO of one observation under a Gaussian q, with the terms of both factorisations.

    Args:
        expected_log_likelihood: E_q[log p(x|z)], nats.
        kl_to_prior: KL(q ‖ p(z)), nats.
        log_evidence: log p(x), nats.
        kl_to_posterior: KL(q ‖ p(z|x)), nats.
    """

    expected_log_likelihood: float
    kl_to_prior: float
    log_evidence: float
    kl_to_posterior: float

    @property
    def value(self) -> float:
        """By factorisation #2 (VAEs): expected log-likelihood less the KL to the prior."""
        return self.expected_log_likelihood - self.kl_to_prior

    @property
    def value_by_evidence(self) -> float:
        """By factorisation #1 (GMMs): log evidence less the KL to the posterior. The same number."""
        return self.log_evidence - self.kl_to_posterior


class LinearGaussian:
    """A Gaussian prior seen through a linear map with Gaussian noise.

    ::

        z ~ N(m, P),   x | z ~ N(A z + b, R)

    Args:
        prior: of z, dimension d.
        weights: A, shape (k, d).
        bias: b, shape (k,).
        noise_covariance: R, shape (k, k).

    Raises:
        ArgumentError: R is not symmetric and positive definite.
        ShapeError: the shapes do not fit.

    Example:
        >>> model = LinearGaussian(Gaussian([0.0], [[1.0]]), [[1.0]], [0.0], [[1.0]])
        >>> model.posterior([2.0]).mean.round(4).tolist()
        [1.0]

    Source:
        Bishop 2006, eqs. (2.113) to (2.117).
    """

    def __init__(self, prior: Gaussian, weights: Any, bias: Any, noise_covariance: Any) -> None:
        self.prior = prior
        self.weights = finite_array(weights, "weights", (None, len(prior.mean)))
        self.bias = finite_array(bias, "bias", (len(self.weights),))
        self.noise_covariance = covariance_matrix(noise_covariance, "noise_covariance", len(self.weights))

    def marginal(self) -> Gaussian:
        """p(x) = N(A m + b, A P Aᵀ + R)."""
        spread = self.weights @ self.prior.covariance @ self.weights.T
        return Gaussian(
            self.weights @ self.prior.mean + self.bias, _symmetric(spread + self.noise_covariance)
        )

    def posterior(self, x: Any) -> Gaussian:
        """p(z|x) = N(m + K (x − A m − b), (P⁻¹ + AᵀR⁻¹A)⁻¹) with the gain K.

        Args:
            x: one observation, shape (k,).
        """
        x = finite_array(x, "x", self.bias.shape)
        precision = self.precision()
        factor = linalg.cho_factor(precision, lower=True)
        noise = linalg.cho_factor(self.noise_covariance, lower=True)
        residual = x - self.weights @ self.prior.mean - self.bias
        pull = self.weights.T @ linalg.cho_solve(noise, residual)
        covariance = linalg.cho_solve(factor, np.eye(len(precision)))
        return Gaussian(self.prior.mean + linalg.cho_solve(factor, pull), _symmetric(covariance))

    def precision(self) -> np.ndarray:
        """Of the posterior: P⁻¹ + AᵀR⁻¹A, shape (d, d); the same for every x."""
        prior = linalg.cho_solve(linalg.cho_factor(self.prior.covariance), np.eye(len(self.prior.mean)))
        noise = linalg.cho_factor(self.noise_covariance)
        return _symmetric(prior + self.weights.T @ linalg.cho_solve(noise, self.weights))

    def log_evidence(self, x: Any) -> float:
        """Log p(x), nats.

        Args:
            x: one observation, shape (k,).
        """
        return self.marginal().log_prob(x)

    def elbo(self, x: Any, q: Gaussian) -> GaussianElbo:
        """The exact ELBO of a Gaussian q.

        ::

            E_q[log p(x|z)] = log N(x; A m_q + b, R) − ½ tr(AᵀR⁻¹A C_q)

        Args:
            x: one observation, shape (k,).
            q: over z.

        Source:
            Batra, "ELBO: Factorization #1" and "#2".
        """
        x = finite_array(x, "x", self.bias.shape)
        noise = linalg.cho_factor(self.noise_covariance, lower=True)
        residual = x - self.weights @ q.mean - self.bias
        log_det = 2.0 * np.log(np.diag(noise[0])).sum()
        spread = np.trace(self.weights.T @ linalg.cho_solve(noise, self.weights) @ q.covariance)
        quadratic = residual @ linalg.cho_solve(noise, residual)
        likelihood = -0.5 * (quadratic + spread + log_det + len(x) * math.log(2.0 * math.pi))
        return GaussianElbo(
            expected_log_likelihood=float(likelihood),
            kl_to_prior=q.kl(self.prior),
            log_evidence=self.log_evidence(x),
            kl_to_posterior=q.kl(self.posterior(x)),
        )


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    # Products of three matrices round asymmetrically.
    return 0.5 * (matrix + matrix.T)
