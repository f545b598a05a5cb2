"""The only process that writes to the gradebook and to ``autograded/``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.grading.journal import Entry, write_atomically
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet


class Writer:
    """Delivers journal entries to nbgrader's gradebook and folders.

    Args:
        classroom: whose gradebook.
        problem_set: which assignment.

    Raises:
        ConfigurationError: the assignment was not released in this classroom.
    """

    def __init__(self, classroom: Classroom, problem_set: ProblemSet) -> None:
        self._classroom, self._problem_set = classroom, problem_set
        self._gradebook: Any = None

    def __enter__(self) -> Writer:
        self._gradebook = self._classroom.gradebook(self._problem_set.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gradebook.close()

    def write(self, entry: Entry, delivered: Callable[[], None] = lambda: None) -> None:
        """Writes one submission; writing it twice changes nothing.

        Args:
            entry: the graded submission.
            delivered: called once the gradebook has committed it, and never before.
        """
        import nbformat

        from autograder.nbgrader import gradebook

        name, student = self._problem_set.name, entry.student
        timestamp = self._classroom.timestamp(student, name)
        gradebook.register(self._gradebook, name, student, timestamp, commit=False)
        if entry.report.not_gradable:
            gradebook.save_not_gradable(self._gradebook, entry.report, name, student, name)
        else:
            notebook = nbformat.reads(entry.notebook, as_version=4)
            gradebook.save_report(self._gradebook, entry.report, notebook, name, student, name)
            gradebook.apply_late_policy(self._gradebook, self._classroom.config, name, student, name)
        path = self._page(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, entry.notebook.encode("utf-8", "surrogatepass"))
        self._classroom.keep_for_exchange(student, name, timestamp)
        delivered()

    def has(self, entry: Entry) -> bool:
        """Whether the gradebook and ``autograded/`` still hold the submission."""
        known = self._classroom.has_submission(self._gradebook, self._problem_set.name, entry.student)
        return known and self._page(entry.student).is_file()

    def _page(self, student: str) -> Path:
        name = self._problem_set.name
        return self._classroom.autograded / student / name / f"{name}.ipynb"
