"""A process that takes its kernels from a zygote which another process of the same user has started."""

from __future__ import annotations

import os
import select
import socket

from autograder.errors import SandboxError
from autograder.sandbox import gpu
from autograder.sandbox.zygote_connection import ZygoteConnection

DOOR_VARIABLE = "AUTOGRADER_ZYGOTE"
"""Environment variable: path of the socket at which a zygote may be asked."""


class Visit(ZygoteConnection):
    """A connection through a zygote's door.

    Args:
        door: the socket's path.

    Raises:
        SandboxError: nobody is there, or the zygote does not start.
    """

    def __init__(self, door: str) -> None:
        super().__init__(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        self._open = True
        try:
            self._control.connect(door)
            self._await_ready()
        except OSError as error:
            self.close()
            raise SandboxError("nobody answers at a zygote's door", where=door, received=error) from None
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the zygote is still there: after its greeting it says nothing, and only its end is heard."""
        return self._open and not select.select([self._control], [], [], 0)[0]

    def close(self) -> None:
        """Leaves; each kernel ends with its own connection."""
        self._open = False
        self._control.close()


def visit() -> Visit | None:
    """The zygote behind the door that the environment names; None where there is none to be had."""
    door = os.environ.get(DOOR_VARIABLE)
    if not door or gpu.owned():  # another process's zygote has no device of this one's
        return None
    try:
        return Visit(door)
    except SandboxError:
        return None
