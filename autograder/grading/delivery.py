"""One submission's way from its folder to the gradebook, with the journal on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from autograder.errors import ConfigurationError
from autograder.grading.events import Event, EventLog
from autograder.grading.identity import digest_of
from autograder.grading.incoming import id_fault, printable
from autograder.grading.journal import PARTIAL, Entry, Journal, key_of
from autograder.grading.observer import Line
from autograder.grading.work import Work
from autograder.grading.workers import Finished, Task
from autograder.grading.writer import Writer
from autograder.nbgrader.classroom import Classroom

if TYPE_CHECKING:
    from collections.abc import Mapping


class Delivery:
    """Reads submissions and delivers results, for one run.

    Args:
        classroom: whose class.
        work: what is handed in.
        journal: what has been graded.
        writer: of the gradebook; open.
        events: what happens is told here; open.
        versions: what verdicts come from.
        force: take no result from the journal.
    """

    def __init__(
        self,
        classroom: Classroom,
        work: Work,
        journal: Journal,
        writer: Writer,
        events: EventLog,
        versions: Mapping[str, str],
        force: bool,
    ) -> None:
        self._classroom, self._work = classroom, work
        self._journal, self._writer, self._force = journal, writer, force
        self.events, self.versions = events, versions
        settings = classroom.settings
        self._environment = (
            digest_of(versions),
            settings.isolation.value,
            json.dumps(settings.limits.to_mapping(), sort_keys=True),
        )
        self._secret = settings.secret

    def look_at(self, student: str) -> Line | Task:
        """A line when there is a result or a reason already, else what is to be graded."""
        if fault := id_fault(student):
            # Nothing can be kept under such a name, here or in nbgrader.
            self.events.write(Event.NOT_GRADABLE, student=student, reason=fault)
            return Line(printable(student), self._work.not_gradable(fault).report)
        try:
            data, note = self._work.read(self._classroom.submitted / student / self._work.name)
        except ConfigurationError as error:
            return self._without_grade(student, error.rule)
        constants = dict(self._work.of(student, self._secret).constants)
        own = [json.dumps(constants, sort_keys=True)] if constants else []
        key = key_of(student, data, *self._environment, *own)
        known = None if self._force else self._journal.get(key)
        if known is None:
            return Task(student, key, data, note, constants)
        delivered = self._journal.delivered(self._work.name, student)
        if delivered != known.key or not self._writer.has(known):
            self._deliver(known)
        self.events.write(Event.CACHED, student=student, key=key)
        return Line(student, known.report, cached=True)

    def finish(self, done: Finished) -> Line:
        """Keeps a result and delivers it."""
        report = done.report
        if done.again:
            self.events.write(Event.RETRIED, student=done.student, worker=done.worker, reason=done.again)
        if done.notebook is None:
            # Not journalled: a later run tries again.
            return self._without_grade(done.student, report.not_gradable)
        if done.note:
            report = replace(report, notes=(done.note, *report.notes))
        entry = Entry(done.key, done.student, report, done.notebook)
        # First the journal, then the gradebook: a crash in between is made good by the next run.
        self._journal.put(entry)
        self._deliver(entry)
        if report.not_gradable:
            reason = report.not_gradable
            self.events.write(Event.NOT_GRADABLE, student=done.student, reason=reason, key=done.key)
        else:
            self.events.write(
                Event.GRADED,
                student=done.student,
                key=done.key,
                score=report.score,
                points=report.points,
                seconds=round(report.seconds, 3),
                worker=done.worker,
            )
        return Line(done.student, report, again=done.again)

    def flush_if_due(self) -> None:
        """Commits what has waited for others long enough."""
        self._writer.flush_if_due()

    def _deliver(self, entry: Entry) -> None:
        self._writer.write(entry, lambda: self._journal.deliver(entry))

    def _without_grade(self, student: str, reason: str) -> Line:
        graded = self._work.of(student, self._secret).not_gradable(reason)
        # What was delivered before stands no more; the marker must not say that it does.
        self._journal.withdraw(self._work.name, student)
        self._writer.write(Entry("", student, graded.report, graded.text))
        self.events.write(Event.NOT_GRADABLE, student=student, reason=reason)
        return Line(student, graded.report)


def sweep(classroom: Classroom, problem_set: str) -> None:
    """Removes the half-written files that a killed run has left; call it with the classroom's lock held."""
    folders = [classroom.results, classroom.results / "delivered" / problem_set]
    folders += classroom.autograded.glob(f"*/{problem_set}")
    for folder in folders:
        for path in folder.rglob(f".*{PARTIAL}"):
            path.unlink(missing_ok=True)
