"""Many submissions at once: Dask workers grade, the caller receives results as they come."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import AuthoringError, ConfigurationError
from autograder.grading.ready import ready
from autograder.grading.settings import GradingSettings
from autograder.results import Report

if TYPE_CHECKING:
    from autograder.problem_sets import ProblemSet

_IN_FLIGHT = 3
"""Submissions handed to the cluster for each worker: none idles, and memory does not grow with the class."""

_WORKER_ENVIRONMENT = {
    # The trusted side computes on the CPU in float64.
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


@dataclass(frozen=True)
class Task:
    """One submission to grade.

    Args:
        student: nbgrader's id of the student; not told to the worker's sandbox.
        data: the submitted bytes.
    """

    student: str
    data: bytes


@dataclass(frozen=True)
class Finished:
    """A graded task.

    Args:
        task: what was graded.
        report: the verdict.
        notebook: text of the executed notebook; None when its worker did not survive it.
    """

    task: Task
    report: Report
    notebook: str | None


def grade_in_parallel(
    tasks: Iterable[Task], name: str, root: str, settings: GradingSettings, workers: int
) -> Iterator[Finished]:
    """Grades submissions on local worker processes.

    Args:
        tasks: the submissions; consumed as workers become free.
        name: the problem set.
        root: its checkout.
        settings: isolation, limits and secret.
        workers: processes, >= 1.

    Yields:
        Results in the order in which they are finished. A submission that its worker did not survive is not
        gradable, with the reason.

    Raises:
        AuthoringError: the problem set is wrong.
        ConfigurationError: a worker cannot find the problem set.
    """
    import dask
    from distributed import Client, LocalCluster, as_completed

    dask.config.set({"distributed.scheduler.allowed-failures": 1, "distributed.admin.tick.limit": "60s"})
    pending = iter(tasks)
    solutions = Path(root) / "solutions" / name
    with (
        ready(_WORKER_ENVIRONMENT, settings.isolation, solutions) as found,
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            # On this machine only and on any free port: two runs at once must not meet.
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs="CRITICAL",
            env=_WORKER_ENVIRONMENT | found | {"PATH": os.environ.get("PATH", "")},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        running = {}
        completed = as_completed(loop=client.loop)

        def hand_out() -> None:
            task = next(pending, None)
            if task is not None:
                future = client.submit(_grade, task.data, name, root, settings, pure=False)
                running[future] = task
                completed.add(future)

        for _ in range(_IN_FLIGHT * workers):
            hand_out()
        for future in completed:
            task = running.pop(future)
            yield _finished(task, future, name)
            future.release()
            hand_out()


def _finished(task: Task, future: object, name: str) -> Finished:
    try:
        report, notebook = future.result()  # type: ignore[attr-defined]
    except (AuthoringError, ConfigurationError):
        raise
    except Exception as error:
        # The grader or its worker failed, or a kernel did not start: a reason, and the others go on.
        reason = f"the grader failed on it: {type(error).__name__}: {error}"[:500]
        return Finished(task, Report(name, not_gradable=reason), None)
    return Finished(task, Report.from_json(report), notebook)


def _grade(data: bytes, name: str, root: str, settings: GradingSettings) -> tuple[str, str]:
    import nbformat

    from autograder.grading.submission import grade_bytes

    graded = grade_bytes(data, _problem_set(name, root), settings)
    return graded.report.to_json(), nbformat.writes(graded.notebook)


@lru_cache(maxsize=4)
def _problem_set(name: str, root: str) -> ProblemSet:
    from autograder.problem_sets import locate

    return locate(name, root)
