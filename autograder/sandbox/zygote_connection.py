"""A kernel that was forked from a zygote, and the connection by which it is asked for."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from autograder.errors import SandboxError
from autograder.sandbox import zygote_messages
from autograder.sandbox.limits import Limits
from autograder.sandbox.zygote_messages import Request

_READY_SECONDS = 120.0
_ANSWER_SECONDS = 15.0


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


class ZygoteConnection:
    """One process's connection to a zygote, whoever has started that.

    Args:
        control: the socket that requests go by.
    """

    def __init__(self, control: socket.socket) -> None:
        self._lock = threading.Lock()
        self._control = control
        self.data_bytes = self.resident_bytes = 0
        self.forked = 0
        """How many kernels it has forked for this process."""

    @property
    def alive(self) -> bool:
        """Whether it can be asked for kernels."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the connection, and all kernels that came by it."""
        raise NotImplementedError

    def _await_ready(self) -> None:
        self._control.settimeout(_READY_SECONDS)
        try:
            answer, _ = zygote_messages.receive(self._control)
        except TimeoutError:
            answer = {"error": f"no answer within {_READY_SECONDS:g} s"}
        if "ready" not in answer:
            raise SandboxError("a zygote did not start", received=answer.get("error") or self._said())
        self.data_bytes, self.resident_bytes = answer["data_bytes"], answer["resident_bytes"]

    def _said(self) -> str:
        """Why it may have ended."""
        return "it has ended"

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
                    sorted(os.sched_getaffinity(0)),
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
