"""Is this array right, up to the rounding that any correct route may commit?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from autograder.checks import sketches
from autograder.checks.answers import Answer, Expected
from autograder.checks.claim import Claim, Observation, expect_finite, expect_shape, numeric, register
from autograder.checks.structure import relation
from autograder.errors import AuthoringError, StudentError
from autograder.results import Outcome

SAFETY = 16.0
"""Multiple of the unit roundoff that is allowed. Correct float32 code was seen to need 2.5."""

UNIT_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24}
"""Half the distance from 1 to the next number of a type (Higham 2002, §2.1)."""

UNDERFLOW = {"float64": 2.0**-1022, "float32": 2.0**-126}
"""Absolute error of one result below a type's normal range, where Higham's model has no relative bound;
kernels that flush subnormal numbers to zero commit all of it."""

_DISPLAYED = 4


@register
@dataclass(frozen=True, kw_only=True)
class Close(Claim):
    """``|got − expected| ≤ 16·u·Σ|terms|`` for every entry, u being the unit roundoff of the answer's type.

    The bound is a running-error bound (Higham 2002, §3.3): it grows with the terms that cancel, not with the
    result, so that it fails no correct order of evaluation and leaves no room for a wrong formula.

    Args:
        expected: the reference, float64.
        terms: Σ|terms| behind each entry, float64, >= 0, same shape.
        precision: the coarsest type in which the work may have been done; ``float32`` or ``float64``.
        sizes: the sizes at play, by name, that a constant factor or offset may be named after.
        exact_shape: whether even an extra leading axis of length 1 is wrong.
    """

    kind: ClassVar[str] = "close"

    expected: np.ndarray
    terms: np.ndarray
    precision: str = "float32"
    sizes: Mapping[str, float] = field(default_factory=dict)
    exact_shape: bool = False

    def shapes(self) -> tuple[tuple[Any, ...] | None, ...]:
        """The reference's, unless a further axis is a mistake here."""
        return (None if self.exact_shape else self.expected.shape,)

    def decide(self, *values: Any) -> Outcome:
        """Compares every entry with its bound."""
        got = numeric(values[0])
        if got.dtype == np.float16:
            raise StudentError("the result is float16; compute in float32 or float64")
        expect_shape(got, self.expected.shape)
        expect_finite(got)
        if got.dtype.kind == "c" and not np.iscomplexobj(self.expected):
            raise StudentError("the result is complex, but a real one was asked for")
        with np.errstate(over="ignore"):  # a wrong answer may be as large as a number gets
            error = np.abs(got.astype(self.expected.dtype) - self.expected)
            excess = error / self._tolerance(got.dtype)
            if excess.size == 0 or excess.max() <= 1.0:
                return self._outcome(True, "right", error_over_bound=_max(excess), dtype=str(got.dtype))
            single = error / self._tolerance(np.dtype(np.float32))
        if got.dtype == np.float64 and self.precision == "float32" and single.max() <= 1.0:
            # Doubles that went through a float32 step are right, only coarser; no mistake is that small.
            return self._outcome(
                True, "right, to single precision", error_over_bound=_max(single), dtype="float32"
            )
        worst = tuple(map(int, np.unravel_index(int(np.argmax(excess)), excess.shape)))
        # Plain numbers: NumPy's booleans cannot be formatted with digits.
        number, right = got[worst].item() + 0, self.expected[worst].item()
        wrong = int(np.count_nonzero(excess > 1.0))
        contrast = f"{number:.{_DISPLAYED}g} where {right:.{_DISPLAYED}g} was expected"
        structure = self._structure(got)
        if structure and worst == ():
            message = f"{structure[0].upper()}{structure[1:]}: {contrast}"
        elif structure:
            message = f"{structure[0].upper()}{structure[1:]}; the one at index {worst} is {contrast}"
        elif worst == ():
            message = f"the result is {contrast}"
        else:
            message = f"{wrong} of {excess.size} numbers are off; the worst at index {worst} is {contrast}"
        return self._outcome(
            False,
            message,
            error_over_bound=_max(excess),
            dtype=str(got.dtype),
            wrong=wrong,
            entries=int(excess.size),
            got=number,
            expected=right,
            relation=structure,
            **_pictured(sketches.entries(got, self.expected, excess)),
        )

    def _structure(self, got: np.ndarray) -> str:
        if got.dtype.kind == "c" or np.iscomplexobj(self.expected):
            return ""
        # Doubles first: with their narrow tolerance a relation is no coincidence.
        for dtype in (got.dtype, np.dtype(np.float32)):
            found = relation(got.astype(np.float64), self.expected, self._tolerance(dtype), self.sizes)
            if found or self.precision == "float64":
                return found
        return ""

    def observe(self, *values: Any) -> Observation | None:
        """The entries and their tolerances."""
        got = numeric(values[0])
        single = np.dtype(np.float32)
        tolerance = self._tolerance(got.dtype if got.dtype == single else np.dtype(np.float64))
        if got.shape != self.expected.shape:
            tolerance = np.full(got.shape, tolerance.max() if tolerance.size else 0.0)
        if got.dtype.kind == "c":
            # Observations are real: the two parts side by side.
            got, tolerance = np.stack([got.real, got.imag]), np.stack([tolerance, tolerance])
        return Observation(got.astype(np.float64), tolerance, exact=True)

    def _tolerance(self, dtype: np.dtype[Any]) -> np.ndarray:
        # Integers and booleans are exact: they are judged as doubles.
        name = {"float32": "float32", "complex64": "float32"}.get(dtype.name, "float64")
        return np.asarray(SAFETY * (UNIT_ROUNDOFF[name] * self.terms + UNDERFLOW[name]))


