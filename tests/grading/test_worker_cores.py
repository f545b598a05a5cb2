"""Workers of one machine share its cores, and keep to their own."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace

import pytest

from autograder.grading import worker_cores
from autograder.grading.cluster import Cluster
from autograder.grading.worker_cores import COUNT, dask_setup, share
from autograder.problem_sets import ProblemSet
from autograder.sandbox.isolation import Isolation


@pytest.mark.parametrize(("workers", "cores"), [(1, 1), (1, 3), (2, 2), (2, 5), (3, 8), (7, 7)])
def test_every_core_is_one_workers_and_nobody_has_two_more_than_another(workers: int, cores: int) -> None:
    there = set(range(10, 10 + cores))
    shares = [share(number, workers, there) for number in range(workers)]
    assert set.union(*shares) == there and sum(map(len, shares)) == cores
    sizes = [len(mine) for mine in shares]
    assert min(sizes) >= 1 and max(sizes) - min(sizes) <= 1


def test_more_workers_than_cores_have_them_all_in_common() -> None:
    assert share(2, 3, {4, 5}) == {4, 5}


def test_hyperthreads_of_a_core_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    # As Linux often numbers them: 0 and 2 are one core, 1 and 3 the other.
    monkeypatch.setattr(worker_cores, "_place", lambda core: (0, core % 2, core))
    assert [share(number, 2, range(4)) for number in range(2)] == [{0, 2}, {1, 3}]


def test_threads_that_are_there_already_move_too(monkeypatch: pytest.MonkeyPatch) -> None:
    every = os.sched_getaffinity(0)
    if len(every) < 2:
        pytest.skip("one core cannot be shared")
    monkeypatch.setenv(COUNT, "2")
    go, seen = threading.Event(), list[set[int]]()

    def look() -> None:
        go.wait()
        seen.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        dask_setup(SimpleNamespace(name=1))
        go.set()
        thread.join()
        assert seen == [os.sched_getaffinity(0)] == [share(1, 2, every)]
    finally:
        go.set()
        for task in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(task), every)


@pytest.mark.slow
def test_workers_of_a_class_have_different_cores(tiny: ProblemSet) -> None:
    every = os.sched_getaffinity(0)
    if len(every) < 2:
        pytest.skip("one core cannot be shared")
    with Cluster(2).client(tiny, Isolation.NONE, 2) as client:
        one, two = client.run(os.sched_getaffinity, 0).values()
    assert one | two == every and not one & two
