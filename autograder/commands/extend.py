"""The command that gives a student more time: ``extend``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import (
    ClassroomOption,
    ProblemSetArgument,
    console_of_output,
    open_classroom,
)


def extend(
    problem_set: ProblemSetArgument,
    student: Annotated[str, typer.Argument(help="nbgrader's id of the student.")],
    days: Annotated[float, typer.Option(help="Days after the due date; 0 takes an extension back.")] = 0.0,
    hours: Annotated[float, typer.Option(help="Hours on top.")] = 0.0,
    classroom: ClassroomOption = Path(),
) -> None:
    """Give a student more time; a second extension replaces the first."""
    from autograder.errors import ConfigurationError
    from autograder.nbgrader.extensions import extend as grant

    try:
        by = timedelta(days=days, hours=hours)
    except (OverflowError, ValueError):
        raise ConfigurationError(
            "an extension is a time of 0 to 3660 days", received=f"{days} days"
        ) from None
    due = grant(open_classroom(classroom), problem_set, student, by)
    console_of_output().print(f"{student}: {problem_set} is due {due:%Y-%m-%d %H:%M:%S} UTC", markup=False)
