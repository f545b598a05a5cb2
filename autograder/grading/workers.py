"""Many submissions at once: Dask's workers grade, the caller receives results as they come."""

from __future__ import annotations

import contextlib
import queue
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.errors import AuthoringError, ConfigurationError
from autograder.grading import remote
from autograder.grading.cluster import Cluster, disconnected
from autograder.grading.events import Event
from autograder.grading.plain import PlainAssignment
from autograder.grading.remote import Request
from autograder.grading.settings import GradingSettings
from autograder.results import Report

if TYPE_CHECKING:
    from distributed import Client

    from autograder.problem_sets import ProblemSet

IN_FLIGHT = 3
"""Submissions handed to the cluster for each worker: none idles, and memory does not grow with the class."""

_EXAMINE_SECONDS = 120.0
_COUNT_SECONDS = 5.0
_TICK_SECONDS = 0.5

Note = Callable[..., None]


@dataclass(frozen=True)
class Task:
    """One submission to grade.

    Args:
        student: nbgrader's id of the student; not told to any worker.
        key: what the journal knows the result by.
        data: the submitted bytes.
        note: what the report has to say about how it was handed in.
        constants: the student's own constants, by name; a worker gets them, and draws none.
    """

    student: str
    key: str
    data: bytes
    note: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """A graded task, without its bytes.

    Args:
        student: nbgrader's id.
        key: as the task has it.
        note: as the task has it.
        report: the verdict.
        notebook: text of the executed notebook; None when the grader or its worker failed on it.
        worker: which one.
        again: why a second try was needed, if one was.
    """

    student: str
    key: str
    note: str
    report: Report
    notebook: str | None
    worker: str = ""
    again: str = ""


@dataclass
class _Handed:
    number: int
    student: str
    key: str
    note: str
    began: float | None = None


