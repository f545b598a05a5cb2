"""How a student's machine compares with the graders', as text and as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.reports.templating import render

if TYPE_CHECKING:
    from autograder.environment import Comparison, Difference


def summary(comparison: Comparison) -> str:
    """One sentence: the same, nearly the same, or what may change results."""
    found = comparison.differences
    if not found:
        return f"This environment is the graders': all {comparison.packages} versions agree."
    if not any(difference.direct for difference in found):
        return (
            f"This environment is as good as the graders': {len(found)} of {comparison.packages} versions"
            " differ, none of a package that the course itself uses."
        )
    return (
        "This environment is not the graders': work that passes here may fail there. "
        "Install what requirements.lock beside the notebook says, in a fresh environment."
    )


def to_text(comparison: Comparison) -> str:
    """The comparison as plain lines."""
    return "\n".join([summary(comparison), *(f"  {_said(d)}" for d in comparison.differences)])


def to_html(comparison: Comparison) -> str:
    """The comparison as a self-contained fragment: inline style, no script, everything escaped."""
    worst = any(difference.direct for difference in comparison.differences)
    return render(
        "environment.html",
        summary=summary(comparison),
        differences=[(d.direct, _said(d)) for d in comparison.differences],
        colour="#cf222e" if worst else "#1a7f37",
    )


def _said(difference: Difference) -> str:
    here = "missing" if difference.here is None else f"{difference.here} here"
    return f"{difference.package}: {here}, {difference.graders} where work is graded"
