"""Work is read when there is room for it: what the coordinator holds does not grow with the class."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from autograder.grading import classroom_run, cluster
from autograder.grading.classroom_run import ClassRun
from autograder.grading.cluster import Cluster
from autograder.grading.observer import Observer
from autograder.grading.remote import Request
from autograder.grading.settings import GradingSettings
from autograder.grading.submission import not_gradable
from autograder.grading.suite_work import SuiteWork
from autograder.grading.workers import IN_FLIGHT, Finished, Pool, Task
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet
from autograder.results import Report
from autograder.sandbox.isolation import Isolation

from .conftest import NAME

SIZE = 200_000
"""Bytes of each submission here; fifty of them are ten megabytes."""


class Workers:
    """In place of a cluster: keeps what is handed out, and gives it back in that order."""

    client: Any = None

    def __init__(self, text: str) -> None:
        self.handed: list[Task] = []
        self.text, self.most = text, 0

    def examine(self) -> None: ...

    def close(self) -> None: ...

    def students(self) -> set[str]:
        return {task.student for task in self.handed}

    def running(self) -> dict[str, float]:
        return {}

    @property
    def in_flight(self) -> int:
        return len(self.handed)

    @property
    def room(self) -> int:
        return max(0, 2 * IN_FLIGHT - self.in_flight)

    def hand_out(self, task: Task) -> None:
        self.handed.append(task)
        self.most = max(self.most, self.in_flight)

    def take(self, seconds: float) -> Finished:
        task = self.handed.pop(0)
        return Finished(
            task.student, task.key, task.note, Report(NAME, task.key, isolation="none"), self.text
        )


@pytest.fixture
def workers(tiny: ProblemSet, monkeypatch: pytest.MonkeyPatch) -> Workers:
    import nbformat

    made = Workers(nbformat.writes(not_gradable(tiny, "x").notebook))

    @contextmanager
    def pool(*_: object) -> Iterator[Workers]:
        yield made

    monkeypatch.setattr(ClassRun, "_pool", pool)
    monkeypatch.setattr(classroom_run, "dashboard", lambda client: "")
    # Nothing is written: this is about what is read. Verdicts without checks fit no gradebook.
    monkeypatch.setattr("autograder.grading.writer.Writer.flush", lambda self: self._waiting.clear())
    return made


def test_at_most_a_few_submissions_are_in_memory(
    room: Classroom, tiny: ProblemSet, class_of: Callable[..., list[str]], workers: Workers, monkeypatch: Any
) -> None:
    read, done = [0], [0]
    ahead: list[int] = []

    def reading(self: SuiteWork, folder: Any) -> tuple[bytes, str]:
        read[0] += 1
        ahead.append(read[0] - done[0])
        return bytes(SIZE), ""

    class Count(Observer):
        def line(self, line: Any) -> None:
            done[0] += 1

    monkeypatch.setattr(SuiteWork, "read", reading)

    def peak(students: int, first: int) -> int:
        names = [f"s{index:03}" for index in range(first, first + students)]
        for name in names:
            (room.submitted / name / NAME).mkdir(parents=True)
        monkeypatch.setattr(ClassRun, "students", lambda self: names)
        tracemalloc.start()
        ClassRun(room, tiny, workers=2, force=True).grade(Count())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10, 0)  # imports
    few, many = peak(20, 100), peak(80, 200)
    assert done[0] == 110 and max(ahead) <= 2 * IN_FLIGHT and workers.most == 2 * IN_FLIGHT
    # Sixty more of them would be twelve megabytes.
    assert many - few < 5 * SIZE


def _answer(request: Request) -> dict[str, str]:
    """In place of grading: Dask's worker gives it back at once."""
    report = Report(NAME, str(len(request.data)), isolation="none")
    return {"report": report.to_json(), "notebook": "{}", "worker": "here", "again": ""}


def test_dask_keeps_no_submission_that_is_graded(tiny: ProblemSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own defaults it keeps the last thousand messages to every worker, submissions and all."""
    from distributed import LocalCluster

    monkeypatch.setattr("autograder.grading.remote.grade", _answer)
    settings = GradingSettings(bytes(32), Isolation.NONE)

    def kept(pool: Pool, tasks: int) -> int:
        """Bytes more than before, once so many are done."""
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for number in range(tasks):
            pool.hand_out(Task(f"s{number}", f"k{number}", bytes(SIZE)))
            while (done := pool.take(30.0)) is None:
                pass
            assert done.report.submission == str(SIZE)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before

    # Scheduler, worker and client in this process: whatever one of them keeps is seen.
    cluster._defaults()
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        ) as here,
        Cluster(address=here.scheduler_address).client(tiny, Isolation.NONE, 1) as client,
    ):
        pool = Pool(client, Cluster(), "r", tiny, {}, settings, lambda *_, **__: None)
        tracemalloc.start()
        kept(pool, 40)
        more = kept(pool, 60)
        tracemalloc.stop()
        pool.close()
    # Sixty of them are twelve megabytes.
    assert more < 5 * SIZE
