"""Launches kernels for jupyter_client: sandboxed, or plainly for work that one trusts.

A sandboxed kernel is *warm* where that is possible: a fork of this process's zygote
(:mod:`autograder.sandbox.zygote`), which has imported the libraries already. Otherwise it is *cold*: an
interpreter of its own in bubblewrap. Both see, and may do, the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import subprocess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from traitlets import Bool

from autograder.errors import SandboxError
from autograder.sandbox import bubblewrap, cgroup, launch, seccomp, zygote_client
from autograder.sandbox.files import Descriptors, checked_files
from autograder.sandbox.inherited import InheritedSockets
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.zygote_connection import WarmKernel

_TELL_SECONDS = 10.0
_END_SECONDS = 5.0
_LOST_SECONDS = 0.5
_WARM_CONNECTION_FILE = f"{bubblewrap.RUN_FOLDER}/kernel.json"


class BubblewrapProvisioner(InheritedSockets):
    """Runs a kernel in bubblewrap; jupyter_client finds it as ``autograder-bubblewrap``."""

    isolation = Isolation.BUBBLEWRAP
    warm = Bool(True, help="Fork kernels from a zygote where one can run.").tag(config=True)
    cold_because = ""
    """Why the kernel is cold although a warm one was asked for."""
    _first: int | None = None  # its pidfd, which never comes to mean another process
    _told: int | None = None

    @property
    def kind(self) -> str:
        """The sandbox's name, and whether the kernel started warm."""
        return f"{Isolation.BUBBLEWRAP.value} (warm)" if self.warm_started else Isolation.BUBBLEWRAP.value

    @property
    def lost(self) -> bool:
        """Whether the zygote has ended and taken the kernel with it."""
        if not self.warm_started:
            return False
        kernel = self._warm_kernel
        # What ends with the zygote ends in any order: its supervisor may be a moment behind the kernel.
        with contextlib.suppress(subprocess.TimeoutExpired):
            kernel.wait(_LOST_SECONDS)
        return kernel.lost

    @property
    def warm_started(self) -> bool:
        """Whether the kernel was forked from a zygote."""
        return isinstance(self.process, WarmKernel)

    @property
    def _warm_kernel(self) -> WarmKernel:
        kernel: Any = self.process
        assert isinstance(kernel, WarmKernel)
        return kernel

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Forks a kernel from the zygote, or starts one in a sandbox of its own."""
        self.cold_because = ""
        if self.warm:
            try:
                return await asyncio.to_thread(self._fork, cmd)
            except SandboxError as error:
                self.cold_because = str(error)
        return await super().launch_kernel(cmd, **kwargs)

    def _fork(self, cmd: list[str]) -> KernelConnectionInfo:
        """Asks the zygote, and a new one when the first has died unnoticed."""
        while True:
            zygote = zygote_client.shared()
            inherited = Descriptors()
            try:
                named, stderr = self._open(inherited)
                kernel = zygote.fork(
                    self._arguments(cmd),
                    {
                        **bubblewrap.environment(self._limits, bubblewrap.view().python_path),
                        "PWD": bubblewrap.WORK_FOLDER,
                    },
                    self._limits,
                    stderr,
                    named,
                    self._files(inherited, _WARM_CONNECTION_FILE),
                )
            except SandboxError as error:
                if not zygote.alive:
                    continue
                if not zygote.forked:
                    # It cannot, here; after a success it was this one kernel that could not.
                    zygote_client.refuse(str(error))
                raise
            finally:
                inherited.close()
            break
        self._close_first()
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.first_pid = kernel.pid
        self._first, self.shared_bytes = os.dup(kernel.first), zygote.resident_bytes
        return self.connection_info

    def _open(self, inherited: Descriptors) -> tuple[dict[str, int], int]:
        named, stderr = super()._open(inherited)
        self.close_group()
        self.group = cgroup.new(self._limits.total_memory_bytes)
        if self.group is not None:
            named[launch.GROUP] = inherited.own(self.group.door())
        return named, stderr

    def _arguments(self, cmd: list[str]) -> list[str]:
        """The kernel's command line after the program, with the connection file where it will be."""
        program = cmd.index("autograder.sandbox.launch")
        connection_file = str(self._connection_file)
        return [_WARM_CONNECTION_FILE if word == connection_file else word for word in cmd[program + 1 :]]

    @property
    def _connection_file(self) -> Path:
        assert self.run_folder is not None
        return self.run_folder / "c.json"

    def _files(self, inherited: Descriptors, connection_file: str) -> dict[str, int]:
        files = {connection_file: inherited.file(self._connection_file.read_bytes())}
        for name, content in checked_files(self.files, self._limits).items():
            files[f"{bubblewrap.WORK_FOLDER}/{name}"] = inherited.file(content)
        return files

    def exit_descriptor(self) -> int:
        """A new descriptor that can be read once the sandbox has ended, and how is known."""
        if self.warm_started:
            return os.dup(self._warm_kernel.fileno())
        return super().exit_descriptor()

    def _command(
        self, cmd: list[str], descriptors: str, inherited: Descriptors
    ) -> tuple[list[str], dict[str, str], str]:
        files = self._files(inherited, str(self._connection_file))
        files["/etc/passwd"] = inherited.file(bubblewrap.PASSWD)
        calls = seccomp.program()
        self._told, tell = os.pipe()
        sandbox = bubblewrap.Sandbox(
            limits=self._limits,
            files=files,
            variables={launch.DESCRIPTORS: descriptors},
            seccomp=None if calls is None else inherited.file(calls),
            info=inherited.own(tell),
        )
        assert self.run_folder is not None
        stage = bubblewrap.make_stage(self.run_folder, sandbox.view)
        # Every process in the sandbox can read bubblewrap's own environment: there is nothing in it.
        return sandbox.command(cmd, stage), {"PATH": bubblewrap.SYSTEM_PATH}, "/"

    async def _launched(self) -> None:
        assert self._told is not None
        with open(self._told, "rb") as pipe:
            self._told = None
            text = await asyncio.to_thread(_read_soon, pipe.fileno())
        try:
            self.first_pid = int(json.loads(text)["child-pid"])
            self._close_first()
            self._first = os.pidfd_open(self.first_pid)
        except (ValueError, KeyError, ProcessLookupError):
            self.first_pid = None  # bubblewrap failed, and said why on stderr

    def kill_now(self) -> None:
        """Ends the sandbox: its first process takes all others with it."""
        if self._first is not None:
            try:
                # Not bubblewrap's outer process: that one stays to collect it, so that no zombie is left to
                # an init which, in a container, may collect none.
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
                return
            except ProcessLookupError:
                pass
        if self.process is not None:
            self.process.kill()

    async def wait(self) -> int | None:
        """Waits until no process of the sandbox is left."""
        kernel: Any = self.process
        status = await super().wait()
        if isinstance(kernel, WarmKernel):
            kernel.close()
        if self._first is not None:
            await asyncio.to_thread(select.select, [self._first], [], [], _END_SECONDS)
        return status

    async def cleanup(self, restart: bool = False) -> None:
        """Forgets the process and removes the run folder."""
        await super().cleanup(restart)
        self._close_first()

    def _close_first(self) -> None:
        if self._first is not None:
            os.close(self._first)
            self._first = None


