"""Is a loss right to differentiate?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from autograder.checks.answers import Answer, Expected
from autograder.checks.claim import register
from autograder.checks.close import Close, close
from autograder.errors import AuthoringError, StudentError
from autograder.results import Outcome


@register
@dataclass(frozen=True, kw_only=True)
class GradientOf(Close):
    """One gradient of ``student.gradient_of``, judged as :class:`Close` judges an array.

    Args:
        by: name of the argument that was differentiated by, for the student.
    """

    kind: ClassVar[str] = "gradient_of"

    by: str = ""

    def decide(self, *values: Any) -> Outcome:
        """No gradient at all is its own message: the path from the argument to the loss is broken."""
        if values[0] is None:
            if not self.expected.any():
                return self._outcome(True, f"the loss does not depend on `{self.by}`, as it should be")
            raise StudentError(
                f"no gradient reaches `{self.by}`: the path from it to the loss is broken"
                " (stop_gradient, .numpy(), a NumPy function, a sample that is not reparameterised?)"
            )
        return super().decide(*values)


def gradient_of(
    answer: Answer,
    expected: Expected | Any,
    *,
    by: str,
    terms: Any = None,
    label: str = "",
    weight: float = 1.0,
    precision: str = "float32",
    sizes: Mapping[str, float] | None = None,
) -> GradientOf:
    """One gradient that the tape found equals the reference's.

    Args:
        answer: one entry of ``student.gradient_of(...)``.
        expected: the same entry of ``reference.gradient_of(...)``, or an array.
        by: name of the argument that was differentiated by.
        terms: Σ|terms| of each entry; by default from the reference's ``<function>_gradient_terms``.
        label: what is looked at.
        weight: share of the check's points.
        precision: coarsest type in which the work may have been done.
        sizes: the inputs' sizes by name, as for ``close``.

    Raises:
        AuthoringError: no terms are known, or they do not fit.

    Example:
        .. code-block:: python

            found = student.gradient_of("loss", mean, log_var, eps, wrt=(0, 1))
            right = reference.gradient_of("loss", mean, log_var, eps, wrt=(0, 1))
            yield gradient_of(found[0], right[0], by="mean")
            yield gradient_of(found[1], right[1], by="log_var")
    """
    if isinstance(expected, Expected) and terms is None and expected.terms is None:
        raise AuthoringError(
            "gradient_of() needs the sum of absolute terms that its tolerance is made of",
            fix="define <function>_gradient_terms in reference.py, or pass terms=",
        )
    claim = close(answer, expected, terms=terms, label=label, weight=weight, precision=precision, sizes=sizes)
    return GradientOf(answers=claim.answers, by=by, **claim.parameters())
