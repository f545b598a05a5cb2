"""The only process that writes to the gradebook and to ``autograded/``: in batches, and nothing twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.grading.journal import Entry, write_atomically
from autograder.grading.plain import PlainAssignment
from autograder.grading.storage import to_disk
from autograder.grading.work import work_on
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet

BATCH = 32
"""Submissions of one commit, at most: what waits here is in memory with its notebook."""
SECONDS = 2.0
"""How long a submission waits for others, at most, before it is committed."""


@dataclass(frozen=True)
class _Waiting:
    entry: Entry
    timestamp: datetime | None
    delivered: Callable[[], None]


class Writer:
    """Delivers journal entries to nbgrader's gradebook and folders.

    What is written waits for others, a moment. A crash before its commit leaves the gradebook as it was, and
    the next run finds in the journal what has not been delivered.

    Args:
        classroom: whose gradebook.
        problem_set: which assignment.
        batch: submissions of one commit, at most; >= 1.
        seconds: how long one waits for others, at most.

    Raises:
        ConfigurationError: the assignment was not released in this classroom.
    """

    def __init__(
        self,
        classroom: Classroom,
        problem_set: ProblemSet | PlainAssignment,
        batch: int = BATCH,
        seconds: float = SECONDS,
    ) -> None:
        self._classroom, self._work = classroom, work_on(problem_set)
        self._batch, self._seconds = batch, seconds
        self._gradebook: Any = None
        self._waiting: list[_Waiting] = []
        self._since = 0.0
        self._failed = False

    def __enter__(self) -> Writer:
        self._gradebook = self._classroom.gradebook(self._work.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._failed:
                # Of a run that ends over something else, too: what was graded is there for the instructor.
                # After a look-up that failed, nothing can be written before the transaction is given up.
                if error is not None:
                    self._gradebook.db.rollback()
                self.flush()
        finally:
            self._gradebook.close()

    def write(self, entry: Entry, delivered: Callable[[], None] = lambda: None) -> None:
        """Takes one submission to be written with the next batch; writing it twice changes nothing.

        Args:
            entry: the graded submission.
            delivered: called once the gradebook has committed it and its files are written, never before.
        """
        if not self._waiting:
            self._since = time.monotonic()
        timestamp = self._classroom.timestamp(entry.student, self._work.name)
        self._waiting.append(_Waiting(entry, timestamp, delivered))
        if len(self._waiting) >= self._batch:
            self.flush()
        else:
            self.flush_if_due()

    def flush_if_due(self) -> None:
        """Commits what has waited long enough; for whoever waits for results meanwhile."""
        if self._waiting and time.monotonic() - self._since >= self._seconds:
            self.flush()

    def flush(self) -> None:
        """Commits everything that waits.

        Raises:
            ConfigurationError: the assignment was released with other cells or points. Nothing is written.
        """
        if not self._waiting:
            return
        from autograder.nbgrader.gradebook_batch import Handed, Part, save_all

        name = self._work.name
        pages = {id(w): self._work.pages(w.entry.notebook, w.entry.report) for w in self._waiting}
        handed = [
            Handed(
                w.entry.student,
                tuple(Part(page.notebook, page.report, _written(page.text)) for page in pages[id(w)]),
                w.timestamp,
            )
            for w in self._waiting
        ]
        self._failed = True  # until it is done: what failed once is not tried again at the end
        save_all(self._gradebook, self._classroom.config, name, handed)
        for waiting in self._waiting:
            student = waiting.entry.student
            folder = self._folder(student)
            folder.mkdir(parents=True, exist_ok=True)
            for file, data in self._work.beside.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                write_atomically(folder / file, data, durable=False)
            for page in pages[id(waiting)]:
                text = page.text.encode("utf-8", "surrogatepass")
                write_atomically(folder / f"{page.notebook}.ipynb", text, durable=False)
            self._classroom.keep_for_exchange(student, name, waiting.timestamp)
        # Once for all of them, and before anything says that they are there.
        to_disk(self._classroom.autograded)
        done, self._waiting = self._waiting, []
        for waiting in done:
            waiting.delivered()
        self._failed = False

    def has(self, entry: Entry) -> bool:
        """Whether the gradebook and ``autograded/`` still hold the submission."""
        known = self._classroom.has_submission(self._gradebook, self._work.name, entry.student)
        pages = self._work.pages(entry.notebook, entry.report)
        folder = self._folder(entry.student)
        return known and all((folder / f"{page.notebook}.ipynb").is_file() for page in pages)

    def _folder(self, student: str) -> Path:
        return self._classroom.autograded / student / self._work.name


def _written(notebook: str) -> Mapping[str, str]:
    """What stands in each cell that nbgrader knows, by its name, in a notebook that we have written."""
    # Its schema was checked when it was read from the student; to do so again costs more than all the rest.
    written: dict[str, str] = {}
    for cell in json.loads(notebook)["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name:
            source = cell["source"]
            written.setdefault(name, source if isinstance(source, str) else "".join(source))
    return written
