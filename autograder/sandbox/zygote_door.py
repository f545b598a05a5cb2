"""One zygote for all workers of a machine: its start is paid once, and its pages are there once."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from autograder.errors import SandboxError
from autograder.sandbox.files import make_run_folder, remove_run_folder
from autograder.sandbox.zygote_client import Zygote
from autograder.sandbox.zygote_visit import DOOR_VARIABLE

_WAITING = 128


@contextmanager
def door() -> Iterator[dict[str, str]]:
    """Starts a zygote, and meanwhile gives the variables by which other processes of this user find it.

    It starts in the background: who comes early waits at the door. Where none can run, the door closes and
    each process looks after itself. The zygote ends with the context, or with this process.
    """
    folder = make_run_folder()
    path = str(folder / "z")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(_WAITING)
    started: list[Zygote] = []

    def start() -> None:
        try:
            started.append(Zygote(listener))
        except SandboxError:
            listener.close()  # not yet handed on; who waits there hears of it

    starting = threading.Thread(target=start, name="zygote-door")
    starting.start()
    try:
        yield {DOOR_VARIABLE: path}
    finally:
        starting.join()
        for zygote in started:
            zygote.close()
        remove_run_folder(folder)
