"""Does the function draw new noise, for every row and at every call?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from autograder.checks.answers import Answer
from autograder.checks.claim import Claim, Observation, expect_finite, expect_shape, numeric, register
from autograder.errors import StudentError
from autograder.results import Outcome

_DISTINCT = 0.9
"""Share of distinct rows below which noise is reused. float32 alone makes about n/2²⁴ of them coincide."""

_FRESH, _SAME_CALL, _SAME_ROW = 0, 1, 2


@register
@dataclass(frozen=True, kw_only=True)
class Fresh(Claim):
    """Two calls with the same arguments give different, and within each call distinct, draws.

    Args:
        draws: rows asked for in each call, >= 20.
        discrete: whether the law has few values, so that equal rows say nothing.
        antithetic: whether rows may come in pairs that share their noise.
    """

    kind: ClassVar[str] = "fresh"

    draws: int
    discrete: bool = False
    antithetic: bool = False

    def shapes(self) -> tuple[tuple[Any, ...] | None, ...]:
        """One draw a row."""
        return ((self.draws, ...), (self.draws, ...))

    def decide(self, *values: Any) -> Outcome:
        """Counts repeats within a call, then between the two."""
        first, second = (numeric(value) for value in values)
        for array in (first, second):
            expect_shape(array, (self.draws, *first.shape[1:]))
            expect_finite(array)
        match self._state(first, second):
            case 1:
                return self._outcome(
                    False,
                    "two calls return the same draws; is a seed set, or a generator made,"
                    " inside the function?",
                )
            case 2:
                distinct = len(np.unique(first.reshape(self.draws, -1), axis=0))
                return self._outcome(
                    False,
                    f"{self.draws} draws were asked for, but only {distinct} are distinct;"
                    " every row needs noise of its own",
                    distinct=distinct,
                )
        return self._outcome(True, "every row and every call has noise of its own")

    def observe(self, *values: Any) -> Observation | None:
        """Whether rows repeat, and whether calls do; a constant is seen with its value."""
        first, second = (numeric(value) for value in values)
        if first.shape != second.shape or not first.size or not first.ndim:
            raise StudentError("two calls return arrays of different shapes")
        # Both facts, not only the one that the message is about: a constant repeats rows and calls,
        # one draw shared by all rows repeats only rows.
        repeats = [self._repeats_rows(first), self._repeats_calls(first, second)]
        seen, spread = np.array(repeats, dtype=np.float64), np.zeros(2)
        constant = first.dtype.kind != "c" and np.all(first == first[0]) and np.all(second == first[0])
        if all(repeats) and constant:
            # No noise at all: what is left to compare is the number, in single precision.
            number = first[0].astype(np.float64).reshape(-1)
            seen, spread = np.append(seen, number), np.append(spread, 2.0**-20 * np.abs(number))
        return Observation(seen, spread, exact=True)

    def _state(self, first: np.ndarray, second: np.ndarray) -> int:
        if self._repeats_rows(first):
            return _SAME_ROW
        return _SAME_CALL if self._repeats_calls(first, second) else _FRESH

    def _repeats_rows(self, first: np.ndarray) -> bool:
        rows = first.reshape(len(first), -1)
        if self.discrete:
            return bool(np.all(rows == rows[0]))
        # Sorting rows costs fifty times what sorting numbers does.
        distinct = np.unique(rows[:, 0]) if rows.shape[1] == 1 else np.unique(rows, axis=0)
        # An estimator that is even in the noise gives both of a pair the same value.
        share = _DISTINCT / 2 if self.antithetic else _DISTINCT
        return len(distinct) < share * len(rows)

    def _repeats_calls(self, first: np.ndarray, second: np.ndarray) -> bool:
        if self.discrete:
            return bool(np.array_equal(first, second))
        rows = first.reshape(len(first), -1)
        same = np.mean(np.all(rows == second.reshape(len(second), -1), axis=1))
        return bool(same > 1 - _DISTINCT)


def fresh(
    first: Answer,
    second: Answer,
    *,
    draws: int,
    discrete: bool = False,
    antithetic: bool = False,
    label: str = "",
    weight: float = 1.0,
) -> Fresh:
    """Two calls drew independent noise.

    Args:
        first: ``draws`` draws, one a row.
        second: the same call once more.
        draws: how many rows were asked for.
        discrete: the law has few values. Equal rows then say nothing: only n rows that are all equal, and two
            calls that agree in every row, are repeats. With n rows of a law whose two draws agree with
            probability q, fresh noise looks like a repeat with probability 2·qⁿ at most: ask for n >= 100
            and q <= 0.8.
        antithetic: accept rows in pairs that share their noise.
        label: what is looked at.
        weight: share of the check's points.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> coins = [Answer(lambda c=rng.integers(2, size=100): c) for _ in range(2)]
        >>> fresh(*coins, draws=100, discrete=True).outcome().passed
        True
    """
    return Fresh(
        answers=(first, second),
        draws=draws,
        discrete=discrete,
        antithetic=antithetic,
        label=label,
        weight=weight,
    )
