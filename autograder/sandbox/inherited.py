"""What every way to launch a kernel for jupyter_client has in common.

Each kernel has a run folder on the grader's side with its connection file and the unix sockets it is
reached through. The sockets are opened here and inherited by the kernel as listening descriptors
(:mod:`autograder.sandbox.launch`), so that the folder itself is not in the sandbox. Every way to launch has
the same two ends, ZMQ endpoints and ``agent_socket``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo, port_names
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool, Dict

from autograder.sandbox import launch
from autograder.sandbox.cgroup import MemoryGroup
from autograder.sandbox.files import Descriptors, Tail, make_run_folder, read_folder, remove_run_folder
from autograder.sandbox.isolation import Isolation, require
from autograder.sandbox.limits import Limits


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
    first_pid: int | None = None
    """The sandbox's first process, as the machine counts it: when it ends, everything in the sandbox has."""
    shared_bytes = 0
    """Memory of the kernel's that is not its own: what it still shares with the zygote it came from."""
    group: MemoryGroup | None = None
    """What limits the memory of all its processes together, where there is such a thing."""

    @property
    def kind(self) -> str:
        """How the kernel that was launched is kept apart, for the record."""
        return self.isolation.value

    @property
    def warm_started(self) -> bool:
        """Whether the kernel was forked from a zygote."""
        return False

    @property
    def lost(self) -> bool:
        """Whether the kernel ended because what it was launched by did, through no fault of its own."""
        return False

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
            named, stderr = self._open(inherited)
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

    def _open(self, inherited: Descriptors) -> tuple[dict[str, int], int]:
        """The kernel's sockets, by ZMQ endpoint and with the agent's, and its standard error."""
        info: Any = self.connection_info
        endpoints = [f"{info['ip']}-{info[port]}" for port in port_names]
        named = {f"ipc://{endpoint}": inherited.listen(endpoint) for endpoint in endpoints}
        self._close_agent_socket()
        self.agent_socket, theirs = socket.socketpair()
        named[launch.AGENT] = inherited.own(theirs.detach())
        self.stderr = Tail()
        return named, inherited.own(self.stderr.write_end)

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

    def exit_descriptor(self) -> int:
        """A new descriptor that can be read once the kernel has ended.

        Raises:
            ProcessLookupError: it has ended, and has been collected.
        """
        assert self.process is not None
        return os.pidfd_open(self.process.pid)

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
        await asyncio.to_thread(self.close_group)
        if not restart:
            self._close_agent_socket()
            if self.run_folder is not None:
                remove_run_folder(self.run_folder)
                self.run_folder = None

    def close_group(self) -> None:
        """Removes the control group, if there is one; from then on its memory has no hard limit."""
        if self.group is not None:
            self.group.close()
            self.group = None

    def _close_agent_socket(self) -> None:
        if self.agent_socket is not None:
            self.agent_socket.close()
            self.agent_socket = None
