"""Has the estimator the variance that it should have?"""

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
class Variance(Claim):
    """Catoni's test of E[(g − μ)²] on n independent draws, μ known.

    The squared deviations have variance (κ − 1)V², κ being the kurtosis; χ² and F tests assume κ = 3 and fail
    correct heavy-tailed estimators hundreds of times too often.

    Args:
        draws: number of draws asked for; the answer has shape (draws,).
        mean: the true mean μ.
        variance: the variance V of one draw, > 0.
        kurtosis: E[(g − μ)⁴]/V², > 1; the largest among correct variants.
        alpha: false-fail probability.
    """

    kind: ClassVar[str] = "variance"

    draws: int
    mean: float
    variance: float
    kurtosis: float
    alpha: float = catoni.ALPHA

    def shapes(self) -> tuple[tuple[Any, ...] | None, ...]:
        """One draw a row."""
        return ((self.draws,),)

    def decide(self, *values: Any) -> Outcome:
        """Tests the mean of the squared deviations."""
        got = real(values[0])
        expect_shape(got, (self.draws,))
        expect_finite(got)
        with np.errstate(over="ignore"):
            squares = (got - self.mean) ** 2
        bound = catoni.VARIANCE_SAFETY * (self.kurtosis - 1) * self.variance**2
        result = catoni.test_mean(squares[:, None], np.array([self.variance]), np.array([bound]), self.alpha)
        estimate = float(result.estimate[0])
        evidence: dict[str, Any] = {
            "estimate": estimate,
            "standard_error": float(result.standard_error[0]),
            "variance": self.variance,
            "draws": self.draws,
            "log_evidence": result.log_e,
            "log_threshold": result.log_threshold,
            "detectable_ratio": 1 + float(result.detectable[0]) / self.variance,
        }
        if not result.rejected.any():
            return self._outcome(
                True, f"the variance of one draw is {self.variance:.3g}, as it should be", **evidence
            )
        evidence["picture"] = sketches.variance_curve(got, self.mean, self.variance)
        much = "larger" if estimate > self.variance else "smaller"
        message = (
            f"the variance of one draw is about {estimate:.3g}; it should be {self.variance:.3g},"
            f" so yours is {much}"
        )
        return self._outcome(False, message, **evidence)

    def observe(self, *values: Any) -> Observation | None:
        """The mean squared deviation, and how the draws spread around the right mean."""
        got = real(values[0]).reshape(-1)
        if len(got) < 2 or not np.isfinite(got).all():
            return None
        if np.all(got == got[0]):
            # Copies of one draw have no standard error to compare with; ``fresh`` reports them.
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            squares = (got - self.mean) ** 2
            seen, error = squares.mean(), squares.std(ddof=1) / np.sqrt(len(got))
        shares, errors = shares_below(got[:, None], np.array([self.mean]), np.array([self.variance]))
        return Observation(np.append(seen, shares), np.append(error, errors), exact=False)


def variance(
    answer: Answer,
    *,
    draws: int,
    mean: float,
    variance: float,
    kurtosis: float,
    label: str = "",
    weight: float = 1.0,
    alpha: float = catoni.ALPHA,
) -> Variance:
    """The answer's entries are independent draws of the right variance.

    Args:
        answer: ``draws`` draws, shape (draws,).
        draws: how many were asked for.
        mean: the true mean.
        variance: the true variance of one draw, > 0.
        kurtosis: E[(g − mean)⁴]/variance², the largest among correct variants, > 1.
        label: what is looked at.
        weight: share of the check's points.
        alpha: false-fail probability.

    Raises:
        AuthoringError: a moment is impossible.
    """
    if not (variance > 0 and kurtosis > 1):
        raise AuthoringError(
            "variance() takes a positive variance and a kurtosis above 1", received=(variance, kurtosis)
        )
    return Variance(
        answers=(answer,),
        draws=draws,
        mean=float(mean),
        variance=float(variance),
        kurtosis=float(kurtosis),
        label=label,
        weight=weight,
        alpha=alpha,
    )
