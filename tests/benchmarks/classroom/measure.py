"""Runs a command and says what it and everything that it started took: wall, processor time, memory.

Kernels live in namespaces of process numbers and end by a signal, so that nobody waits for them: what
processes know of their children's time leaves them out. A performance event of the system is inherited by
every descendant instead, and keeps what each took when it ends. Orphans are handed to this process, which so
knows when the last of them has ended.

Source: Linux manual pages perf_event_open(2) (PERF_COUNT_SW_TASK_CLOCK, inherit, enable_on_exec), prctl(2)
(PR_SET_CHILD_SUBREAPER), proc(5) (smaps_rollup).
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_SET_CHILD_SUBREAPER = 36
_PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}
_SOFTWARE, _TASK_CLOCK, _ATTRIBUTE_BYTES = 1, 1, 112
_DISABLED, _INHERIT, _ENABLE_ON_EXEC = 1 << 0, 1 << 1, 1 << 12
_SAMPLE_SECONDS = 1.0


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Args:
        wall: seconds until it ended.
        cpu: processor seconds, user and system, of all processes.
        peak: largest proportional memory (PSS) of all processes together in bytes, sampled.
        status: its exit status.
        output: what it printed.
    """

    wall: float
    cpu: float
    peak: int
    status: int
    output: str


def measure(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], memory: bool = True
) -> Cost:
    """Runs a command in a process of its own, which adopts all orphans.

    Args:
        command: what to run.
        folder: where.
        environment: its whole environment.
        memory: whether to sample memory, which takes a little of the processor from the command.
    """
    inner = [sys.executable, str(Path(__file__).resolve()), "1" if memory else "0", *command]
    done = subprocess.run(inner, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(**json.loads(done.stdout))


def _measure(command: Sequence[str], memory: bool) -> Cost:
    _checked(_libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")
    peak = _Peak()
    if memory:
        peak.start()  # before the clock, which would count it
    clock = _open_clock()
    started = time.perf_counter()
    # A file, not a pipe: whoever outlives the command may hold it open.
    with open(os.memfd_create("output"), "w+b") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        status = process.wait()
        wall = time.perf_counter() - started
        while True:
            try:
                os.wait()
            except ChildProcessError:
                break
        peak.stop()
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    (nanoseconds,) = struct.unpack("Q", os.read(clock, 8))
    return Cost(wall, nanoseconds / 1e9, peak.bytes, status, text)


def _open_clock() -> int:
    """A clock that starts in a child when it executes a program, and runs in all of its descendants."""
    flags = _DISABLED | _INHERIT | _ENABLE_ON_EXEC
    attributes = struct.pack("=IIQQQQQ", _SOFTWARE, _ATTRIBUTE_BYTES, _TASK_CLOCK, 0, 0, 0, flags)
    call = _PERF_EVENT_OPEN[platform.machine()]
    descriptor = _libc.syscall(call, attributes.ljust(_ATTRIBUTE_BYTES, b"\0"), 0, -1, -1, 8)  # close on exec
    _checked(descriptor, "perf_event_open: kernel.perf_event_paranoid must be 2 or less, or this run as root")
    return int(descriptor)


def _checked(status: int, what: str) -> None:
    if status < 0:
        raise OSError(ctypes.get_errno(), what)


class _Peak(threading.Thread):
    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._over = threading.Event()

    def run(self) -> None:
        own = os.getpid()
        while not self._over.wait(_SAMPLE_SECONDS):
            self.bytes = max(self.bytes, sum(map(_proportional, _below(own))))

    def stop(self) -> None:
        self._over.set()
        if self.is_alive():
            self.join()


def _below(pid: int) -> list[int]:
    """Every process below this one, as its own namespace counts them."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            parents.setdefault(int(fields[1]), []).append(int(entry))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _proportional(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass  # it has ended
    return 0


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(sys.argv[2:], sys.argv[1] == "1"))))
