"""Which registered mistake gives the student's result on the same inputs?

A name is given only when it is the only one that fits. Candidates that cannot be told apart are reported
together: they are algebraic twins, or twins on these inputs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from autograder.checks.claim import Observation

FITS = 1e-3
"""p-value above which a mistake is consistent with an estimate."""

EXCLUDED = 1e-4
"""p-value below which a mistake is ruled out. Between the two it is neither."""

_MATCH = 8.0
"""Multiple of the tolerance within which two exact arrays are the same: both carry rounding errors, and a
mistake's terms can be larger than the reference's. A wrong match still needs an agreement to about
13 digits."""

Observations = Sequence[Observation | None]


def diagnose(student: Observations, bank: Mapping[str, Observations]) -> tuple[str, ...]:
    """Names of the mistakes that explain what was observed.

    Args:
        student: one observation for each claim of the check; None where there was no answer.
        bank: the same for each registered mistake, on the same inputs.

    Returns:
        One name; several when they are twins; none when nothing fits, or when something is neither consistent
        nor ruled out.
    """
    if all(observation is None for observation in student):
        return ()
    p_values = {name: compare(student, observations) for name, observations in bank.items()}
    fits = [name for name, p in p_values.items() if p > FITS]
    undecided = [name for name, p in p_values.items() if EXCLUDED <= p <= FITS]
    return () if undecided else tuple(fits)


def compare(left: Observations, right: Observations) -> float:
    """How well two runs of one check agree, as a p-value: 0 or 1 if exact, of the largest gap if estimated.

    Estimates of one run depend on each other (coordinates of one draw, a mean and a share of the same draws),
    so that their squared gaps add up to no χ². The p-value of the largest gap, times the number of gaps
    (Bonferroni), holds whatever the dependence.
    """
    if len(left) != len(right):
        return 0.0
    largest, gaps = 0.0, 0
    for a, b in zip(left, right, strict=True):
        if (a is None) != (b is None):
            return 0.0
        if a is None or b is None:
            continue
        if a.values.shape != b.values.shape or a.exact != b.exact:
            return 0.0
        with np.errstate(invalid="ignore"):  # two infinities; looked at below
            difference = np.abs(a.values - b.values)
        if a.exact:
            same_gaps = np.array_equal(np.isfinite(a.values), np.isfinite(b.values))
            finite = np.isfinite(difference)
            if not same_gaps or np.any(difference[finite] > _MATCH * np.maximum(a.spread, b.spread)[finite]):
                return 0.0
        else:
            if not all(np.isfinite(side).all() for side in (a.values, a.spread, b.values, b.spread)):
                return 0.0
            error = np.hypot(a.spread, b.spread)
            constant = error == 0
            if np.any(difference[constant] > 0):
                return 0.0
            known = difference[~constant] / error[~constant]
            largest, gaps = max(largest, float(known.max(initial=0.0))), gaps + known.size
    # Both tails of a normal law.
    return min(1.0, gaps * math.erfc(largest / math.sqrt(2))) if gaps else 1.0


def diagnose_pair(
    student: Observations, failed: Sequence[bool], bank: Mapping[str, Observations]
) -> tuple[tuple[str, ...], ...]:
    """Two mistakes at once, each behind outcomes of its own; asked when no single one explains all of them.

    Args:
        student: one observation for each claim of the check.
        failed: which claims failed, in the same order.
        bank: the same for each registered mistake, on the same inputs.

    Returns:
        For each claim the mistake that explains it, as a tuple of one name, empty for the claims that passed;
        nothing at all unless exactly one pair explains every failed claim and neither changes what passed.
    """
    wrong = [i for i, bad in enumerate(failed) if bad]
    if len(wrong) < 2 or any(student[i] is None for i in wrong):
        return ()
    fits: dict[str, frozenset[int]] = {}
    for name, seen in bank.items():
        if len(seen) == len(student):
            fits[name] = frozenset(i for i in range(len(student)) if compare([student[i]], [seen[i]]) > FITS)
    explained = []
    for first, second in combinations(fits, 2):
        # What passed passed because neither mistake touches it, up to the outcomes of the other one.
        covered = fits[first] | fits[second]
        own, other = fits[first] - fits[second], fits[second] - fits[first]
        if len(covered) == len(student) and own & set(wrong) and other & set(wrong):
            explained.append((first, second))
    if len(explained) != 1:
        return ()
    first, second = explained[0]
    return tuple(
        () if i not in wrong else tuple(name for name in (first, second) if i in fits[name])
        for i in range(len(student))
    )
