"""Whoever watches a run: what it is told, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.results import Report


@dataclass(frozen=True)
class Line:
    """One submission of a class run, as the result table shows it.

    Args:
        student: nbgrader's id.
        report: the verdict.
        cached: whether an earlier run graded it.
        again: why it was tried a second time, if it was.
    """

    student: str
    report: Report
    cached: bool = False
    again: str = ""


class Observer:
    """Is told of a run as it goes; this one does nothing with it.

    What it raises ends the run; what was graded is kept.
    """

    def began(self, total: int) -> None:
        """The run has begun; ``total`` submissions are known of, more may come."""

    def cluster(self, about: str) -> None:
        """Workers are there; ``about`` is a line on their dashboard."""

    def line(self, line: Line) -> None:
        """A submission is done, and in the gradebook or about to be."""

    def tick(self, total: int, running: Mapping[str, float]) -> None:
        """Some time has passed.

        Args:
            total: submissions known of by now.
            running: seconds since workers began what they are at, by student.
        """
