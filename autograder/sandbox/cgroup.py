"""A hard limit on the memory of all processes of a sandbox together: a control group, where one may be made.

Only version 2 of control groups, and only where the grader's own place in the tree permits it: root under
systemd, or an ordinary user in a delegated part (``systemd-run --user --scope autograder ...``). Elsewhere
memory is limited by process and sampled for all of them, and the report says so.

A group counts what its processes touch from the moment they join it: their own memory and what they write to
the sandbox's folders in memory, and nothing that a warm kernel shares with its zygote.

Source: Linux, Documentation/admin-guide/cgroup-v2.rst, "Delegation" and "Memory".
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
import subprocess
import time
from pathlib import Path

_OWN = Path("/proc/self/cgroup")
_MOUNTS = Path("/proc/self/mountinfo")
_PREFIX = "autograder-"
_NAME = re.compile(rf"{_PREFIX}(\d+)-\d+")
_END_SECONDS = 2.0
_numbers = itertools.count()
_make, _remove = os.mkdir, os.rmdir

_FIX = "run the grader in a delegated group, as by `systemd-run --user --scope`, or as root under systemd"


class MemoryGroup:
    """One sandbox's group, from its start to :meth:`close`.

    Args:
        parent: a group in which this process may make others.
        most: bytes of memory; with the first one more all processes of the group are killed.

    Raises:
        OSError: the system refuses.
    """

    def __init__(self, parent: Path, most: int) -> None:
        self.folder = parent / f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
        _make(self.folder)
        try:
            self._write("memory.max", most)
            # Without swap of its own a group cannot hide behind it; not every system counts it.
            with contextlib.suppress(FileNotFoundError):
                self._write("memory.swap.max", 0)
            self._write("memory.oom.group", 1)
        except BaseException:
            self.close()
            raise

    def _write(self, name: str, value: int) -> None:
        # Not open(..., "w"), which would make a file that is not there.
        descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, b"%d" % value)
        finally:
            os.close(descriptor)

    def door(self) -> int:
        """A descriptor: the process that writes ``0`` to it joins the group, with the rights of this one."""
        return os.open(self.folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    @property
    def joined(self) -> bool:
        """Whether a process is in it."""
        return bool(_words(self.folder / "cgroup.procs"))

    @property
    def exceeded(self) -> bool:
        """Whether the system has killed a process of the group for want of memory."""
        try:
            text = (self.folder / "memory.events").read_text()
        except OSError:
            return False
        return any(line.split()[0] == "oom_kill" and int(line.split()[1]) > 0 for line in text.splitlines())

    def close(self) -> None:
        """Removes the group; its processes have ended or are just ending."""
        deadline = time.monotonic() + _END_SECONDS
        while True:
            try:
                _remove(self.folder)
                return
            except FileNotFoundError:
                return
            except OSError:
                if time.monotonic() > deadline:
                    return  # the next run's sweep removes it
                time.sleep(0.01)


def new(most: int) -> MemoryGroup | None:
    """A group for one sandbox; None where none may be made.

    Args:
        most: bytes of memory of all its processes.
    """
    parent, _ = place()
    return None if parent is None else MemoryGroup(parent, most)


@functools.cache
def place() -> tuple[Path | None, str]:
    """The group in which groups may be made, found by making one and putting a process into it.

    Returns:
        Its folder and nothing; or None, and why, with what to do.
    """
    mount = _mounted()
    if mount is None:
        return None, f"no control groups of version 2 with memory here; {_FIX}"
    own = Path(mount, _own_group().lstrip("/"))
    # A group with processes of its own, as the grader's is, shares out no memory, but for the root. What it
    # lies in may.
    for parent in dict.fromkeys((own, own.parent)):
        if not parent.is_relative_to(mount) or "memory" not in _words(parent / "cgroup.subtree_control"):
            continue
        try:
            _try(parent)
        except OSError:
            continue
        _sweep(parent)
        return parent, ""
    return None, f"no control group may be made beside {own}; {_FIX}"


def _mounted() -> str | None:
    """Where version 2 is mounted with its memory controller; on hybrid systems version 1 has that."""
    for line in _MOUNTS.read_text("utf-8", "surrogateescape").splitlines():
        fields, _, rest = line.partition(" - ")
        point = fields.split()[4]
        if rest.split()[0] == "cgroup2" and "memory" in _words(Path(point, "cgroup.controllers")):
            return point
    return None


def _own_group() -> str:
    lines = _OWN.read_text("utf-8", "surrogateescape").splitlines()
    return next((line[3:] for line in lines if line.startswith("0::")), "/")


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _try(parent: Path) -> None:
    """Puts a process of no consequence into a group below ``parent``.

    Raises:
        OSError: the system refuses.
    """
    group = MemoryGroup(parent, 1 << 26)
    try:
        with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            descriptor = group.door()
            try:
                os.write(descriptor, b"%d" % process.pid)
            finally:
                os.close(descriptor)
    finally:
        group.close()


def _sweep(parent: Path) -> None:
    """Removes groups whose grader was killed before it could; one with processes in it cannot be removed."""
    for path in parent.glob(f"{_PREFIX}*"):
        name = _NAME.fullmatch(path.name)
        if name is not None and not Path("/proc", name[1]).exists():
            with contextlib.suppress(OSError):
                _remove(path)
