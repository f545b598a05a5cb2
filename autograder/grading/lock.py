"""One run a classroom: a lock that goes with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import ConfigurationError

LOCK_FILE = Path(".autograder", "lock")


@contextmanager
def only_run(directory: Path) -> Iterator[None]:
    """Holds a classroom for one run.

    The kernel keeps the lock and frees it when the process ends, ``kill -9`` included: nothing is left to
    remove by hand. The file's text only says whose it is.

    Args:
        directory: the classroom.

    Raises:
        ConfigurationError: another run holds it; says which.
    """
    path = directory / LOCK_FILE
    # Not handed on to any program that this one starts: none may outlive it with the lock.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
            raise ConfigurationError(
                "one run grades a classroom at a time",
                where=str(directory),
                received=holder or "another run",
                fix="wait for it, or end it: what it has graded is kept",
            ) from None
        since = datetime.now(UTC).isoformat(" ", "seconds")
        holder = f"process {os.getpid()} on {socket.gethostname()} since {since}\n"
        with suppress(OSError):  # a full disk keeps nobody from holding it
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, holder.encode(), 0)
        yield
    finally:
        os.close(descriptor)
