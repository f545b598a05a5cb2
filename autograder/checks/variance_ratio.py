"""Does a control variate or a baseline lower the variance as much as it should?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from autograder.checks import catoni, sketches
from autograder.checks.answers import Answer
from autograder.checks.claim import Claim, Observation, expect_finite, expect_shape, real, register
from autograder.checks.shares import shares_below
from autograder.errors import AuthoringError
from autograder.results import Outcome


@register
@dataclass(frozen=True, kw_only=True)
class VarianceRatio(Claim):
    """One-sided Catoni test of E[D] ≤ 0 for D = (h − m)² − r·(h₀ − m)², h and h₀ sharing their noise.

    Pairing removes the noise that both share: D has a fraction of the variance of a quotient of two sample
    variances, whose F test fails correct heavy-tailed estimators hundreds of times too often.

    Args:
        draws: draws asked for in each answer, shape (draws,).
        mean: the common true mean m.
        ratio: r, the largest ratio that passes.
        deviation_variance: largest Var[D] among correct variants, safety factor included.
        plain: the draws h₀ when the trusted side made them; otherwise they are the second answer.
        alpha: false-fail probability for every estimator whose variance ratio is at most r.
    """

    kind: ClassVar[str] = "variance_ratio"

    draws: int
    mean: float
    ratio: float
    deviation_variance: float
    plain: np.ndarray | None = None
    alpha: float = catoni.ALPHA

    def shapes(self) -> tuple[tuple[Any, ...] | None, ...]:
        """One draw a row, in each answer."""
        return tuple((self.draws,) for _ in self.answers)

    def decide(self, *values: Any) -> Outcome:
        """Tests the paired differences."""
        reduced, plain = self._both(values)
        for draws in (reduced, plain):
            expect_shape(draws, (self.draws,))
            expect_finite(draws)
        with np.errstate(over="ignore", invalid="ignore"):
            reduced_variance = float(np.mean((reduced - self.mean) ** 2))
            plain_variance = float(np.mean((plain - self.mean) ** 2))
            differences = self._differences(reduced, plain)
        # One side of a two-sided test at 2·alpha.
        result = catoni.test_mean(
            differences[:, None], np.zeros(1), np.array([self.deviation_variance]), min(1.0, 2 * self.alpha)
        )
        evidence: dict[str, Any] = {
            "variance": reduced_variance,
            "plain_variance": plain_variance,
            "ratio": self.ratio,
            "draws": self.draws,
            "log_evidence": result.log_e,
            "log_threshold": result.log_threshold,
        }
        seen = f"{_share(reduced_variance, plain_variance)} of the plain estimator's"
        if result.rejected[0] and not result.estimate[0] <= 0:
            allowed = self.ratio * plain_variance
            evidence["picture"] = sketches.variance_curve(reduced, self.mean, allowed)
            return self._outcome(
                False, f"the variance is {seen}; it should be at most {self.ratio:.3g} of it", **evidence
            )
        return self._outcome(True, f"the variance is {seen}", **evidence)

    def observe(self, *values: Any) -> Observation | None:
        """The mean of the paired differences, and how they spread."""
        reduced, plain = self._both(values)
        if reduced.shape != plain.shape or reduced.ndim != 1 or len(reduced) < 2:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            differences = self._differences(reduced, plain)
            error = differences.std(ddof=1) / np.sqrt(len(differences))
            mean = differences.mean()
        if not np.isfinite(differences).all():
            return None
        spread = np.array([self.deviation_variance / catoni.VARIANCE_SAFETY])
        shares, errors = shares_below(differences[:, None], np.zeros(1), spread)
        return Observation(np.append(mean, shares), np.append(error, errors), exact=False)

    def _both(self, values: tuple[Any, ...]) -> tuple[np.ndarray, np.ndarray]:
        return real(values[0]), np.asarray(self.plain) if self.plain is not None else real(values[1])

    def _differences(self, reduced: np.ndarray, plain: np.ndarray) -> np.ndarray:
        return np.asarray((reduced - self.mean) ** 2 - self.ratio * (plain - self.mean) ** 2)


def variance_ratio(
    reduced: Answer,
    plain: Answer | np.ndarray,
    *,
    draws: int,
    mean: float,
    ratio: float,
    deviation_variances: Any,
    label: str = "",
    weight: float = 1.0,
    alpha: float = catoni.ALPHA,
) -> VarianceRatio:
    """The variance of ``reduced`` is at most ``ratio`` times that of ``plain``, both from the same noise.

    Args:
        reduced: ``draws`` draws with the control variate.
        plain: the same draws without it: an answer that is judged elsewhere, or an array of the reference's.
        draws: how many were asked for.
        mean: the true mean of both.
        ratio: the largest ratio that passes; above the true one, by a margin that says how good is good
            enough.
        deviation_variances: Var[D], D = (h − m)² − ratio·(h₀ − m)², of at least two correct variants.
        label: what is looked at.
        weight: share of the check's points.
        alpha: false-fail probability.

    Raises:
        AuthoringError: fewer than two variants, or a number is not positive.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=5000)
        >>> halved = Answer(lambda: 0.5 * noise)
        >>> plan = {"draws": 5000, "mean": 0.0, "ratio": 0.5, "deviation_variances": [0.125, 0.1]}
        >>> claim = variance_ratio(halved, noise, **plan)
        >>> claim.outcome().passed
        True
    """
    bank = np.asarray(deviation_variances, dtype=np.float64)
    if bank.ndim != 1 or len(bank) < 2 or not np.all(bank > 0) or not ratio > 0:
        raise AuthoringError(
            "variance_ratio() takes a positive ratio and the positive Var[D] of at least two correct"
            " variants",
            received=(ratio, bank.tolist()),
        )
    given = isinstance(plain, Answer)
    return VarianceRatio(
        answers=(reduced, plain) if isinstance(plain, Answer) else (reduced,),
        draws=draws,
        mean=float(mean),
        ratio=float(ratio),
        deviation_variance=catoni.VARIANCE_SAFETY * float(bank.max()),
        plain=None if given else np.asarray(plain, dtype=np.float64),
        label=label,
        weight=weight,
        alpha=alpha,
    )


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.3g}" if whole > 0 else "an infinite multiple"
