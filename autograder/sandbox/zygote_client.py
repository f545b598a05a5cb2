"""The grader's side of the zygote: starts one for a process, asks it for kernels, replaces it."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.errors import SandboxError
from autograder.sandbox import bubblewrap, zygote_messages
from autograder.sandbox.files import Descriptors, Tail, make_run_folder, remove_run_folder
from autograder.sandbox.limits import Limits
from autograder.sandbox.zygote_messages import Request

_MODULE = "autograder.sandbox.zygote"
_READY_SECONDS = 120.0
_ANSWER_SECONDS = 15.0
_END_SECONDS = 5.0

MAX_ZYGOTES = 5
"""How many zygotes a process starts before it takes its kernels cold: more have not died by accident."""


class WarmKernel:
    """A kernel that a zygote has forked; the part of ``subprocess.Popen`` that jupyter_client uses.

    Args:
        report: the socket that its supervisor answers on.
        first: descriptor of the first process of its namespaces, which all others in them end with.
    """

    stdin = stdout = stderr = None

    def __init__(self, report: socket.socket, first: int) -> None:
        self._report, self.first = report, first
        self._report.setblocking(False)
        self._lock = threading.Lock()
        self.pid = _process_of(first)
        self.returncode: int | None = None
        self.lost = False
        """Whether its supervisor is gone without a word: the zygote has died, and it with it."""

    def fileno(self) -> int:
        """A descriptor that can be read once it has ended."""
        return self._report.fileno()

    def poll(self) -> int | None:
        """The status it ended with, as shells count; None while it runs."""
        with self._lock:
            while self.returncode is None:
                try:
                    answer, _ = zygote_messages.receive(self._report)
                except BlockingIOError:
                    return None
                if "exit" in answer:
                    self.returncode = int(answer["exit"])
                elif not answer:
                    self.returncode, self.lost = 128 + signal.SIGKILL, True
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Waits until it has ended.

        Raises:
            TimeoutExpired: it has not within ``timeout`` seconds.
        """
        while self.poll() is None:
            if not select.select([self._report], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """Ends it, and every process that it has started."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first, signal.SIGKILL)

    def close(self) -> None:
        """Closes its descriptors; a kernel that still runs is ended by its supervisor."""
        with self._lock:
            self._report.close()
            if self.returncode is None:
                self.returncode = 128 + signal.SIGKILL
        os.close(self.first)


class Zygote:
    """One zygote, from its start to the end of this process or to :meth:`close`.

    Raises:
        SandboxError: it did not start.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path = make_run_folder()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr = Tail()
        self.data_bytes = self.resident_bytes = 0
        inherited = Descriptors()
        inherited.own(self._stderr.write_end)
        inherited.own(theirs.detach())
        self.forked = 0
        """How many kernels it has forked."""
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
        stderr, control = inherited.numbers
        sandbox = bubblewrap.Sandbox(
            Limits(),
            files={"/etc/passwd": inherited.file(bubblewrap.PASSWD)},
            # Threads of the linear algebra would not be there after a fork; each kernel sets its own.
            variables={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
            zygote=True,
        )
        inner = [sys.executable, "-P", "-m", _MODULE, str(control)]
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

    def _await_ready(self) -> None:
        self._control.settimeout(_READY_SECONDS)
        try:
            answer, _ = zygote_messages.receive(self._control)
        except TimeoutError:
            answer = {"error": f"no answer within {_READY_SECONDS:g} s"}
        if "ready" not in answer:
            raise SandboxError(
                "a zygote did not start", received=answer.get("error") or self._stderr.last_line
            )
        self.data_bytes, self.resident_bytes = answer["data_bytes"], answer["resident_bytes"]

    def fork(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        limits: Limits,
        stderr: int,
        sockets: Mapping[str, int],
        files: Mapping[str, int],
    ) -> WarmKernel:
        """A new kernel; the descriptors stay open on this side.

        Args:
            arguments: its command line after the program.
            environment: its whole environment.
            limits: what it may use.
            stderr: descriptor of its standard error.
            sockets: listening sockets by ZMQ endpoint, and the agent's.
            files: descriptors of its files, by absolute path in the sandbox.

        Raises:
            SandboxError: the zygote has died, or a namespace was refused.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        first: int | None = None
        try:
            with theirs:
                request = Request(
                    list(arguments),
                    dict(environment),
                    limits,
                    self.data_bytes,
                    theirs,
                    stderr,
                    dict(sockets),
                    dict(files),
                )
                with self._lock:
                    request.send(self._control)
            ours.settimeout(_ANSWER_SECONDS)
            first = _first_process(ours)
            kernel = WarmKernel(ours, first)
            self.forked += 1
            return kernel
        except BaseException as error:
            ours.close()
            if first is not None:
                os.close(first)
            if isinstance(error, OSError):
                raise SandboxError("a zygote forked no kernel", received=error) from error
            raise

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


def _first_process(report: socket.socket) -> int:
    first: int | None = None
    running = False
    while first is None or not running:
        # Two processes answer, in any order.
        answer, descriptors = zygote_messages.receive(report)
        if descriptors:
            first = descriptors[0]
        elif "running" in answer:
            running = True
        else:
            if first is not None:
                os.close(first)
            reason = answer.get("error") or "it ended at once"
            raise SandboxError("a zygote forked no kernel", received=reason)
    return first


def _process_of(descriptor: int) -> int:
    """The number of a process as this process's ``/proc`` counts it; -1 when it has been collected."""
    text = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pid:")), -1)


class _Shared:
    """The zygote of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.zygote: Zygote | None = None
        self.process = os.getpid()
        self.started = 0
        self.refused = ""


_shared = _Shared()


def shared() -> Zygote:
    """The zygote of this process; started at the first call, and again when it has died.

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
