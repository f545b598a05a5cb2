"""Kernels as another user, for a container that is thrown away after one submission.

Where bubblewrap cannot run, as in most containers of others, this is what is left: files that only root may
read stay unread, and root's processes cannot be touched. The network, ``/tmp`` and whatever else any user of
the container may use stay open. It is no sandbox for a machine that goes on to do other work.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from autograder.errors import SandboxError
from autograder.sandbox import bubblewrap
from autograder.sandbox.files import Descriptors
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.provisioner import PlainProvisioner

USER = 65532
"""Its number; nobody else's in the container."""


def as_user() -> list[str]:
    """The beginning of a command that runs the rest as that user, with no way back.

    Raises:
        SandboxError: this process is not root's, or util-linux is missing.
    """
    if os.geteuid() != 0:
        raise SandboxError("only root can run a kernel as another user", received=f"uid {os.geteuid()}")
    identity = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    return [
        bubblewrap.tool("setpriv"),
        *identity,
        "--no-new-privs",
        "--inh-caps=-all",
        "--bounding-set=-all",
        "--",
    ]


class OtherUserProvisioner(PlainProvisioner):
    """Runs a kernel as the container's unprivileged user; all of that user's processes end with it."""

    isolation = Isolation.OTHER_USER

    def _command(
        self, cmd: list[str], descriptors: str, inherited: Descriptors
    ) -> tuple[list[str], dict[str, str], str]:
        command, variables, folder = super()._command(cmd, descriptors, inherited)
        assert self.run_folder is not None
        for name in ("work", "home"):
            for path in (self.run_folder / name, *(self.run_folder / name).rglob("*")):
                os.chown(path, USER, USER)
        os.chown(self.run_folder / "c.json", USER, USER)
        # Searchable, not readable.
        self.run_folder.chmod(0o711)
        limited = [bubblewrap.tool("prlimit"), *self._limits.prlimit_options(), "--"]
        return [*as_user(), *limited, *command], variables, folder

    def kill_now(self) -> None:
        """Ends every process of that user: one may have left its group."""
        super().kill_now()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if entry.stat().st_uid == USER:
                        os.kill(int(entry.name), signal.SIGKILL)
