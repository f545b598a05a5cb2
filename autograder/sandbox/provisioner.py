"""Launches kernels for jupyter_client: sandboxed, or plainly for work that one trusts.

Each kernel has a run folder on the grader's side with its connection file and the unix sockets it is
reached through. The sockets are opened here and inherited by the kernel as listening descriptors
(:mod:`autograder.sandbox.launch`), so that the folder itself is not in the sandbox. Every way to launch has
the same two ends, ZMQ endpoints and ``agent_socket``; a warm kernel is one more subclass.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo, port_names
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool, Dict

from autograder.sandbox import bubblewrap, launch, seccomp
from autograder.sandbox.files import Descriptors, Tail, checked_files, make_run_folder, read_folder
from autograder.sandbox.isolation import Isolation, require
from autograder.sandbox.limits import Limits

_TELL_SECONDS = 10.0
_END_SECONDS = 5.0
_PASSWD = b"student:x:1000:1000::/tmp/home:/bin/sh\n"


class InheritedSockets(LocalProvisioner):
    """What all ways to launch a kernel share: its run folder, sockets, stderr and a sure end."""

    limits: Any = Dict(help="Table of limits, as Limits.to_mapping gives it.").tag(config=True)
    files: Any = Dict(help="Contents of the files that go with the notebook, by relative path.")
    copy_cwd = Bool(
        True, help="Without files: give the kernel copies of those in the folder it is asked to start in."
    ).tag(config=True)

    isolation: Isolation
    run_folder: Path | None = None
    agent_socket: socket.socket | None = None
    stderr: Tail | None = None
    exit_status: int | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Makes the run folder and the connection file in it.

        Raises:
            SandboxError: the isolation is missing on this machine.
        """
        require(self.isolation)
        manager: Any = self.parent
        if self.run_folder is None:
            self.run_folder = make_run_folder()
            manager.transport = "ipc"
            manager.connection_file = str(self.run_folder / "c.json")
            manager.ip = str(self.run_folder / "s")
        folder = kwargs.pop("cwd", None)
        if self.copy_cwd and not self.files and folder:
            self.files = read_folder(Path(folder), self._limits)
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Opens the sockets and starts the kernel on them.

        A sandbox is bound to the thread that calls this, and ends with it.
        """
        inherited = Descriptors()
        try:
            named = self._open_sockets(inherited)
            self.stderr = Tail()
            stderr = inherited.own(self.stderr.write_end)
            command, environment, folder = self._command(cmd, json.dumps(named), inherited)
            info = await super().launch_kernel(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                pass_fds=inherited.numbers,
            )
        finally:
            inherited.close()
        await self._launched()
        return info

    def _open_sockets(self, inherited: Descriptors) -> dict[str, int]:
        info: Any = self.connection_info
        endpoints = [f"{info['ip']}-{info[port]}" for port in port_names]
        named = {f"ipc://{endpoint}": inherited.listen(endpoint) for endpoint in endpoints}
        self._close_agent_socket()
        self.agent_socket, theirs = socket.socketpair()
        named[launch.AGENT] = inherited.own(theirs.detach())
        return named

    @property
    def _limits(self) -> Limits:
        return Limits.from_mapping(self.limits)

    def _command(
        self, cmd: list[str], descriptors: str, inherited: Descriptors
    ) -> tuple[list[str], dict[str, str], str]:
        """The command line, its environment and its folder.

        Args:
            cmd: the command line of the kernel itself.
            descriptors: the value of ``launch.DESCRIPTORS`` for it.
            inherited: takes further descriptors.
        """
        raise NotImplementedError

    async def _launched(self) -> None:
        """Looks at the process that has just started."""

    def kill_now(self) -> None:
        """Ends the kernel and all it started; may be called from any thread, at any time."""
        raise NotImplementedError

    async def wait(self) -> int | None:
        """Waits until the kernel has ended."""
        while self.process is not None and self.process.poll() is None:
            await asyncio.sleep(0.01)
        if self.process is not None:
            self.exit_status = self.process.returncode
        return await super().wait()

    async def send_signal(self, signum: int) -> None:
        """Kills on a deadly signal; interrupts go through the control channel instead."""
        if signum in (signal.SIGKILL, signal.SIGTERM):
            self.kill_now()

    async def kill(self, restart: bool = False) -> None:
        """Ends the kernel and all it started."""
        self.kill_now()

    async def terminate(self, restart: bool = False) -> None:
        """Ends the kernel and all it started."""
        self.kill_now()

    async def cleanup(self, restart: bool = False) -> None:
        """Removes the run folder."""
        await super().cleanup(restart)
        if not restart:
            self._close_agent_socket()
            if self.run_folder is not None:
                shutil.rmtree(self.run_folder, ignore_errors=True)
                self.run_folder = None

    def _close_agent_socket(self) -> None:
        if self.agent_socket is not None:
            self.agent_socket.close()
            self.agent_socket = None


class BubblewrapProvisioner(InheritedSockets):
    """Runs a kernel in bubblewrap; jupyter_client finds it as ``autograder-bubblewrap``."""

    isolation = Isolation.BUBBLEWRAP
    first_pid: int | None = None
    """The sandbox's first process, as the machine counts it: when it ends, everything in the sandbox has."""
    _first: int | None = None  # its pidfd, which never comes to mean another process
    _told: int | None = None

    def _command(
        self, cmd: list[str], descriptors: str, inherited: Descriptors
    ) -> tuple[list[str], dict[str, str], str]:
        assert self.run_folder is not None
        connection_file = self.run_folder / "c.json"
        files = {
            "/etc/passwd": inherited.file(_PASSWD),
            str(connection_file): inherited.file(connection_file.read_bytes()),
        }
        for name, content in checked_files(self.files, self._limits).items():
            files[f"{bubblewrap.WORK_FOLDER}/{name}"] = inherited.file(content)
        calls = seccomp.program()
        self._told, tell = os.pipe()
        sandbox = bubblewrap.Sandbox(
            limits=self._limits,
            files=files,
            variables={launch.DESCRIPTORS: descriptors},
            seccomp=None if calls is None else inherited.file(calls),
            info=inherited.own(tell),
        )
        stage = None
        if os.geteuid() == 0:
            stage = self.run_folder / "m"
            for number in range(len(sandbox.view.trees)):
                (stage / str(number)).mkdir(parents=True, exist_ok=True)
            # Searchable, not readable: the name is the secret, and what is in there has modes of its own.
            self.run_folder.chmod(0o711)
        # Every process in the sandbox can read bubblewrap's own environment: there is nothing in it.
        return sandbox.command(cmd, str(stage) if stage else None), {"PATH": bubblewrap.SYSTEM_PATH}, "/"

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
        status = await super().wait()
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
