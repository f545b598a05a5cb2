"""What happened in each run, line by line: the journal's own account, for a person or a program to read."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

_SYNC_SECONDS = 1.0
"""Lines that a power cut may take: history only, since every grade is in a file of its own."""

_TAIL_BYTES = 1 << 16


class Event(StrEnum):
    """Kinds of events."""

    STARTED = "started"
    UNFINISHED = "unfinished"
    """An earlier run ended without a word: it was killed, or the machine went down."""
    GRADED = "graded"
    CACHED = "cached"
    NOT_GRADABLE = "not_gradable"
    RETRIED = "retried"
    WORKER_LOST = "worker_lost"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    FINISHED = "finished"


ENDS = frozenset({Event.INTERRUPTED, Event.FAILED, Event.FINISHED})


class EventLog:
    """Appends to a file of JSON objects, one a line.

    A process that is killed leaves a torn last line at most, which readers pass over. Lines go to the system
    one write each, and to the disk about once a second and at the end.

    Args:
        path: the file; made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._descriptor = -1
        self._synced = 0.0
        self.run = secrets.token_hex(4)
        """This run's name in the log."""

    def __enter__(self) -> EventLog:
        unfinished = unfinished_run(self._path)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")  # what was torn stays alone
        if unfinished:
            self.write(Event.UNFINISHED, of=unfinished)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            os.close(self._descriptor)
            self._descriptor = -1

    def write(self, event: Event, **details: Any) -> None:
        """Appends one event; any thread may.

        Raises:
            OSError: it cannot be written, for instance because the disk is full.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "run": self.run, "event": event.value, **details}) + "\n"
        with self._lock:
            if self._descriptor < 0:
                return  # a worker's last words, after the run
            os.write(self._descriptor, line.encode())
            if event in ENDS or event is Event.STARTED or time.monotonic() - self._synced > _SYNC_SECONDS:
                os.fsync(self._descriptor)
                self._synced = time.monotonic()


def read_events(path: Path) -> list[dict[str, Any]]:
    """The events of a log in their order; what is torn or no event is passed over."""
    try:
        return _events(path.read_bytes())
    except FileNotFoundError:
        return []


def unfinished_run(path: Path) -> str:
    """The last run of a log, if nothing says how it ended; else empty."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            events = _events(file.read())
    except FileNotFoundError:
        return ""
    if not events or events[-1]["event"] in ENDS:
        return ""
    return str(events[-1]["run"])


def _events(text: bytes) -> list[dict[str, Any]]:
    events = []
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and {"time", "run", "event"} <= found.keys():
            events.append(found)
    return events