def close(
    answer: Answer,
    expected: Expected | np.ndarray | float,
    *,
    terms: Any = None,
    label: str = "",
    weight: float = 1.0,
    precision: str = "float32",
    sizes: Mapping[str, float] | None = None,
    exact_shape: bool = False,
) -> Close:
    """The answer equals the reference within a forward-error bound.

    Args:
        answer: what the student's function returned.
        expected: what the reference returned.
        terms: Σ|terms| of each entry; by default what the reference says of itself (its ``*_terms``
            function).
        label: what is looked at.
        weight: share of the check's points.
        precision: coarsest type in which the work may have been done.
        sizes: the inputs' sizes by name, as ``{"N": n, "d": d}``, each at least 2: a wrong answer that is
            right up to a constant is told which one.
        exact_shape: whether the shape is part of the exercise, so that even an extra leading axis of length 1
            fails.

    Returns:
        The claim, to be yielded by the check.

    Raises:
        AuthoringError: no terms are known, or their shape is not the expected value's, or one is negative.

    Example:
        >>> close(Answer(lambda: 0.3), 0.1 + 0.2, terms=0.3).outcome().passed
        True
    """
    if isinstance(expected, Expected):
        terms = expected.terms if terms is None else terms
        expected = expected.value
    value = np.asarray(expected)
    value = value.astype(np.complex128 if value.dtype.kind == "c" else np.float64)
    if terms is None:
        raise AuthoringError(
            "close() needs the sum of absolute terms that its tolerance is made of",
            fix="define <function>_terms in reference.py, or pass terms=",
        )
    amounts = np.asarray(terms, dtype=np.float64)
    if amounts.shape != value.shape or not np.all(amounts >= np.abs(value) * (1 - 1e-9)):
        raise AuthoringError(
            "terms has the shape of the expected value and is at least as large as it",
            expected=value.shape,
            received=amounts.shape if amounts.shape != value.shape else "a smaller entry",
        )
    if not np.isfinite(amounts).all():
        raise AuthoringError("the expected value and its terms are finite", fix="choose other inputs")
    if sizes and not all(size >= 2 for size in sizes.values()):
        raise AuthoringError("a declared size is at least 2, or it hides its factor", received=dict(sizes))
    if precision not in ("float32", "float64"):
        raise AuthoringError("precision is float32 or float64", received=precision)
    return Close(
        answers=(answer,),
        expected=value,
        terms=amounts,
        label=label,
        weight=weight,
        precision=precision,
        sizes=dict(sizes or {}),
        exact_shape=exact_shape,
    )


def _pictured(picture: sketches.Picture | None) -> dict[str, Any]:
    return {"picture": picture} if picture else {}


def _max(array: np.ndarray) -> float:
    return float(array.max()) if array.size else 0.0
