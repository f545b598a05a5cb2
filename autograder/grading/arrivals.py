"""Whose work is to be graded: all that is there, or whatever comes and has stopped changing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Protocol

Signature = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of each file."""


class Arrivals(Protocol):
    """Students whose work is to be looked at, one after the other."""

    @property
    def total(self) -> int:
        """Students that are known of so far."""

    @property
    def ended(self) -> bool:
        """Whether nobody will come any more."""

    def next(self, busy: Collection[str]) -> str | None:
        """The next student; None when there is none at this moment.

        Args:
            busy: students whose earlier work is being graded, and who wait.
        """


class Present:
    """Everybody who has handed in, once.

    Args:
        students: nbgrader's ids.
    """

    def __init__(self, students: list[str]) -> None:
        self.total = len(students)
        self._left: Iterator[str] = iter(students)
        self.ended = False

    def next(self, busy: Collection[str]) -> str | None:
        """The next student, until there is none."""
        student = next(self._left, None)
        self.ended = student is None
        return student


class Watch:
    """Everybody who has handed in, and whoever hands in later or again; it never ends by itself.

    Work is taken when its folder has not changed for ``settle`` seconds: a copy that is under way is left
    alone.

    Args:
        students: who has handed in, as of now.
        folder: the folder of a student's submission.
        settle: seconds; > 0. Also how often it is looked.
        clock: seconds since the epoch, as files are dated.
    """

    ended = False

    def __init__(
        self,
        students: Callable[[], list[str]],
        folder: Callable[[str], Path],
        settle: float = 3.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._students, self._folder, self._settle, self._clock = students, folder, settle, clock
        self._seen: dict[str, Signature] = {}
        self._waiting: dict[str, tuple[Signature, float]] = {}
        self._ready: list[str] = []
        self._looked = -float("inf")

    @property
    def total(self) -> int:
        """Students whose work was taken so far, and those whose work is about to be."""
        return len(self._seen.keys() | set(self._ready))

    def next(self, busy: Collection[str]) -> str | None:
        """The next student whose work is new and has settled."""
        if not self._ready and self._clock() - self._looked >= self._settle:
            self._look()
        for student in self._ready:
            if student not in busy:
                self._ready.remove(student)
                # As it is now: what changes while it is read is looked at again.
                self._seen[student] = signature(self._folder(student))
                return student
        return None

    def _look(self) -> None:
        now = self._clock()
        first = self._looked < 0
        self._looked = now
        for student in self._students():
            found = signature(self._folder(student))
            if self._seen.get(student) == found:
                self._waiting.pop(student, None)
                continue
            known, since = self._waiting.get(student, (None, now))
            if known != found:
                self._waiting[student] = (found, now)
                # What was there before may be old already; later the clocks of two machines may differ.
                settled = first and all(changed / 1e9 < now - self._settle for _, _, changed in found)
            else:
                settled = now - since >= self._settle
            if settled:
                self._waiting.pop(student, None)
                self._ready.append(student)


def signature(folder: Path) -> Signature:
    """What tells one state of a folder from another, links not followed; empty when there is none."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                state = entry.stat(follow_symlinks=False)
                found.append((entry.name, state.st_size, state.st_mtime_ns))
    except OSError:
        return ()
    return tuple(sorted(found))
