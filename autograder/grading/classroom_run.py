"""Grades a class: what is new goes to the workers, everything ends in one gradebook through one writer."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autograder.errors import ConfigurationError
from autograder.grading.arrivals import Arrivals, Present, Watch
from autograder.grading.cluster import Cluster, dashboard
from autograder.grading.delivery import Delivery, sweep
from autograder.grading.events import Event, EventLog
from autograder.grading.identity import versions_of
from autograder.grading.journal import Journal
from autograder.grading.lock import only_run
from autograder.grading.observer import Line as Line
from autograder.grading.observer import Observer
from autograder.grading.plain import PlainAssignment
from autograder.grading.storing import storing
from autograder.grading.work import Work, work_on
from autograder.grading.workers import Pool, Task
from autograder.grading.writer import Writer
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet
from autograder.sandbox.isolation import require

_TICK_SECONDS = 0.5

Progress = Callable[[Line], None]


@dataclass
class ClassRun:
    """Grades every submission to one problem set.

    Args:
        classroom: where they are and where the results go.
        problem_set: what they are submissions to, of either kind.
        workers: processes on this machine.
        force: grade again what the journal has.
        cluster: where to grade instead of on this machine.
        watch: go on with what arrives, until interrupted.
        settle: seconds that arriving work must not have changed for.
        exclude: students who are left out, beside those of the classroom's configuration.
    """

    classroom: Classroom
    problem_set: ProblemSet | PlainAssignment
    workers: int = 2
    force: bool = False
    cluster: Cluster | None = None
    watch: bool = False
    settle: float = 3.0
    exclude: frozenset[str] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)
    """After a run, or in it: submissions by how they ended."""
    idle: bool = True
    """Whether nothing is being graded, or waits for it, as far as was looked."""

    @cached_property
    def work(self) -> Work:
        """What is handed in, whatever it is graded by."""
        return work_on(self.problem_set)

    def students(self) -> list[str]:
        """Ids of the students who handed something in and are not left out, sorted.

        A link in place of a student's folder counts: it is not looked behind, and gets its reason.
        """
        left_out = self.left_out
        return [student for student in self._handed_in() if student not in left_out]

    @property
    def left_out(self) -> frozenset[str]:
        """Ids of the students who are neither graded nor reported."""
        return self.exclude | self.classroom.excluded

    def excluded(self) -> list[str]:
        """Ids of the students who handed something in and are left out, sorted.

        Raises:
            ConfigurationError: somebody is to be left out of this run who has handed in nothing: a slip of
                the pen would grade the one who was meant.
        """
        handed_in = self._handed_in()
        if unknown := sorted(self.exclude - set(handed_in)):
            raise ConfigurationError(
                "a student who is left out has handed something in",
                where=str(self.classroom.submitted),
                received=", ".join(map(repr, unknown)),
                fix="give the name of the student's folder; c.ExpectedGradient.exclude may name anybody",
            )
        return [student for student in handed_in if student in self.left_out]

    def _handed_in(self) -> list[str]:
        return [
            path.name
            for path in sorted(self.classroom.submitted.iterdir())
            if not path.name.startswith(".")
            and not self.classroom.excludes(path.name)
            and (path.is_symlink() or os.path.lexists(path / self.problem_set.name))
        ]

    @property
    def event_file(self) -> Path:
        """Where it is written down what happened."""
        return self.classroom.results / f"{self.problem_set.name}.events.jsonl"

    def run(self, progress: Progress = lambda line: None) -> list[Line]:
        """Grades, and keeps the lines: for a class that fits into memory with its reports.

        Args:
            progress: told of every submission as it is done.

        Returns:
            One line a student, sorted by student.

        Raises:
            As :meth:`grade`.
        """
        lines = {}

        class Collect(Observer):
            def line(self, line: Line) -> None:
                lines[line.student] = line
                progress(line)

        self.grade(Collect())
        return [lines[student] for student in sorted(lines)]

    def grade(self, observer: Observer) -> None:
        """Grades and writes, and tells ``observer`` of it; keeps nothing that grows with the class but names.

        Raises:
            ConfigurationError: nothing was handed in, the problem set was not released here, another run
                holds the classroom, or a worker has other versions.
            AuthoringError: the problem set is wrong.
            SandboxError: there is no sandbox.
            StorageError: what was graded cannot be written.
        """
        students = self.students()
        if not students and not self.watch:
            raise ConfigurationError(
                "nobody has handed in this problem set",
                expected=f"{self.classroom.submitted}/<student>/{self.problem_set.name}/{self.work.expected}",
            )
        cluster = self.cluster or Cluster(self.workers)
        if not cluster.address:
            # Without a sandbox nobody is graded; that one kernel fails to start is one submission's reason.
            require(self.classroom.settings.isolation)
        self.counts = {}
        arrivals: Arrivals = Present(students)
        if self.watch:
            arrivals = Watch(self.students, self._folder, self.settle)
        with storing(self.classroom.directory), only_run(self.classroom.directory):
            journal = Journal(self.classroom.results)
            sweep(self.classroom, self.problem_set.name)
            with (
                Writer(self.classroom, self.problem_set) as writer,
                EventLog(self.event_file) as events,
                _accounted(events, self.counts),
            ):
                versions = versions_of(self.problem_set)
                events.write(
                    Event.STARTED,
                    problem_set=self.problem_set.name,
                    students=len(students),
                    force=self.force,
                    watch=self.watch,
                    scheduler=cluster.address or f"{cluster.workers} processes",
                    process=os.getpid(),
                    versions=versions,
                )
                delivery = Delivery(self.classroom, self.work, journal, writer, events, versions, self.force)

                def told(line: Line) -> None:
                    name = "cached" if line.cached else "failed" if line.report.not_gradable else "graded"
                    self.counts[name] = self.counts.get(name, 0) + 1
                    observer.line(line)

                observer.began(arrivals.total)
                self._drive(cluster, arrivals, delivery, told, observer)

    def _drive(
        self,
        cluster: Cluster,
        arrivals: Arrivals,
        delivery: Delivery,
        told: Progress,
        observer: Observer,
    ) -> None:
        """Reads a submission when there is room for it: memory does not grow with the class."""
        waiting: list[Task] = []
        pool: Pool | None = None
        with ExitStack() as stack:
            while True:
                # A few tasks are gathered first: no more processes are started than there is work for.
                room = pool.room if pool else 1 if cluster.address else cluster.workers
                busy = pool.students() if pool else {task.student for task in waiting}
                while len(waiting) < room:
                    student = arrivals.next(busy)
                    if student is None:
                        break
                    self.idle = False
                    found = delivery.look_at(student)
                    if isinstance(found, Line):
                        told(found)
                    else:
                        waiting.append(found)
                        busy = {*busy, student}
                if waiting and pool is None:
                    count = cluster.workers if self.watch else min(cluster.workers, len(waiting))
                    pool = stack.enter_context(self._pool(cluster, count, delivery))
                    observer.cluster(dashboard(pool.client))
                for task in waiting:
                    assert pool is not None
                    pool.hand_out(task)
                waiting.clear()
                delivery.flush_if_due()
                self.idle = pool is None or not pool.in_flight
                observer.tick(arrivals.total, pool.running() if pool else {})
                if pool is not None and pool.in_flight:
                    done = pool.take(_TICK_SECONDS)
                    if done is not None:
                        told(delivery.finish(done))
                elif arrivals.ended:
                    return
                else:
                    time.sleep(_TICK_SECONDS)

    @contextmanager
    def _pool(self, cluster: Cluster, workers: int, delivery: Delivery) -> Iterator[Pool]:
        def note(event: Event, **details: object) -> None:
            # Called by Dask's thread, which must not end over a full disk; the run meets it by itself.
            with contextlib.suppress(OSError):
                delivery.events.write(event, **details)

        settings = self.classroom.settings
        with cluster.client(self.problem_set, settings.isolation, workers) as client:
            pool = Pool(
                client,
                cluster,
                delivery.events.run,
                self.problem_set,
                delivery.versions,
                settings,
                note,
            )
            pool.examine()
            try:
                yield pool
            finally:
                pool.close()

    def _folder(self, student: str) -> Path:
        return self.classroom.submitted / student / self.problem_set.name


@contextmanager
def _accounted(events: EventLog, counts: dict[str, int]) -> Iterator[None]:
    """Writes down how a run ends; one that is killed leaves that to the next."""
    try:
        yield
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        with contextlib.suppress(OSError):
            if interrupted:
                events.write(Event.INTERRUPTED, **counts)
            else:
                events.write(Event.FAILED, reason=f"{type(error).__name__}: {error}"[:1000], **counts)
        raise
    events.write(Event.FINISHED, **counts)
