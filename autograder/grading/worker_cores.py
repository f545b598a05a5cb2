"""Each worker of this machine has cores of its own, and so have the kernels that it starts.

A submission that keeps every core busy would take them from those that are graded beside it; so it has its
worker's only. Besides, a kernel's threads do not wander: pages that are unmapped on one core need not be
given up on another. Dask loads this module into each worker of this machine before its first task.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

COUNT = "AUTOGRADER_WORKERS"
"""Environment variable: how many workers share the machine."""


def dask_setup(worker: Any) -> None:
    """Keeps a worker, whose name is its number from 0, to its share; Dask calls it at every start."""
    if not hasattr(os, "sched_setaffinity"):
        return  # not Linux
    mine = share(int(worker.name), int(os.environ[COUNT]), os.sched_getaffinity(0))
    # By thread: what imports have started would stay where it is. One that ends meanwhile needs none.
    for thread in os.listdir("/proc/self/task"):
        try:
            os.sched_setaffinity(int(thread), mine)
        except ProcessLookupError:
            continue


def share(number: int, workers: int, cores: Collection[int]) -> set[int]:
    """The cores of one worker: as many as another's, or one more, and hyperthreads of a core together.

    Args:
        number: of the worker, 0 <= number < workers.
        workers: how many there are.
        cores: that there are to share.

    Returns:
        Its own; all of them when there are more workers than cores.

    Example:
        >>> [share(number, 2, {0, 1, 2}) for number in range(2)]
        [{0, 1}, {2}]
    """
    if workers > len(cores):
        return set(cores)
    least, more = divmod(len(cores), workers)
    first = number * least + min(number, more)
    return set(sorted(cores, key=_place)[first : first + least + (number < more)])


def _place(core: int) -> tuple[int, int, int]:
    """Sorts hyperthreads beside each other; by number where the system does not tell."""
    folder = Path(f"/sys/devices/system/cpu/cpu{core}/topology")
    try:
        package, physical = (
            int((folder / f"{name}_id").read_text()) for name in ("physical_package", "core")
        )
    except (OSError, ValueError):
        return 0, core, core
    return package, physical, core
