"""The zygote of a process: its own, or one that it visits; started when it is needed, replaced when it dies."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from autograder.errors import SandboxError
from autograder.sandbox import bubblewrap, zygote_visit
from autograder.sandbox.files import Descriptors, Tail, make_run_folder, remove_run_folder
from autograder.sandbox.limits import Limits
from autograder.sandbox.zygote_connection import ZygoteConnection

_MODULE = "autograder.sandbox.zygote"
_END_SECONDS = 5.0

MAX_ZYGOTES = 5
"""How many zygotes a process starts before it takes its kernels cold: more have not died by accident."""


class Zygote(ZygoteConnection):
    """One zygote, from its start to the end of this process or to :meth:`close`.

    Args:
        door: a listening socket by which further processes may ask it; closed on this side.

    Raises:
        SandboxError: it did not start.
    """

    def __init__(self, door: socket.socket | None = None) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(ours)
        self._folder: Path = make_run_folder()
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr = Tail()
        inherited = Descriptors()
        inherited.own(self._stderr.write_end)
        inherited.own(theirs.detach())
        if door is not None:
            inherited.own(door.detach())
        try:
            self._start(inherited)
            self._await_ready()
        except BaseException:
            inherited.close()
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process that this one has started, bubblewrap's outer one."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked for kernels."""
        return self._process is not None and self._process.poll() is None

    def _start(self, inherited: Descriptors) -> None:
        stderr, *sockets = inherited.numbers
        sandbox = bubblewrap.Sandbox(
            Limits(),
            files={"/etc/passwd": inherited.file(bubblewrap.PASSWD)},
            # Threads of the linear algebra would not be there after a fork; each kernel sets its own.
            variables={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
            zygote=True,
        )
        inner = [sys.executable, "-P", "-m", _MODULE, *map(str, sockets)]
        command = sandbox.command(inner, bubblewrap.make_stage(self._folder, sandbox.view))
        started = threading.Event()
        failures: list[BaseException] = []

        def own() -> None:
            # bubblewrap ends with the thread that started it: this one ends only after it.
            try:
                process = self._process = subprocess.Popen(
                    command,
                    env={"PATH": bubblewrap.SYSTEM_PATH},
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    pass_fds=inherited.numbers,
                )
            except BaseException as error:
                failures.append(error)
                return
            finally:
                inherited.close()
                started.set()
            process.wait()

        self._owner = threading.Thread(target=own, daemon=True, name="zygote")
        self._owner.start()
        started.wait()
        if failures:
            raise SandboxError("a zygote did not start", received=str(failures[0])) from failures[0]

    def _said(self) -> str:
        return self._stderr.last_line

    def close(self) -> None:
        """Ends it and all of its kernels."""
        # It ends by itself when nobody is there to ask, and bubblewrap then collects all that it has forked:
        # killed from outside, they would be left to an init which, in a container, may collect none.
        self._control.close()
        if self._process is not None:
            self._owner.join(_END_SECONDS)
            self._process.kill()
            self._owner.join()
        remove_run_folder(self._folder)


class _Shared:
    """The zygote of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.zygote: ZygoteConnection | None = None
        self.visited = False
        self.process = os.getpid()
        self.started = 0
        self.refused = ""


_shared = _Shared()


def shared() -> ZygoteConnection:
    """The zygote of this process; started at the first call, and again when it has died.

    Where the environment names a door it is the one behind that; when that one has died, one of its own.

    Raises:
        SandboxError: none can run here. Later calls say so at once.
    """
    global _shared
    if _shared.process != os.getpid():
        _shared = _Shared()  # the one from before a fork belongs to the parent
    with _shared.lock:
        if _shared.zygote is not None and _shared.zygote.alive:
            return _shared.zygote
        if _shared.refused:
            raise SandboxError("no zygote runs here", received=_shared.refused)
        if _shared.zygote is not None:
            _shared.zygote.close()
            _shared.zygote = None
        if not _shared.visited:
            _shared.visited = True
            if (visited := zygote_visit.visit()) is not None:
                _shared.zygote = visited
                return visited
        try:
            if _shared.started >= MAX_ZYGOTES:
                raise SandboxError("a zygote has died too often", received=f"{_shared.started} deaths")
            _shared.started += 1
            _shared.zygote = Zygote()
        except SandboxError as error:
            _shared.refused = str(error)
            raise
        return _shared.zygote


def refuse(reason: str) -> None:
    """Makes :func:`shared` fail from now on: a zygote runs, but may not fork isolated kernels."""
    with _shared.lock:
        _shared.refused = reason
        if _shared.zygote is not None:
            _shared.zygote.close()
            _shared.zygote = None


def close() -> None:
    """Ends this process's zygote and forgets that none could run; the next kernel starts a new one."""
    global _shared
    with _shared.lock:
        zygote = _shared.zygote if _shared.process == os.getpid() else None
        _shared.zygote = None
    if zygote is not None:
        zygote.close()
    _shared = _Shared()


atexit.register(close)


def state() -> dict[str, Any]:
    """What is known of this process's zygote, for reports and tests."""
    zygote = _shared.zygote
    return {
        "alive": zygote is not None and zygote.alive,
        "refused": _shared.refused,
        "started": _shared.started,
    }
