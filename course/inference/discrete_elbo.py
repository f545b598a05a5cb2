"""The evidence lower bound of a discrete latent variable: exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp, rel_entr, xlogy

from course.errors import ArgumentError, ShapeError


@dataclass(frozen=True)
class DiscreteElbo:
    """The ELBO of each example, with the terms of all its forms. All arrays have shape (...), nats.

    Args:
        expected_log_joint: E_q[log p(x, z)].
        entropy: of q.
        expected_log_likelihood: E_q[log p(x|z)].
        kl_to_prior: KL(q ‖ p(z)).
        log_evidence: log p(x).
        kl_to_posterior: KL(q ‖ p(z|x)).
    """

    expected_log_joint: np.ndarray
    entropy: np.ndarray
    expected_log_likelihood: np.ndarray
    kl_to_prior: np.ndarray
    log_evidence: np.ndarray
    kl_to_posterior: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """By definition: expected log-joint plus entropy."""
        return self.expected_log_joint + self.entropy

    @property
    def value_by_evidence(self) -> np.ndarray:
        """By factorisation #1 (GMMs): log evidence less the KL to the posterior. The same number."""
        return self.log_evidence - self.kl_to_posterior

    @property
    def value_by_likelihood(self) -> np.ndarray:
        """By factorisation #2 (VAEs): expected log-likelihood less the KL to the prior. The same number."""
        return self.expected_log_likelihood - self.kl_to_prior


def discrete_elbo(q: Any, log_prior: Any, log_likelihood: Any) -> DiscreteElbo:
    """The exact ELBO of a latent variable with K values.

    ::

        ELBO = Σ_z q(z) log (p(x, z)/q(z))

    Args:
        q: probabilities, shape (..., K), each row summing to 1; zeros are fine.
        log_prior: log p(z), broadcasts to (..., K).
        log_likelihood: log p(x|z), shape (..., K).

    Returns:
        All terms, shape (...).

    Raises:
        ArgumentError: q is not a distribution over the last axis.
        ShapeError: the shapes do not broadcast to q's.

    Example:
        >>> terms = discrete_elbo([0.5, 0.5], np.log([0.5, 0.5]), [-1.0, -3.0])
        >>> float(terms.value)
        -2.0

    Source:
        Batra, "Evidence Lower Bound", "ELBO: Factorization #1 (GMMs)" and "#2 (VAEs)".
    """
    q = np.asarray(q, dtype=np.float64)
    if q.ndim < 1 or np.any(q < 0) or not np.allclose(q.sum(axis=-1), 1.0, rtol=0, atol=1e-9):
        raise ArgumentError(
            "q is a distribution over the last axis",
            expected="entries ≥ 0 whose rows sum to 1",
            received=f"least entry {q.min():.3g}, row sums {np.ravel(q.sum(axis=-1))[:4]}",
            fix="normalise over components, not over examples",
        )
    try:
        prior = np.broadcast_to(np.asarray(log_prior, np.float64), q.shape)
        likelihood = np.broadcast_to(np.asarray(log_likelihood, np.float64), q.shape)
    except ValueError:
        raise ShapeError(
            "log_prior and log_likelihood broadcast to q's shape",
            expected=q.shape,
            received=f"{np.shape(log_prior)} and {np.shape(log_likelihood)}",
        ) from None
    joint = prior + likelihood
    evidence = logsumexp(joint, axis=-1)
    # rel_entr and the masked products take 0·log 0 as 0.
    return DiscreteElbo(
        expected_log_joint=_expect(q, joint),
        entropy=-xlogy(q, q).sum(axis=-1),
        expected_log_likelihood=_expect(q, likelihood),
        kl_to_prior=rel_entr(q, np.exp(prior)).sum(axis=-1),
        log_evidence=evidence,
        kl_to_posterior=rel_entr(q, np.exp(joint - evidence[..., None])).sum(axis=-1),
    )


def _expect(q: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.where(q > 0, q * np.where(q > 0, values, 0.0), 0.0).sum(axis=-1)
