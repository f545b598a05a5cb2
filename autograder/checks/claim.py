"""A claim: one decision about one answer, described by plain data so that it can be made in two places."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from autograder.checks.answers import Answer
from autograder.checks.values import LEADING_AXIS, without_leading_axis
from autograder.checks.values import expect_finite as expect_finite
from autograder.checks.values import expect_shape as expect_shape
from autograder.checks.values import numeric as numeric
from autograder.checks.values import real as real
from autograder.errors import StudentError
from autograder.results import Outcome


@dataclass(frozen=True)
class Observation:
    """What a claim saw of an answer, in the form in which two answers are compared.

    Args:
        values: float64 array of what was measured.
        spread: per entry, the tolerance of an exact array or the standard error of an estimate; same shape.
        exact: whether ``spread`` is a tolerance (True) or a standard error (False).
    """

    values: np.ndarray
    spread: np.ndarray
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Claim(ABC):
    """Base of all kinds of decision.

    Subclasses are frozen dataclasses whose fields, the answer apart, are plain data: arrays, numbers, text.

    Args:
        answers: the student's answers that the decision is about, in the order of ``decide``'s arguments.
        label: what is looked at, in a few words, for the student.
        weight: share of the check's points, relative to its siblings; > 0.
    """

    kind: ClassVar[str]

    answers: tuple[Answer, ...]
    label: str = ""
    weight: float = 1.0

    @abstractmethod
    def decide(self, *values: Any) -> Outcome:
        """The outcome for the answers' values.

        Raises:
            StudentError: a value cannot be judged (no number, wrong shape); the message is the outcome's.
        """

    @abstractmethod
    def observe(self, *values: Any) -> Observation | None:
        """What diagnosis compares; None when there is nothing to compare."""

    def shapes(self) -> tuple[tuple[Any, ...] | None, ...]:
        """The shape that each answer should have, as for ``without_leading_axis``; None where any will do."""
        return tuple(None for _ in self.answers)

    def _values(self) -> tuple[list[Any], bool]:
        """The answers' values, and whether one of them had an extra leading axis."""
        given = [answer.resolve() for answer in self.answers]
        values = [
            value if shape is None else without_leading_axis(value, shape)
            for value, shape in zip(given, self.shapes(), strict=True)
        ]
        return values, any(a is not b for a, b in zip(given, values, strict=True))

    def outcome(self) -> Outcome:
        """Decides; a missing answer is a failed outcome with the reason as its message."""
        try:
            values, dropped = self._values()
            outcome = self.decide(*values)
            if dropped:
                outcome = replace(outcome, evidence={**outcome.evidence, "note": LEADING_AXIS})
            return outcome
        except StudentError as error:
            return self._outcome(False, str(error))
        except Exception as error:
            # Whatever a hostile value does to the arithmetic costs its sender this outcome and nobody
            # anything else. A slip of ours shows too: the reference fails its own check then.
            return self._outcome(False, f"the result cannot be judged: {type(error).__name__}: {error}")

    def observation(self) -> Observation | None:
        """Observes; None when an answer is missing."""
        try:
            return self.observe(*self._values()[0])
        except Exception:
            return None

    def parameters(self) -> dict[str, Any]:
        """The fields that describe the decision, without the answers."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "answers"}

    def _outcome(self, passed: bool, message: str, **evidence: Any) -> Outcome:
        return Outcome(self.kind, passed, message, self.label, self.weight, evidence=evidence)


_KINDS: dict[str, type[Claim]] = {}


def register(cls: type[Claim]) -> type[Claim]:
    """Makes a kind of claim known to recordings, by its ``kind``."""
    _KINDS[cls.kind] = cls
    return cls


def from_parameters(kind: str, parameters: Mapping[str, Any], answers: tuple[Answer, ...]) -> Claim:
    """The claim that ``Claim.parameters`` described."""
    return _KINDS[kind](answers=answers, **parameters)
