"""Grades a class: what is new goes to the workers, everything ends in one gradebook through one writer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from autograder.errors import ConfigurationError
from autograder.grading.incoming import SUBMISSION_FOLDERS, names_in, read_file
from autograder.grading.journal import Entry, Journal, key_of
from autograder.grading.submission import not_gradable
from autograder.grading.workers import Task, grade_in_parallel
from autograder.grading.writer import Writer
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet
from autograder.results import Report
from autograder.sandbox.isolation import require

Progress = Callable[["Line"], None]


@dataclass(frozen=True)
class Line:
    """One submission of a class run, as the result table shows it.

    Args:
        student: nbgrader's id.
        report: the verdict.
        cached: whether an earlier run graded it.
    """

    student: str
    report: Report
    cached: bool = False


@dataclass
class ClassRun:
    """Grades every submission to one problem set.

    Args:
        classroom: where they are and where the results go.
        problem_set: what they are submissions to.
        workers: processes.
        force: grade again what the journal has.
    """

    classroom: Classroom
    problem_set: ProblemSet
    workers: int = 2
    force: bool = False
    _notes: dict[str, str] = field(default_factory=dict)

    def students(self) -> list[str]:
        """Ids of the students who handed something in, sorted.

        A link in place of a student's folder counts: it is not looked behind, and gets its reason.
        """
        return [
            path.name
            for path in sorted(self.classroom.submitted.iterdir())
            if not path.name.startswith(".")
            and (path.is_symlink() or os.path.lexists(path / self.problem_set.name))
        ]

    def run(self, progress: Progress = lambda line: None) -> list[Line]:
        """Grades, writes, and tells ``progress`` of every submission as it is done.

        Returns:
            One line a student, sorted by student.

        Raises:
            ConfigurationError: nothing was handed in, or the problem set was not released here.
            AuthoringError: the problem set is wrong.
            SandboxError: there is no sandbox.
        """
        students = self.students()
        if not students:
            raise ConfigurationError(
                "nobody has handed in this problem set",
                expected=f"{self.classroom.submitted}/<student>/{self.problem_set.name}/{self.problem_set.name}.ipynb",
            )
        # Without a sandbox nobody is graded; that one kernel fails to start is one submission's reason.
        require(self.classroom.settings.isolation)
        lines = []
        with Writer(self.classroom, self.problem_set) as writer:
            for line in self._lines(students, writer):
                lines.append(line)
                progress(line)
        return sorted(lines, key=lambda line: line.student)

    def _lines(self, students: list[str], writer: Writer) -> Iterator[Line]:
        journal = Journal(self.classroom.results)
        versions = (
            self.problem_set.fingerprint,
            grader_fingerprint(),
            self.classroom.settings.isolation.value,
        )
        new: list[Task] = []
        keys: dict[str, str] = {}
        for student in students:
            try:
                data, note = self._read(student)
            except ConfigurationError as error:
                entry = self._without_grade(student, error.rule)
                writer.write(entry)
                yield Line(student, entry.report)
                continue
            self._notes[student] = note
            keys[student] = key_of(student, data, *versions)
            known = None if self.force else journal.get(keys[student])
            if known is None:
                new.append(Task(student, data))
            else:
                if journal.delivered(self.problem_set.name, student) != known.key or not writer.has(known):
                    writer.write(known, partial(journal.deliver, known))
                yield Line(student, known.report, cached=True)
        if not new:
            return
        settings = self.classroom.settings
        root = str(self.problem_set.root)
        workers = max(1, min(self.workers, len(new)))
        for done in grade_in_parallel(new, self.problem_set.name, root, settings, workers):
            student = done.task.student
            report = done.report
            if self._notes[student]:
                report = replace(report, notes=(self._notes[student], *report.notes))
            if done.notebook is None:
                # Not journalled: a later run tries again.
                entry = self._without_grade(student, report.not_gradable)
                writer.write(entry)
                yield Line(student, entry.report)
                continue
            entry = Entry(keys[student], student, report, done.notebook)
            # First the journal, then the gradebook: a crash in between is made good by the next run.
            journal.put(entry)
            writer.write(entry, partial(journal.deliver, entry))
            yield Line(student, report)

    def _without_grade(self, student: str, reason: str) -> Entry:
        import nbformat

        graded = not_gradable(self.problem_set, reason)
        return Entry("", student, graded.report, nbformat.writes(graded.notebook))

    def _read(self, student: str) -> tuple[bytes, str]:
        folder = self.classroom.submitted / student / self.problem_set.name
        expected = f"{self.problem_set.name}.ipynb"
        names = names_in(folder, SUBMISSION_FOLDERS)
        if expected in names:
            return read_file(folder / expected, SUBMISSION_FOLDERS), ""
        notebooks = [n for n in names if n.endswith(".ipynb") and not n.startswith(".")]
        if len(notebooks) == 1:
            note = f"the notebook was handed in as {notebooks[0]!r}; it was the only one, and was graded"
            return read_file(folder / notebooks[0], SUBMISSION_FOLDERS), note
        found = f"{len(notebooks)} other notebooks" if notebooks else "no notebook"
        raise ConfigurationError(f"there is {found} in the folder, and no {expected}")


def grader_fingerprint() -> str:
    """Identity of this grader and of the library that it runs on."""
    import hashlib
    from importlib.metadata import version

    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    for library in ("numpy", "tensorflow", "keras", "tensorflow-probability"):
        digest.update(f"{library}=={version(library)}\n".encode())
    return digest.hexdigest()
