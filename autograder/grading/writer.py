"""The only process that writes to the gradebook and to ``autograded/``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.grading.journal import Entry, write_atomically
from autograder.grading.plain import PlainAssignment
from autograder.grading.work import work_on
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

    def __init__(self, classroom: Classroom, problem_set: ProblemSet | PlainAssignment) -> None:
        self._classroom, self._work = classroom, work_on(problem_set)
        self._gradebook: Any = None

    def __enter__(self) -> Writer:
        self._gradebook = self._classroom.gradebook(self._work.name)
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

        name, student = self._work.name, entry.student
        timestamp = self._classroom.timestamp(student, name)
        gradebook.register(self._gradebook, name, student, timestamp, commit=False)
        pages = self._work.pages(entry.notebook, entry.report)
        for page in pages:
            of = (name, student, page.notebook)
            if page.report.not_gradable:
                gradebook.save_not_gradable(self._gradebook, page.report, *of)
            else:
                notebook = nbformat.reads(page.text, as_version=4)
                gradebook.save_report(self._gradebook, page.report, notebook, *of)
                gradebook.apply_late_policy(self._gradebook, self._classroom.config, *of)
        folder = self._folder(student)
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in self._work.beside.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / file, data)
        for page in pages:
            text = page.text.encode("utf-8", "surrogatepass")
            write_atomically(folder / f"{page.notebook}.ipynb", text)
        self._classroom.keep_for_exchange(student, name, timestamp)
        delivered()

    def has(self, entry: Entry) -> bool:
        """Whether the gradebook and ``autograded/`` still hold the submission."""
        known = self._classroom.has_submission(self._gradebook, self._work.name, entry.student)
        pages = self._work.pages(entry.notebook, entry.report)
        folder = self._folder(entry.student)
        return known and all((folder / f"{page.notebook}.ipynb").is_file() for page in pages)

    def _folder(self, student: str) -> Path:
        return self._classroom.autograded / student / self._work.name
