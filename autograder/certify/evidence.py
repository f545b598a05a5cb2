"""How far a wrong result is from right, and how surely a check fails it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.results import Outcome

TOLERANCES, ERRORS, CERTAIN = "tolerances", "standard errors", "certain"


def distance(outcomes: Sequence[Outcome]) -> tuple[float, str]:
    """The largest distance from right among the failed outcomes of one run, and its unit.

    An exact outcome counts in multiples of its tolerance, an estimate in standard errors; what fails without
    a number (a shape, copies of one draw, no gradient) fails for certain.
    """
    found = {unit: value for value, unit in sorted(map(_distance, outcomes)) if unit}
    for unit in (CERTAIN, TOLERANCES, ERRORS):
        if unit in found:
            return found[unit], unit
    return 0.0, ERRORS


def _distance(outcome: Outcome) -> tuple[float, str]:
    evidence = outcome.evidence
    if outcome.passed:
        return 0.0, ""
    if "error_over_bound" in evidence:
        return float(evidence["error_over_bound"]), TOLERANCES
    if "standard_error" in evidence:
        right = evidence["mean"] if "mean" in evidence else evidence["variance"]
        gap = np.abs(np.asarray(evidence["estimate"]) - right)
        error = np.maximum(np.asarray(evidence["standard_error"], np.float64), np.finfo(float).tiny)
        with np.errstate(over="ignore"):  # copies of one draw have no standard error
            return float(np.max(gap / error)), ERRORS
    statistic = _statistic(outcome)
    if statistic is not None:
        # A two-sided normal tail of that probability.
        return math.sqrt(2 * max(statistic[0], 0.0)), ERRORS
    return math.inf, CERTAIN


def miss_probability(runs: Sequence[Sequence[Outcome]]) -> float | None:
    """Probability that a mistake passes, from a normal law fitted to the evidence of its runs.

    The evidence of a statistical outcome is a sum of many independent terms of which none is large. The fit
    reads a probability of 1e-6 off a few dozen runs, where counting needs millions. All outcomes have to pass
    together: the probability is at most the smallest of theirs.

    Args:
        runs: the outcomes of each run.

    Returns:
        None when no outcome has evidence of a fixed number of draws, or the runs differ in their outcomes.
    """
    if len(runs) < 2 or len({len(run) for run in runs}) != 1:
        return None
    best: float | None = None
    for column in zip(*runs, strict=True):
        if all(not o.passed and _statistic(o) is None for o in column):
            return 0.0  # an exact outcome, failed on every input
        pairs = [_statistic(outcome) for outcome in column]
        if any(pair is None for pair in pairs):
            continue
        excess = np.array([value - threshold for value, threshold in pairs if value is not None])  # type: ignore[misc]
        spread = float(excess.std(ddof=1))
        score = float(excess.mean()) / spread if spread else math.copysign(math.inf, float(excess.mean()))
        miss = 0.5 * math.erfc(score / math.sqrt(2))
        best = miss if best is None else min(best, miss)
    return best


def _statistic(outcome: Outcome) -> tuple[float, float] | None:
    """Evidence against correctness on a logarithmic scale, and where the outcome fails."""
    evidence: Any = outcome.evidence
    if "log_threshold" in evidence:
        return float(evidence["log_evidence"]), float(evidence["log_threshold"])
    return None