class Pool:
    """The workers of one run.

    Args:
        client: of the cluster.
        cluster: what a submission takes there.
        run: the run's name.
        assignment: what is graded; workers open a problem set themselves, by its name.
        versions: what verdicts must come from.
        settings: isolation, limits and secret.
        note: told of every worker that is lost and every submission that is handed on.
    """

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        run: str,
        assignment: ProblemSet | PlainAssignment,
        versions: Mapping[str, str],
        settings: GradingSettings,
        note: Note,
    ) -> None:
        self.client, self._cluster, self._run = client, cluster, run
        self._name, self._versions, self._settings = assignment.name, versions, settings
        self._sent = assignment if isinstance(assignment, PlainAssignment) else assignment.name
        self._note = note
        self._handed: dict[Any, _Handed] = {}
        self._numbers: dict[int, _Handed] = {}
        self._count = 0
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._workers, self._counted = 0, -_COUNT_SECONDS
        client.subscribe_topic(remote.topic(run), self._began)
        client.subscribe_topic("all", self._happened)

    def examine(self) -> None:
        """Asks every worker of the cluster whether it can grade this; who joins later is asked by its tasks.

        Raises:
            ConfigurationError: one has other versions or no sandbox; says which, and what differs.
        """
        asked = {
            address: self.client.submit(
                remote.examine,
                self._run,
                self._sent,
                dict(self._versions),
                self._settings.isolation.value,
                workers=[address],
                pure=False,
                priority=1,
                key=f"examine-{self._run}-{number}",
                resources=dict(self._cluster.resources) or None,
            )
            for number, address in enumerate(self._able())
        }
        # One that does not answer in time is busy, one that goes is lost: what comes later is asked again.
        deadline = time.monotonic() + _EXAMINE_SECONDS
        while asked and time.monotonic() < deadline:
            for address, future in list(asked.items()):
                with contextlib.suppress(TimeoutError), _connected():
                    error = future.exception(timeout=_TICK_SECONDS)
                    del asked[address]
                    if error is not None and not _lost(error):
                        _refuse_if_other(error)
                        raise error
            still = set(self._able()) if asked else set()
            for address in asked.keys() - still:
                asked.pop(address).cancel()
        for future in asked.values():
            future.cancel()

    def close(self) -> None:
        """Takes back what was handed out: a cluster that goes on must not work for nobody."""
        with contextlib.suppress(Exception):  # its connection may be what ended the run
            self.client.unsubscribe_topic("all")
            self.client.cancel(list(self._handed), force=True)
        self._handed.clear()
        self._numbers.clear()

    def students(self) -> set[str]:
        """Whose work is handed out and not back."""
        return {handed.student for handed in self._handed.values()}

    @property
    def in_flight(self) -> int:
        """Submissions that are handed out and not back."""
        return len(self._handed)

    @property
    def room(self) -> int:
        """How many more submissions may be handed out now; >= 0."""
        if time.monotonic() - self._counted > _COUNT_SECONDS:
            self._workers, self._counted = len(self._able()), time.monotonic()
        return max(0, IN_FLIGHT * max(1, self._workers) - self.in_flight)

    def _able(self) -> list[str]:
        with _connected():
            return self._cluster.able(self.client)

    def running(self) -> dict[str, float]:
        """Seconds since a worker has begun it, by student."""
        now = time.monotonic()
        return {h.student: now - h.began for h in list(self._handed.values()) if h.began is not None}

    def hand_out(self, task: Task) -> None:
        """Hands a submission to the cluster."""
        self._count += 1
        request = Request(
            self._run,
            self._count,
            self._sent,
            dict(self._versions),
            task.data,
            self._settings.secret,
            self._settings.isolation.value,
            self._settings.limits.to_mapping(),
            dict(task.constants),
        )
        with warnings.catch_warnings():
            # A submission of some megabytes is what it is.
            warnings.filterwarnings("ignore", message="Sending large graph")
            future = self.client.submit(
                remote.grade,
                request,
                pure=False,
                key=f"grade-{self._run}-{self._count}",
                resources=dict(self._cluster.resources) or None,
            )
        handed = _Handed(self._count, task.student, task.key, task.note)
        self._handed[future] = self._numbers[self._count] = handed
        future.add_done_callback(self._done.put)

    def take(self, seconds: float) -> Finished | None:
        """The next result, in the order in which they are finished; None when there is none in time.

        Raises:
            AuthoringError: the problem set is wrong.
            ConfigurationError: a worker refuses, or the scheduler is lost.
        """
        try:
            future = self._done.get(timeout=seconds)
        except queue.Empty:
            return None
        handed = self._handed.pop(future)
        del self._numbers[handed.number]
        if future.status == "cancelled":
            raise disconnected()
        with _connected():
            if future.status == "error":
                return self._failed(handed, future.exception())
            answer = future.result()
        future.release()
        return Finished(
            handed.student,
            handed.key,
            handed.note,
            Report.from_json(answer["report"]),
            answer["notebook"],
            answer["worker"],
            answer["again"],
        )

    def _failed(self, handed: _Handed, error: BaseException) -> Finished:
        if isinstance(error, (AuthoringError, ConfigurationError)):
            raise error
        _refuse_if_other(error)
        if _lost(error):
            reason = "its workers did not survive it: one after the other ended while grading it"
        else:
            # The grader failed, or kernels did not start: a reason, and the others go on.
            reason = f"the grader failed on it: {type(error).__name__}: {error}"[:500]
        report = Report(self._name, not_gradable=reason)
        return Finished(handed.student, handed.key, handed.note, report, None)

    def _began(self, event: tuple[float, Any]) -> None:
        handed = self._numbers.get(event[1].get("number"))
        if handed is not None:
            handed.began = time.monotonic()

    def _happened(self, event: tuple[float, Any]) -> None:
        message = event[1]
        if not isinstance(message, dict) or message.get("action") != "remove-worker":
            return
        keys = set(message.get("processing-tasks") or ())
        back = [h for h in list(self._numbers.values()) if f"grade-{self._run}-{h.number}" in keys]
        if not back and message.get("expected"):
            return
        self._note(Event.WORKER_LOST, worker=message.get("worker"), submissions=len(back))
        for handed in back:
            handed.began = None
            self._note(Event.RETRIED, student=handed.student, reason="its worker was lost")


@contextlib.contextmanager
def _connected() -> Iterator[None]:
    from concurrent.futures import CancelledError

    try:
        yield
    except TimeoutError:
        raise
    except (OSError, CancelledError) as error:
        raise disconnected() from error


def _lost(error: BaseException) -> bool:
    from distributed import KilledWorker

    return isinstance(error, KilledWorker)


def _refuse_if_other(error: BaseException) -> None:
    """A worker whose grader cannot even read the request has another version of it.

    Raises:
        ConfigurationError: that is so.
    """
    chain: list[BaseException] = [error]
    while (following := chain[-1].__cause__ or chain[-1].__context__) and following not in chain:
        chain.append(following)
    if any(isinstance(e, ImportError) and "autograder" in str(e) for e in chain) or any(
        isinstance(e, AttributeError) and "autograder.grading.remote" in str(e) for e in chain
    ):
        raise ConfigurationError(
            "a worker grades only with the versions that it is asked for",
            where="a worker",
            received=f"a grader that does not know the request ({error})"[:300],
            fix="bring its environment to the coordinator's state, and start the worker again",
        ) from None
