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
    """

    kind: ClassVar[str] = "fresh"

    draws: int

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
        """Whether rows repeat, and whether calls do."""
        first, second = (numeric(value) for value in values)
        if first.shape != second.shape or not first.size or not first.ndim:
            raise StudentError("two calls return arrays of different shapes")
        # Both facts, not only the one that the message is about: a constant repeats rows and calls,
        # one draw shared by all rows repeats only rows.
        repeats = [self._repeats_rows(first), self._repeats_calls(first, second)]
        return Observation(np.array(repeats, dtype=np.float64), np.zeros(2), exact=True)

    def _state(self, first: np.ndarray, second: np.ndarray) -> int:
        if self._repeats_rows(first):
            return _SAME_ROW
        return _SAME_CALL if self._repeats_calls(first, second) else _FRESH

    @staticmethod
    def _repeats_rows(first: np.ndarray) -> bool:
        rows = first.reshape(len(first), -1)
        # Sorting rows costs fifty times what sorting numbers does.
        distinct = np.unique(rows[:, 0]) if rows.shape[1] == 1 else np.unique(rows, axis=0)
        return len(distinct) < _DISTINCT * len(rows)

    @staticmethod
    def _repeats_calls(first: np.ndarray, second: np.ndarray) -> bool:
        rows = first.reshape(len(first), -1)
        same = np.mean(np.all(rows == second.reshape(len(second), -1), axis=1))
        return bool(same > 1 - _DISTINCT)


def fresh(first: Answer, second: Answer, *, draws: int, label: str = "", weight: float = 1.0) -> Fresh:
    """Two calls drew independent noise.

    Args:
        first: ``draws`` draws, one a row.
        second: the same call once more.
        draws: how many rows were asked for.
        label: what is looked at.
        weight: share of the check's points.
    """
    return Fresh(answers=(first, second), draws=draws, label=label, weight=weight)
