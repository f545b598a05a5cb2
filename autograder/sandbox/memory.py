"""How much memory all processes of a sandbox take together, and how many files, seen from outside."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

_PROC = Path("/proc")


def memory_of(first_pid: int, enough: int) -> int:
    """Resident memory of a process and its descendants in bytes.

    Args:
        first_pid: the sandbox's first process; every other one in it descends from it.
        enough: below this the sum of the resident sizes is returned, which counts shared pages once for
            each process and so is never too small; above it their proportional sizes are summed, which
            costs milliseconds.
    """
    pids = list(descendants(first_pid))
    resident = sum(_field(pid, "status", "VmRSS:") for pid in pids)
    if resident < enough:
        return resident
    return sum(_field(pid, "smaps_rollup", "Pss:") for pid in pids)


def peak_of(first_pid: int) -> int:
    """The most memory that each living process of a sandbox has ever held, summed, in bytes.

    Shared pages count once for each process: of a warm kernel, what it shares with its zygote is in it.

    Args:
        first_pid: the sandbox's first process.
    """
    return sum(_field(pid, "status", "VmHWM:") for pid in descendants(first_pid))


def files_of(first_pid: int, folders: Sequence[str]) -> int:
    """How many files the fullest of some folders of a sandbox's own holds.

    Args:
        first_pid: the sandbox's first process.
        folders: their paths in it, which are places of mounts and so no links.
    """
    most = 0
    for folder in folders:
        try:
            found = os.statvfs(f"{_PROC}/{first_pid}/root{folder}")
        except OSError:
            continue  # it has ended
        most = max(most, found.f_files - found.f_ffree)
    return most


def descendants(pid: int) -> Iterator[int]:
    """A process and all that it or its descendants have started; those that end meanwhile may be missing."""
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        yield current
        try:
            # Any thread may have started a child, and the list is kept by thread.
            for thread in (_PROC / str(current) / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except OSError:
            continue


def _field(pid: int, file: str, name: str) -> int:
    try:
        for line in (_PROC / str(pid) / file).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass  # it has ended, or has no memory any more
    return 0
