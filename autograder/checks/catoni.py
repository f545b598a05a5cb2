"""Tests of a mean that need a variance bound and nothing else (Catoni 2012; Lugosi & Mendelson 2019).

With ψ(y) = sign(y)·log(1 + |y| + y²/2), E[X] = m and Var[X] ≤ v::

    E exp(Σᵢ ψ(λ(Xᵢ − m))) ≤ exp(n λ² v / 2)

so that Σψ ≥ n λ² v/2 + log(1/α) has probability at most α, for every law and every n. Normal, t, χ² and
bootstrap tests have no such guarantee: at the tail probabilities a class needs they fail correct estimators
of skewed laws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from autograder.errors import AuthoringError

ALPHA = 1e-9
"""False-fail probability of one check: 1000 students × 20 checks × 10 tries leave 2e-4 for a class."""

BETA = 1e-3
"""Probability of missing a shift as large as the one the test is designed for."""

VARIANCE_SAFETY = 1.25
"""Factor on the largest variance among the registered correct variants."""


TOO_NOISY = 16.0
"""Multiple of the variance bound from which a mean cannot be judged any more."""

_FAR = 1e100


def psi(y: np.ndarray) -> np.ndarray:
    """Catoni's influence function, elementwise."""
    size = np.abs(y)
    near = np.minimum(size, _FAR)
    value = np.log1p(near + 0.5 * near * near)
    if np.any(size > _FAR):
        # log(1 + s + s²/2) is 2·log(s) − log(2) to double precision long before s² overflows.
        value = value + 2.0 * np.log(np.maximum(np.minimum(size, np.finfo(float).max) / _FAR, 1.0))
    return np.copysign(value, y)


@dataclass(frozen=True)
class MeanTest:
    """Result of :func:`test_mean`.

    Args:
        rejected: per coordinate, whether the mean is ruled out.
        estimate: sample means.
        standard_error: their standard errors, from the sample.
        log_e: natural log of the evidence against the mean, of the coordinate with the most.
        log_threshold: the evidence at which the test rejects, log(2·coordinates / alpha).
        detectable: per coordinate, the shift that is found with probability 1 − BETA when the variance is at
            its bound.
    """

    rejected: np.ndarray
    estimate: np.ndarray
    standard_error: np.ndarray
    log_e: float
    log_threshold: float
    detectable: np.ndarray


def test_mean(
    draws: np.ndarray, mean: np.ndarray, variance_bound: np.ndarray, alpha: float = ALPHA
) -> MeanTest:
    """Two-sided test that independent draws have a given mean.

    Args:
        draws: shape (n, d), one independent draw a row.
        mean: shape (d,).
        variance_bound: shape (d,), > 0: no correct estimator has a larger variance of one draw.
        alpha: false-fail probability over all coordinates together, in (0, 1).

    Returns:
        The verdict by coordinate, with its evidence.

    Raises:
        AuthoringError: a bound is not positive.
    """
    if not np.all(variance_bound > 0):
        raise AuthoringError("a variance bound is positive", received=variance_bound)
    n, d = draws.shape
    threshold = math.log(2 * d / alpha)
    # The λ that makes the allowance λ²nv/2 equal to the threshold, which minimises the detectable shift.
    rate = np.sqrt(2 * threshold / (n * variance_bound))
    with np.errstate(over="ignore", invalid="ignore"):  # draws may be as large as a double gets
        evidence = np.abs(psi(rate * (draws - mean)).sum(axis=0)) - 0.5 * n * rate**2 * variance_bound
        return MeanTest(
            rejected=~(evidence < threshold),  # what cannot be computed does not pass
            estimate=draws.mean(axis=0),
            standard_error=draws.std(axis=0, ddof=1) / math.sqrt(n),
            log_e=float(evidence.max()),
            log_threshold=threshold,
            detectable=detectable_shift(n, variance_bound, d, alpha),
        )


# pytest collects names that start with test_; this one is the library's.
test_mean.__test__ = False  # type: ignore[attr-defined]


