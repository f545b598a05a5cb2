"""What comes back of a graded submission, whatever it was graded by."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.results import Report


@dataclass(frozen=True)
class GradedWork:
    """A graded submission.

    Args:
        report: the verdict.
        text: the executed notebook or notebooks, in a form of the assignment's own.
        again: why it had to be tried a second time, if it had.
    """

    report: Report
    text: str
    again: str = ""


@dataclass(frozen=True)
class WorkPage:
    """One executed notebook of it.

    Args:
        notebook: nbgrader's name of the notebook.
        text: its ``.ipynb`` text.
        report: the verdict on it.
    """

    notebook: str
    text: str
    report: Report