class ColdProvisioner(BubblewrapProvisioner):
    """Runs every kernel in an interpreter and a bubblewrap of its own."""

    isolation = Isolation.BUBBLEWRAP_COLD
    warm = Bool(False).tag(config=True)


class PlainProvisioner(InheritedSockets):
    """Runs a kernel with the rights of this process, for work that one trusts."""

    isolation = Isolation.NONE

    def _command(
        self, cmd: list[str], descriptors: str, inherited: Descriptors
    ) -> tuple[list[str], dict[str, str], str]:
        assert self.run_folder is not None
        work, home = self.run_folder / "work", self.run_folder / "home"
        for folder in (work, home):
            folder.mkdir(exist_ok=True)
        for name, content in checked_files(self.files, self._limits).items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_bytes(content)
        variables = bubblewrap.environment(self._limits, bubblewrap.view().python_path)
        variables |= {
            "HOME": str(home),
            "IPYTHONDIR": str(home / ".ipython"),
            launch.DESCRIPTORS: descriptors,
        }
        return cmd, variables, str(work)

    def kill_now(self) -> None:
        """Ends the kernel and its process group."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def _read_soon(descriptor: int) -> bytes:
    text = b""
    while select.select([descriptor], [], [], _TELL_SECONDS)[0]:
        data = os.read(descriptor, 4096)
        if not data:
            break
        text += data
    return text
