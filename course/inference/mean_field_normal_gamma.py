"""Mean field for a Gaussian of unknown mean and precision."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import digamma, gammaln

from course.inference.arrays import finite_array
from course.inference.mean_field import Factors, MeanFieldResult, mean_field
from course.validation import finite_float, positive_float


@dataclass(frozen=True)
class NormalGammaPrior:
    """Prior of a Gaussian's mean μ and precision τ.

    ::

        τ ~ Gamma(concentration, rate),   μ | τ ~ N(mean, 1/(count·τ))

    Args:
        mean: of μ.
        count: how many observations the prior's mean is worth, > 0.
        concentration: > 0.
        rate: > 0.

    Raises:
        ArgumentError: a number is outside its range.
    """

    mean: float
    count: float
    concentration: float
    rate: float

    def __post_init__(self) -> None:
        finite_float(self.mean, "mean")
        for name in ("count", "concentration", "rate"):
            positive_float(getattr(self, name), name)

    def posterior(self, x: Any) -> NormalGammaPrior:
        """The exact posterior, of the same form.

        Args:
            x: data, shape (n,).

        Source:
            Bishop 2006, section 2.3.6, with both unknown.
        """
        x = finite_array(x, "x", (None,))
        n, average = len(x), x.mean()
        count = self.count + n
        spread = ((x - average) ** 2).sum() + self.count * n * (average - self.mean) ** 2 / count
        return NormalGammaPrior(
            mean=float((self.count * self.mean + n * average) / count),
            count=count,
            concentration=self.concentration + 0.5 * n,
            rate=float(self.rate + 0.5 * spread),
        )

    def log_evidence(self, x: Any) -> float:
        """Log p(x) with μ and τ summed out, nats.

        Args:
            x: data, shape (n,).
        """
        after = self.posterior(x)
        return float(
            gammaln(after.concentration)
            - gammaln(self.concentration)
            + self.concentration * math.log(self.rate)
            - after.concentration * math.log(after.rate)
            + 0.5 * (math.log(self.count) - math.log(after.count))
            - 0.5 * len(x) * math.log(2.0 * math.pi)
        )


def mean_field_normal_gamma(
    x: Any,
    prior: NormalGammaPrior,
    *,
    sweeps: int = 1_000,
    tolerance: float = 1e-12,
    progress: bool | None = None,
) -> MeanFieldResult:
    """Coordinate ascent with q(μ, τ) = N(μ; m, 1/λ) · Gamma(τ; a, b).

    ::

        m = (count·mean + Σx)/(count + n),   λ = (count + n)·a/b
        a = concentration + (n + 1)/2,       b = rate + ½ E_μ[Σ(x − μ)² + count·(μ − mean)²]

    The exact posterior does not factorise, so the ELBO stays below :meth:`NormalGammaPrior.log_evidence`.

    Args:
        x: data, shape (n,).
        prior: of μ and τ.
        sweeps: most passes, ≥ 1.
        tolerance: nats a sweep, > 0.
        progress: whether to draw a bar; None on a terminal only.

    Returns:
        Factors ``"mean"``, a pair (m, λ), and ``"precision"``, a pair (a, b), with the ELBO at every update.

    Raises:
        ArgumentError: a number is outside its range.
        ShapeError: x is not a vector.

    Example:
        >>> run = mean_field_normal_gamma([1.0, 2.0, 3.0], NormalGammaPrior(0.0, 1.0, 1.0, 1.0))
        >>> run.factors["mean"][0], run.converged
        (1.5, True)

    Source:
        Bishop 2006, section 10.1.3, eqs. (10.26) to (10.30).
    """
    x = finite_array(x, "x", (None,))
    n, total = len(x), float(x.sum())
    centre = (prior.count * prior.mean + total) / (prior.count + n)
    a = prior.concentration + 0.5 * (n + 1)

    def squares(m: float, precision: float) -> float:
        """E_μ[Σ(x − μ)² + count·(μ − mean)²]."""
        gaps = ((x - m) ** 2).sum() + prior.count * (m - prior.mean) ** 2
        return float(gaps + (n + prior.count) / precision)

    def update_mean(factors: Factors) -> tuple[float, float]:
        shape, rate = factors["precision"]
        return centre, (prior.count + n) * shape / rate

    def update_precision(factors: Factors) -> tuple[float, float]:
        return a, prior.rate + 0.5 * squares(*factors["mean"])

    def elbo(factors: Factors) -> float:
        (m, precision), (shape, rate) = factors["mean"], factors["precision"]
        expected, expected_log = shape / rate, digamma(shape) - math.log(rate)
        # log p(x, μ | τ), then log p(τ), then the two entropies.
        gaussian = 0.5 * (n + 1) * (expected_log - math.log(2.0 * math.pi)) + 0.5 * math.log(prior.count)
        gaussian -= 0.5 * expected * squares(m, precision)
        gamma = prior.concentration * math.log(prior.rate) - gammaln(prior.concentration)
        gamma += (prior.concentration - 1.0) * expected_log - prior.rate * expected
        entropies = 0.5 * (1.0 + math.log(2.0 * math.pi) - math.log(precision))
        entropies += shape - math.log(rate) + gammaln(shape) + (1.0 - shape) * digamma(shape)
        return float(gaussian + gamma + entropies)

    spread = float(np.var(x)) + 1.0
    return mean_field(
        {"mean": update_mean, "precision": update_precision},
        elbo,
        {"mean": (centre, (prior.count + n) / spread), "precision": (a, a * spread)},
        sweeps=sweeps,
        tolerance=tolerance,
        progress=progress,
    )
