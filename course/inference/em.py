"""Expectation maximisation for mixtures of Gaussians."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from course.errors import ArgumentError, ShapeError
from course.inference.arrays import finite_array
from course.inference.discrete_elbo import discrete_elbo
from course.inference.gaussian_mixture import GaussianMixture
from course.inference.progress import progress_bar
from course.validation import positive_float, positive_int


@dataclass(frozen=True)
class HalfStep:
    """The state after half an iteration.

    Args:
        iteration: from 1.
        step: ``"E"`` or ``"M"``.
        elbo: of the responsibilities and parameters at hand, summed over examples, nats.
        log_likelihood: of the parameters at hand, nats; equal to ``elbo`` after an E-step.
    """

    iteration: int
    step: str
    elbo: float
    log_likelihood: float


@dataclass(frozen=True)
class EmResult:
    """A fitted mixture.

    Args:
        mixture: after the last M-step.
        responsibilities: of the last E-step, shape (n, K), computed with the parameters before that M-step.
        history: two entries an iteration; ELBOs never fall.
        converged: whether the tolerance was met.
        interrupted: whether the run was stopped by hand.
    """

    mixture: GaussianMixture
    responsibilities: np.ndarray
    history: list[HalfStep]
    converged: bool
    interrupted: bool


def em(
    x: Any,
    start: GaussianMixture | int,
    *,
    steps: int = 200,
    tolerance: float = 1e-8,
    seed: int = 0,
    progress: bool | None = None,
) -> EmResult:
    """Fits a mixture of Gaussians by coordinate ascent on the ELBO, first in q, then in the parameters.

    ::

        E:  q_i(z) = p(z | x_i; θ)              makes the ELBO touch the log-likelihood
        M:  θ = argmax Σ_i E_{q_i}[log p(x_i, z; θ)]

    Args:
        x: data, shape (n, d).
        start: a mixture, or K to start from ``seed_mixture``.
        steps: most iterations, ≥ 1.
        tolerance: stop once an iteration raises the ELBO by less than this, in nats an example, > 0.
        seed: of the start.
        progress: whether to draw a bar; None on a terminal only.

    Returns:
        The fit with the ELBO at every half-step; after an interrupt from the keyboard, what was reached.

    Raises:
        ArgumentError: a number is outside its range.
        NumericsError: a component collapsed.
        ShapeError: x is not a matrix, or there are fewer examples than components.

    Example:
        >>> x = np.concatenate([np.linspace(-3, -2, 20), np.linspace(2, 3, 20)])[:, None]
        >>> sorted(round(float(m), 2) for m in em(x, 2).mixture.means[:, 0])
        [-2.5, 2.5]

    Source:
        Dempster, Laird & Rubin 1977; Neal & Hinton 1998; Batra, "Applying Jensen's inequality".
    """
    x = finite_array(x, "x", (None, None))
    positive_int(steps, "steps")
    positive_float(tolerance, "tolerance")
    mixture = start if isinstance(start, GaussianMixture) else seed_mixture(x, start, seed)
    if mixture.means.shape[1] != x.shape[1]:
        raise ShapeError(
            "the mixture has the data's dimension", expected=x.shape[1], received=mixture.means.shape[1]
        )
    history: list[HalfStep] = []
    responsibilities = mixture.responsibilities(x)
    converged = interrupted = False
    with progress_bar("EM", steps, progress) as advance:
        try:
            for iteration in range(1, steps + 1):
                responsibilities = mixture.responsibilities(x)
                history.append(_look(x, mixture, responsibilities, iteration, "E"))
                mixture = maximise(x, responsibilities)
                history.append(_look(x, mixture, responsibilities, iteration, "M"))
                advance(1, f"ELBO {history[-1].elbo:.6g}")
                # From one E-step to the next: there the ELBO is the log-likelihood.
                if len(history) > 2 and history[-2].elbo - history[-4].elbo < tolerance * len(x):
                    converged = True
                    break
        except KeyboardInterrupt:
            interrupted = True
    return EmResult(mixture, responsibilities, history, converged, interrupted)


def maximise(x: Any, responsibilities: Any) -> GaussianMixture:
    """The M-step: the mixture of greatest expected log-joint.

    ::

        N_k = Σ_i r_ik,   weights_k = N_k/n,   means_k = Σ_i r_ik x_i / N_k,
        covariances_k = Σ_i r_ik (x_i − means_k)(x_i − means_k)ᵀ / N_k      with the new means

    Args:
        x: data, shape (n, d).
        responsibilities: shape (n, K), rows summing to 1, no empty column.

    Raises:
        ArgumentError: a component has no responsibility at all.
        NumericsError: a component collapsed.
        ShapeError: the shapes do not fit.

    Source:
        Bishop 2006, eqs. (9.24) to (9.27).
    """
    x = finite_array(x, "x", (None, None))
    r = finite_array(responsibilities, "responsibilities", (len(x), None))
    counts = r.sum(axis=0)
    if np.any(counts <= 0):
        raise ArgumentError(
            "every component is responsible for something", expected="column sums > 0", received=counts
        )
    means = (r.T @ x) / counts[:, None]
    covariances = []
    for k, mean in enumerate(means):
        centred = x - mean
        covariance = (r[:, k, None] * centred).T @ centred / counts[k]
        covariances.append(0.5 * (covariance + covariance.T))
    return GaussianMixture(counts / counts.sum(), means, np.stack(covariances))


def seed_mixture(x: Any, components: int, seed: int = 0) -> GaussianMixture:
    """A start for EM: k-means centres, one covariance pooled over the clusters, equal weights.

    Single data points would do as means in few dimensions; in many, EM collapses on the outliers among them.

    Args:
        x: data, shape (n, d).
        components: K ≥ 1.
        seed: of k-means.

    Raises:
        ArgumentError: K is not positive.
        NumericsError: the clusters have no spread in some direction.
        ShapeError: fewer examples than components.

    Source:
        Arthur & Vassilvitskii 2007 (k-means++), by scikit-learn.
    """
    x = finite_array(x, "x", (None, None))
    if positive_int(components, "components") > len(x):
        raise ShapeError(
            "there is an example for each component", expected=f"n ≥ {components}", received=len(x)
        )
    with warnings.catch_warnings():
        # Fewer distinct points than components: the covariance below says so as an error.
        warnings.simplefilter("ignore", ConvergenceWarning)
        clusters = KMeans(components, n_init=1, random_state=seed).fit(x)
    residuals = x - clusters.cluster_centers_[clusters.labels_]
    covariance = residuals.T @ residuals / len(x)
    return GaussianMixture(
        np.full(components, 1.0 / components),
        clusters.cluster_centers_,
        np.stack([0.5 * (covariance + covariance.T)] * components),
    )


def _look(x: np.ndarray, mixture: GaussianMixture, q: np.ndarray, iteration: int, step: str) -> HalfStep:
    terms = discrete_elbo(q, mixture.log_prior(), mixture.log_likelihoods(x))
    return HalfStep(iteration, step, float(terms.value.sum()), float(terms.log_evidence.sum()))
