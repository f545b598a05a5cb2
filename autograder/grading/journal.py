"""What has been graded, on disk: a rerun goes on where the last one stopped."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import NotebookError
from autograder.results import Report

PARTIAL = ".partial"
"""How the name of a file ends that is being written; its first character is a dot."""


@dataclass(frozen=True)
class Entry:
    """One graded submission.

    Args:
        key: what was graded, by what; see :func:`key_of`.
        student: nbgrader's id of the student.
        report: the verdict.
        notebook: text of the executed notebook.
    """

    key: str
    student: str
    report: Report
    notebook: str


def key_of(student: str, data: bytes, *versions: str) -> str:
    """Identity of a grading: the student, the submitted bytes, and the versions of all that judges them."""
    digest = hashlib.sha256(hashlib.sha256(data).digest())
    for part in (student, *versions):
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()


class Journal:
    """A folder with one file for each graded submission, written atomically.

    Args:
        folder: made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Entry | None:
        """The entry of a key; None when there is none or when it cannot be read."""
        try:
            data = json.loads(self._path(key).read_text("utf-8"))
            report = Report.from_json(json.dumps(data["report"]))
            return Entry(key, str(data["student"]), report, _text(data["notebook"]))
        except (OSError, ValueError, KeyError, TypeError, NotebookError):
            # A damaged entry is as good as none: the submission is graded again.
            return None

    def put(self, entry: Entry) -> None:
        """Writes an entry; a crash leaves the old one or the new one, never half of it."""
        text = json.dumps(
            {
                "student": entry.student,
                "report": entry.report.to_dict(),
                "notebook": entry.notebook,
            }
        )
        write_atomically(self._path(entry.key), text.encode())

    def delivered(self, problem_set: str, student: str) -> str:
        """Key of the entry that the gradebook has of a student; empty when it has none."""
        try:
            return self._marker(problem_set, student).read_text("utf-8").strip()
        except OSError:
            return ""

    def students(self, problem_set: str) -> list[str]:
        """Students whose work on a problem set the gradebook has, sorted."""
        folder = self._folder / "delivered" / problem_set
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))

    def deliver(self, entry: Entry) -> None:
        """Notes that the gradebook now has an entry; a note that the machine loses is made again."""
        marker = self._marker(entry.report.problem_set, entry.student)
        marker.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(marker, f"{entry.key}\n".encode(), durable=False)

    def withdraw(self, problem_set: str, student: str) -> None:
        """Notes that the gradebook has no entry of a student any more."""
        self._marker(problem_set, student).unlink(missing_ok=True)

    def _marker(self, problem_set: str, student: str) -> Path:
        return self._folder / "delivered" / problem_set / student

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def write_atomically(path: Path, data: bytes, durable: bool = True) -> None:
    """Replaces a file's content in one step.

    Args:
        path: the file.
        data: its new content.
        durable: whether to wait until it would survive that the machine stops. Without, it survives that
            this process is killed.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=PARTIAL)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
