"""Is the estimator's mean right, when one call gives one estimate? A sequential test, which stops early."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from autograder.checks import catoni, sketches
from autograder.checks.answers import Answer
from autograder.checks.claim import Claim, Observation, expect_finite, expect_shape, real, register
from autograder.checks.shares import shares_below
from autograder.checks.values import without_leading_axis
from autograder.errors import AuthoringError
from autograder.results import Outcome

RATES = (0.05, 0.15, 0.5)
"""λ·√v of the two-sided evidence, a mixture: small rates find small shifts late, large ones large shifts
early."""

CALLS_LIMIT = 12
"""Multiple of the calls that a correct estimator is designed to need, after which the test ends undecided."""


@register
@dataclass(frozen=True, kw_only=True)
class UnbiasedStream(Claim):
    """Catoni's e-process on estimates that arrive one at a time (Wang & Ramdas 2023).

    For every rate λ and sign, exp(Σψ(±λ(xᵢ − m)) − nλ²v/2) is a supermartingale when the mean is m and the
    variance at most v, and so is their average: it exceeds 1/α at any time with probability at most α (Ville
    1939). The test fails then. It passes as soon as the same kind of evidence rules out, at 1/β, both means
    that are ``shift`` away; a mean that is farther off passes with a probability of at most β.

    After ``max_calls`` without either the test is undecided, and passes unless the noise is far too large.
    Measured on score-function gradients at shift/mean = ½: 0 of 1650 correct runs and 0 of 60 with a mean
    ``shift`` away were undecided, 8 of 60 at half that distance, where the design promises nothing, and 1 of
    60 at three quarters of it.

    Args:
        mean: the true mean, shape () or (d,).
        variance_bound: largest variance of one estimate, safety factor included; the mean's shape.
        shift: in each coordinate the distance from which a wrong mean is to be found; the mean's shape.
        max_calls: calls after which the test ends; it then passes if nothing speaks against the mean.
        alpha: false-fail probability, over all coordinates and all times.
        beta: false-pass probability at ``shift``.
    """

    kind: ClassVar[str] = "unbiased_stream"

    mean: np.ndarray
    variance_bound: np.ndarray
    shift: np.ndarray
    max_calls: int
    alpha: float = catoni.ALPHA
    beta: float = catoni.BETA

    def decide(self, *values: Any) -> Outcome:
        """Calls until one of the two hypotheses is ruled out."""
        draw = values[0]
        mean, bound, shift = (a.reshape(-1) for a in (self.mean, self.variance_bound, self.shift))
        rates = np.array(RATES)[:, None] / np.sqrt(bound)
        design = np.minimum(shift / bound, RATES[-1] / np.sqrt(bound))
        against = np.zeros((2, len(RATES), mean.size))
        for_it = np.zeros((2, mean.size))
        seen: list[np.ndarray] = []
        verdict = "undecided"
        while len(seen) < self.max_calls and verdict == "undecided":
            got = real(without_leading_axis(draw(), self.mean.shape))
            expect_shape(got, self.mean.shape)
            expect_finite(got)
            estimate = got.reshape(-1)
            seen.append(estimate)
            with np.errstate(over="ignore"):
                gap = estimate - mean
                steps = catoni.psi(rates * gap)
                allowed = 0.5 * rates**2 * bound
                against += np.stack([steps - allowed, -steps - allowed])
                # Under a mean m ± shift, ∓(x − m ∓ shift) leans to one side: the evidence against each
                # alternative.
                wrong = np.stack([shift - gap, shift + gap])
                for_it += catoni.psi(design * wrong) - 0.5 * design**2 * bound
            if float(_log_mean_exp(against)) >= math.log(1 / self.alpha):
                verdict = "wrong"
            elif float(for_it.min()) >= math.log(1 / self.beta):
                verdict = "right"
        sample = np.array(seen)
        average = sample.mean(axis=0)
        evidence = {
            "calls": len(seen),
            "estimate": average,
            "mean": mean,
            "log_evidence": float(_log_mean_exp(against)),
            "verdict": verdict,
        }
        if verdict == "wrong":
            evidence["picture"] = self._picture(sample, mean)
            message = f"the mean of {len(seen)} calls is {_numbers(average)}; it should be {_numbers(mean)}"
            return self._outcome(False, message, **evidence)
        if catoni.too_noisy(sample, mean, bound, self.alpha).any():
            message = (
                f"the variance of one estimate is about {_numbers(_variance(sample))}; no correct estimator"
                f" here has more than {_numbers(bound)}, and the mean cannot be told"
            )
            return self._outcome(False, message, **evidence)
        return self._outcome(True, f"the mean is {_numbers(mean)}, as it should be", **evidence)

    @staticmethod
    def _picture(sample: np.ndarray, mean: np.ndarray) -> Any:
        error = sample.std(axis=0) / math.sqrt(len(sample))
        worst = int(np.argmax(np.abs(sample.mean(axis=0) - mean) / np.maximum(error, np.finfo(float).tiny)))
        centre, half = float(sample[:, worst].mean()), 4 * float(error[worst])
        return sketches.histogram(sample[:, worst], float(mean[worst]), centre, half)

    def observe(self, *values: Any) -> Observation | None:
        """The mean of a few hundred calls, and how they spread around the right one."""
        sample = np.array([real(values[0]()).reshape(-1) for _ in range(min(self.max_calls, 200))])
        if sample.ndim != 2 or not np.isfinite(sample).all():
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            seen, error = sample.mean(axis=0), sample.std(axis=0, ddof=1) / math.sqrt(len(sample))
        if sample.shape[1] == self.mean.size:
            spread = self.variance_bound.reshape(-1) / catoni.VARIANCE_SAFETY
            shares, errors = shares_below(sample, self.mean.reshape(-1), spread, coupled=False)
            seen, error = np.append(seen, shares), np.append(error, errors)
        return Observation(seen, error, exact=False)


def unbiased_stream(
    draw: Answer,
    *,
    mean: Any,
    variances: Any,
    shift: Any,
    max_calls: int | None = None,
    label: str = "",
    weight: float = 1.0,
    alpha: float = catoni.ALPHA,
    beta: float = catoni.BETA,
) -> UnbiasedStream:
    """Independent calls of an estimator have the right mean; as many calls as that takes.

    Where draws are cheap (a vectorised function), :func:`autograder.checks.unbiased` with one large call is
    quicker.

    Args:
        draw: ``student.f.bind(arguments)``; every call gives one estimate, of the mean's shape.
        mean: the true mean, scalar or shape (d,).
        variances: variance of one estimate of every correct variant, at least two, as for ``unbiased``.
        shift: distance from which a wrong mean is to be found, > 0; half the distance of the nearest
            registered mistake or less, since that one may have a larger variance.
        max_calls: calls after which the test ends; by default 12 times what a correct estimator is designed
            to need.
        label: what is looked at.
        weight: share of the check's points.
        alpha: false-fail probability.
        beta: false-pass probability at ``shift``.

    Raises:
        AuthoringError: fewer than two variants, or a number is not positive.
    """
    right = np.asarray(mean, dtype=np.float64)
    bank = np.asarray(variances, dtype=np.float64)
    distance = np.broadcast_to(np.asarray(shift, dtype=np.float64), right.shape).copy()
    proper = bank.ndim > 0 and len(bank) >= 2 and bank.shape[1:] == right.shape and np.all(bank > 0)
    if not proper or not np.all(distance > 0):
        raise AuthoringError(
            "unbiased_stream() takes the positive variances of at least two correct variants"
            " and a positive shift",
            received=(bank.tolist(), distance.tolist()),
        )
    bound = catoni.VARIANCE_SAFETY * bank.max(axis=0)
    if max_calls is None:
        # Evidence for the mean grows by λ·shift − λ²v/2 a call, and log(1/β) of it is needed.
        rate = np.minimum(distance / bound, RATES[-1] / np.sqrt(bound))
        drift = float(np.min(rate * distance - 0.5 * rate**2 * bound))
        max_calls = math.ceil(CALLS_LIMIT * math.log(1 / beta) / drift)
    return UnbiasedStream(
        answers=(draw,),
        mean=right,
        variance_bound=np.asarray(bound).reshape(right.shape),
        shift=distance,
        max_calls=max_calls,
        label=label,
        weight=weight,
        alpha=alpha,
        beta=beta,
    )


def _variance(sample: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(sample.var(axis=0))


def _log_mean_exp(values: np.ndarray) -> float:
    top = float(values.max())
    return top + math.log(float(np.mean(np.exp(values - top))))


def _numbers(values: Any) -> str:
    return ", ".join(f"{number:.3g}" for number in np.ravel(values))
