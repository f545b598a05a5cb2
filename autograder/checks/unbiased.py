"""Is the estimator's mean right?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from autograder.checks import catoni, sketches
from autograder.checks.answers import Answer
from autograder.checks.claim import Claim, Observation, expect_finite, expect_shape, real, register
from autograder.checks.shares import shares_below
from autograder.errors import AuthoringError
from autograder.results import Outcome

GROUP_VARIANCE = 0.5
"""Largest variance of the mean of two independent pairs, in variances of one draw: (1 + ρ)/4, the correlation
ρ inside a pair being at most 1. Four independent draws have half of that."""

EXCESS_VARIANCE = 1.5
"""Multiple of the variance bound from which a rejected estimator is called too noisy, not biased."""


@register
@dataclass(frozen=True, kw_only=True)
class Unbiased(Claim):
    """Catoni's test of the mean of n independent draws; false-fail at most ``alpha`` for every law.

    Args:
        draws: number of draws asked for; the answer has shape (draws,) or (draws, d).
        mean: the true mean, shape () or (d,).
        variance_bound: largest variance of one draw among correct estimators, safety factor included.
        alpha: false-fail probability.
        directions: shape (k, d): projections that are tested beside the coordinates, where registered
            mistakes show best.
        direction_bounds: shape (k,): variance bounds of the projections.
        needed: draws that find each registered mistake with probability 1 − BETA, by name.
        antithetic: whether rows may come in pairs that share their noise, neighbours or from the two halves.
    """

    kind: ClassVar[str] = "unbiased"

    draws: int
    mean: np.ndarray
    variance_bound: np.ndarray
    alpha: float = catoni.ALPHA
    directions: np.ndarray | None = None
    direction_bounds: np.ndarray | None = None
    needed: Mapping[str, int] = field(default_factory=dict)
    antithetic: bool = False

    def shapes(self) -> tuple[tuple[Any, ...] | None, ...]:
        """One draw a row."""
        return ((self.draws, *self.mean.shape),)

    def decide(self, *values: Any) -> Outcome:
        """Tests the coordinates, and the directions if there are any."""
        got = real(values[0])
        expect_shape(got, (self.draws, *self.mean.shape))
        expect_finite(got)
        rows, mean, bound = (
            got.reshape(self.draws, -1),
            self.mean.reshape(-1),
            self.variance_bound.reshape(-1),
        )
        single = rows
        if self.antithetic:
            rows, bound = in_groups(rows), GROUP_VARIANCE * bound
        tested, at, within = rows, mean, bound
        if self.directions is not None and self.direction_bounds is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                tested = np.concatenate([rows, rows @ self.directions.T], axis=1)
            at = np.concatenate([mean, self.directions @ mean])
            share = GROUP_VARIANCE if self.antithetic else 1.0
            within = np.concatenate([bound, share * self.direction_bounds])
        result = catoni.test_mean(tested, at, within, self.alpha)
        estimate, error = result.estimate[: mean.size], result.standard_error[: mean.size]
        evidence: dict[str, Any] = {
            "estimate": estimate,
            "standard_error": error,
            "mean": mean,
            "draws": self.draws,
            "log_evidence": result.log_e,
            "log_threshold": result.log_threshold,
            "detectable_shift": result.detectable[: mean.size],
        }
        if self.needed:
            evidence["draws_needed"] = dict(self.needed)
        with np.errstate(over="ignore", invalid="ignore"):
            sample_variance = single.var(axis=0, ddof=1)
        blind = catoni.too_noisy(rows, mean, bound, self.alpha)
        too_noisy = (
            f"the variance of one draw is about {_numbers(sample_variance)}; no correct estimator"
            f" here has more than {_numbers(self.variance_bound)}"
        )
        if not result.rejected.any():
            if blind.any():
                return self._outcome(False, f"{too_noisy}, and the mean cannot be told", **evidence)
            return self._outcome(True, f"the mean is {_numbers(mean)}, as it should be", **evidence)
        rejected = result.rejected[: mean.size]
        noisy = sample_variance > EXCESS_VARIANCE * self.variance_bound.reshape(-1)
        evidence["picture"] = self._picture(single, mean, estimate, error)
        # A shift that only a direction shows is a bias unless every coordinate is noisy.
        if np.all(noisy[rejected] if rejected.any() else noisy):
            return self._outcome(False, too_noisy, **evidence)
        message = (
            f"the mean of {self.draws} draws is {_numbers(estimate)} ± {_numbers(error)};"
            f" it should be {_numbers(mean)}"
        )
        return self._outcome(False, message, **evidence)

    @staticmethod
    def _picture(rows: np.ndarray, mean: np.ndarray, estimate: np.ndarray, error: np.ndarray) -> Any:
        """The coordinate whose mean is farthest off, with an interval of four standard errors."""
        with np.errstate(all="ignore"):
            worst = int(np.nanargmax(np.abs(estimate - mean) / np.maximum(error, np.finfo(float).tiny)))
        half = 4 * float(error[worst])
        return sketches.histogram(rows[:, worst], float(mean[worst]), float(estimate[worst]), half)

    def observe(self, *values: Any) -> Observation | None:
        """The sample mean, and how the draws spread around the right one."""
        rows = real(values[0])
        if not rows.ndim or len(rows) < 2 or not np.isfinite(rows).all():
            return None
        if np.all(rows == rows[0]):
            # Copies of one draw have no standard error to compare with; ``fresh`` reports them.
            return None
        single, paired = rows, self.antithetic and len(rows) == self.draws
        if paired:
            rows = in_groups(rows)
        with np.errstate(over="ignore", invalid="ignore"):
            seen, error = rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
        if single.shape[1:] == self.mean.shape:
            spread = self.variance_bound.reshape(-1) / catoni.VARIANCE_SAFETY
            shares, errors = shares_below(single.reshape(len(single), -1), self.mean.reshape(-1), spread)
            # Rows that share their noise count for half.
            errors = errors * np.sqrt(2.0) if paired else errors
            seen, error = np.append(seen, shares), np.append(error, errors)
        return Observation(seen, error, exact=False)


def unbiased(
    answer: Answer,
    *,
    draws: int,
    mean: Any,
    variances: Any = None,
    covariances: Any = None,
    mistakes: Mapping[str, Any] | None = None,
    antithetic: bool = False,
    label: str = "",
    weight: float = 1.0,
    alpha: float = catoni.ALPHA,
) -> Unbiased:
    """The answer's rows are independent draws of an estimator with the right mean.

    Args:
        answer: ``draws`` draws, one a row.
        draws: how many were asked for, >= 2.
        mean: the true mean, scalar or shape (d,).
        variances: variance of one draw of every correct variant, a list of scalars or of shape (d,) arrays;
            at least two, because a bound taken from one correct estimator fails another.
        covariances: instead of ``variances``, the covariance of one draw of every correct variant, shape
            (>= 2, d, d).
        mistakes: means that registered mistakes have, by name, each of the mean's shape. With ``covariances``
            each adds the direction C⁻¹(m_k − m), C being the mean covariance, in which that mistake is most
            standard deviations away.
        antithetic: accept draws in pairs that share their noise (ε and −ε), neighbours in the answer or from
            its two halves, besides independent ones; it costs twice the draws, whose number is a multiple
            of 4.
        label: what is looked at.
        weight: share of the check's points.
        alpha: false-fail probability.

    Raises:
        AuthoringError: fewer than two variants, a variance is not positive, a mistake has the true mean, or
            the draws are too few to find a mistake with probability 1 − BETA.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> draws = Answer(lambda: rng.normal(3.0, 2.0, size=2000))
        >>> claim = unbiased(draws, draws=2000, mean=3.0, variances=[4.0, 1.0], mistakes={"halved": 1.5})
        >>> claim.outcome().passed, claim.needed["halved"] < 2000
        (True, True)
    """
    if antithetic and draws % 4:
        raise AuthoringError("antithetic draws are asked for in multiples of 4", received=draws)
    mean = np.asarray(mean, dtype=np.float64)
    bank = _covariances(covariances, mean) if covariances is not None else _diagonals(variances, mean)
    bound = catoni.VARIANCE_SAFETY * np.diagonal(bank, axis1=1, axis2=2).max(axis=0)
    full = covariances is not None
    directions, direction_bounds, needed = _plan(mean, bank, bound, mistakes or {}, alpha, full)
    if antithetic:
        # A quarter as many values, each of half the variance.
        needed = {name: math.ceil(4 * GROUP_VARIANCE * count) for name, count in needed.items()}
    missing = {name: count for name, count in needed.items() if count > draws}
    if missing:
        raise AuthoringError(
            "unbiased() has too few draws to find these mistakes",
            expected=f"at least {max(missing.values())}",
            received=draws,
            fix=f"draw more, or choose a point where {', '.join(missing)} is farther off",
        )
    return Unbiased(
        answers=(answer,),
        draws=draws,
        mean=mean,
        variance_bound=bound.reshape(mean.shape),
        label=label,
        weight=weight,
        alpha=alpha,
        directions=directions,
        direction_bounds=direction_bounds,
        needed=needed,
        antithetic=antithetic,
    )


def in_groups(rows: np.ndarray) -> np.ndarray:
    """Means of rows 2i, 2i+1 and their counterparts in the second half: independent of each other.

    Pairs that share noise stay within a group, be they neighbours, as in (ε₁, −ε₁, ε₂, ...), or in the same
    place of the two halves, as in (ε₁, ε₂, ..., −ε₁, −ε₂, ...).

    Args:
        rows: shape (n, d), n a multiple of 4.
    """
    with np.errstate(over="ignore"):
        halves = rows.reshape(2, len(rows) // 4, 2, -1)
        return np.asarray(halves.mean(axis=(0, 2)))


def _diagonals(variances: Any, mean: np.ndarray) -> np.ndarray:
    bank = np.asarray(variances if variances is not None else [], dtype=np.float64)
    if bank.ndim < 1 or len(bank) < 2 or bank.shape[1:] != mean.shape or not np.all(bank > 0):
        raise AuthoringError(
            "unbiased() takes the positive variances of at least two correct variants,"
            " each of the mean's shape",
            expected=f"shape (>= 2, {mean.shape})",
            received=bank.tolist(),
        )
    return np.stack([np.diag(row.reshape(-1)) for row in bank])


def _covariances(covariances: Any, mean: np.ndarray) -> np.ndarray:
    bank = np.asarray(covariances, dtype=np.float64)
    if (
        bank.ndim != 3
        or len(bank) < 2
        or bank.shape[1:] != (mean.size, mean.size)
        or not np.allclose(bank, bank.transpose(0, 2, 1))
        or not all(np.linalg.eigvalsh(matrix)[0] > -1e-9 * np.trace(matrix) for matrix in bank)
        or not np.all(np.diagonal(bank, axis1=1, axis2=2) > 0)
    ):
        raise AuthoringError(
            "unbiased() takes the covariances of at least two correct variants, symmetric and positive",
            expected=f"shape (>= 2, {mean.size}, {mean.size})",
            received=f"shape {bank.shape}",
        )
    return bank


def _plan(
    mean: np.ndarray,
    bank: np.ndarray,
    bound: np.ndarray,
    mistakes: Mapping[str, Any],
    alpha: float,
    full: bool,
) -> tuple[np.ndarray | None, np.ndarray | None, dict[str, int]]:
    if not mistakes:
        return None, None, {}
    centre = bank.mean(axis=0)
    # A ridge: variants may share a direction in which they do not vary at all.
    centre = centre + 1e-9 * np.trace(centre) / len(centre) * np.eye(len(centre))
    shifts = {
        name: np.asarray(value, np.float64).reshape(-1) - mean.reshape(-1) for name, value in mistakes.items()
    }
    for name, shift in shifts.items():
        if shift.shape != (mean.size,) or not shift.any():
            raise AuthoringError("a mistake's mean has the mean's shape and is not the mean", received=name)
    # A scalar has one direction, which its coordinate already is; and variances alone bound no projection.
    rows = [np.linalg.solve(centre, shift) for shift in shifts.values()] if full and mean.size > 1 else []
    directions = np.array(rows).reshape(-1, mean.size)
    limits = catoni.VARIANCE_SAFETY * np.einsum("ki,vij,kj->vk", directions, bank, directions).max(axis=0)
    count = mean.size + len(directions)
    needed = {}
    for name, shift in shifts.items():
        ways = [*zip(shift, bound, strict=True), *zip(directions @ shift, limits, strict=True)]
        needed[name] = min(catoni.draws_needed(s, v, count, alpha) for s, v in ways if s)
    return (directions, limits, needed) if rows else (None, None, needed)


def _numbers(values: Any) -> str:
    return ", ".join(f"{number:.3g}" for number in np.ravel(values))