def detectable_shift(
    n: int, variance_bound: np.ndarray, coordinates: int = 1, alpha: float = ALPHA, beta: float = BETA
) -> np.ndarray:
    """The smallest shift of the mean that :func:`test_mean` finds with probability at least 1 − beta.

    Catoni's bound for the alternative, E exp(−Σψ(λ(X−m))) ≤ exp(n(−λΔ + λ²(v+Δ²)/2)), gives a quadratic in Δ;
    its smaller root is the shift. It is infinite when n is too small for any.

    Args:
        n: draws.
        variance_bound: variance of one draw, shape (d,).
        coordinates: how many coordinates share alpha.
        alpha: false-fail probability.
        beta: false-pass probability.
    """
    threshold = math.log(2 * coordinates / alpha)
    rate = np.sqrt(2 * threshold / (n * variance_bound))
    # n·λΔ − nλ²(v+Δ²)/2 − log(1/β) ≥ threshold + nλ²v/2
    need = 3 * threshold + math.log(1 / beta)
    a, b = 0.5 * n * rate**2, n * rate
    discriminant = b * b - 4 * a * need
    with np.errstate(invalid="ignore"):
        root = (b - np.sqrt(discriminant)) / (2 * a)
    return np.where(discriminant >= 0, root, np.inf)


def too_noisy(
    draws: np.ndarray, mean: np.ndarray, variance_bound: np.ndarray, alpha: float = ALPHA
) -> np.ndarray:
    """Per coordinate, whether the draws are so much noisier than allowed that :func:`test_mean` is blind.

    ψ grows like a logarithm: balanced draws of ±1e6 around any point hide a wrong mean. The capped squares
    Y = min((X − m)²/(B²v), 1), B = 16, lie in [0, 1]; where Var[X] ≤ B·v their mean is at most 1/B, and
    P(Ȳ ≥ t) ≤ exp(−n·kl(t, 1/B)) holds (Chernoff). An estimator within the bound v has a mean of at most
    1/B², so that n ≥ 60 draws fail it with a probability below alpha/1000.

    Args:
        draws: shape (n, d).
        mean: shape (d,).
        variance_bound: shape (d,), > 0.
        alpha: false-fail probability over all coordinates together.
    """
    n, d = draws.shape
    null = 1.0 / TOO_NOISY
    with np.errstate(over="ignore"):
        capped = np.minimum(((draws - mean) / (TOO_NOISY * np.sqrt(variance_bound))) ** 2, 1.0)
    share = np.clip(capped.mean(axis=0), null, 1.0)
    # x·log(x) is 0 at x = 0: the largest share is 1.
    rest = np.where(share < 1, (1 - share) * np.log(np.maximum(1 - share, 1e-300) / (1 - null)), 0.0)
    divergence = share * np.log(share / null) + rest
    return np.asarray(n * divergence >= math.log(d / alpha))


def draws_needed(
    shift: float, variance_bound: float, coordinates: int = 1, alpha: float = ALPHA, beta: float = BETA
) -> int:
    """How many draws :func:`test_mean` needs to find a shift with probability at least 1 − beta.

    The inverse of :func:`detectable_shift`: with T = log(2·coordinates/alpha), L = log(1/beta) and
    δ² = shift²/v, n is at least (3T + L + Tδ²)² / (2Tδ²).

    Args:
        shift: distance of the wrong mean from the right one, not 0.
        variance_bound: variance of one draw, > 0.
        coordinates: how many coordinates share alpha.
        alpha: false-fail probability.
        beta: false-pass probability.
    """
    threshold = math.log(2 * coordinates / alpha)
    delta2 = shift * shift / variance_bound
    # Beyond δ² = 3 + L/T more shift would ask for more draws, which only shows that the bound has become
    # loose.
    delta2 = min(delta2, 3 + math.log(1 / beta) / threshold)
    return math.ceil(
        (3 * threshold + math.log(1 / beta) + threshold * delta2) ** 2 / (2 * threshold * delta2)
    )
