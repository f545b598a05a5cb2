"""Feedback pages, made by nbgrader from ``autograded/`` and the gradebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import ConfigurationError

if TYPE_CHECKING:
    from autograder.nbgrader.classroom import Classroom

_LOG_LINES = 8


def generate(classroom: Classroom, problem_set: str) -> list[Path]:
    """Writes a feedback page for every graded submission.

    nbgrader changes the working directory while it works: call this in the main thread.

    Args:
        classroom: whose class.
        problem_set: which assignment.

    Returns:
        The pages, sorted.

    Raises:
        ConfigurationError: nothing has been graded, or nbgrader refuses; ends with its log.
    """
    from nbgrader.converters import GenerateFeedback
    from nbgrader.utils import capture_log

    if not any(classroom.autograded.glob(f"*/{problem_set}/*.ipynb")):
        raise ConfigurationError(
            "there are pages only for what has been graded",
            where=str(classroom.autograded),
            fix=f"autograder grade {problem_set}",
        )
    coursedir = classroom.coursedir
    coursedir.assignment_id = problem_set
    step = GenerateFeedback(coursedir=coursedir, config=classroom.config)
    step.force = True
    result = capture_log(step)
    if not result["success"]:
        log = (result.get("log") or result.get("error") or "").strip().splitlines()
        raise ConfigurationError(
            "nbgrader did not write the feedback", where=problem_set, received=" / ".join(log[-_LOG_LINES:])
        )
    return sorted(classroom.feedback.glob(f"*/{problem_set}/*.html"))
