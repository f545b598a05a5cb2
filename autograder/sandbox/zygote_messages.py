"""What the grader and its zygote say to each other: JSON and descriptors, one message at a time.

Each request for a kernel carries a socket of its own for the answers, so that those to requests made at the
same time are not mixed up::

    {"first": true}  with a descriptor of the process that the others end with
    {"running": true}            the kernel is about to start, with all of its isolation
    {"exit": 0}                  it has ended; as shells count, 128 + the signal's number
    {"error": "..."}             there is no kernel
"""

from __future__ import annotations

import array
import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.sandbox.limits import Limits

_MOST_BYTES = 4096
_MOST_DESCRIPTORS = 253  # SCM_MAX_FD


@dataclass
class Request:
    """One kernel that is asked for, with the descriptors it comes with.

    Args:
        arguments: the kernel's command line after the program.
        environment: its whole environment.
        limits: what it may use.
        shared_bytes: private mappings that it inherits, by which ``memory_bytes`` is raised.
        report: where the answers go.
        stderr: the kernel's standard error.
        cores: that it runs on: those of the grader that asks.
        sockets: listening sockets by ZMQ endpoint, and the agent's.
        files: contents by absolute path.
    """

    arguments: list[str]
    environment: dict[str, str]
    limits: Limits
    shared_bytes: int
    report: socket.socket
    stderr: int
    cores: list[int]
    sockets: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)

    def send(self, control: socket.socket) -> None:
        """Sends it; the descriptors stay open on this side.

        Raises:
            OSError: nobody is there to read it.
        """
        text = {
            "arguments": self.arguments,
            "environment": self.environment,
            "limits": self.limits.to_mapping(),
            "shared_bytes": self.shared_bytes,
            "cores": self.cores,
            "sockets": list(self.sockets),
            "files": list(self.files),
        }
        # As a descriptor as well: hundreds of paths are more than one message holds.
        body = os.memfd_create("request", os.MFD_CLOEXEC)
        with open(body, "wb") as file:
            file.write(json.dumps(text).encode())
            file.flush()
            descriptors = [
                body,
                self.report.fileno(),
                self.stderr,
                *self.sockets.values(),
                *self.files.values(),
            ]
            socket.send_fds(control, [b"{}"], descriptors)

    def take_sockets(self) -> dict[str, int]:
        """The kernel's sockets, which are then not closed with the rest."""
        sockets, self.sockets = self.sockets, {}
        return sockets

    def close(self, keep_report: bool = False) -> None:
        """Closes the descriptors on this side."""
        for descriptor in (self.stderr, *self.sockets.values(), *self.files.values()):
            os.close(descriptor)
        self.sockets, self.files = {}, {}
        if not keep_report:
            self.report.close()


def receive_request(control: socket.socket) -> Request | None:
    """The next request; None when the grader has closed the socket."""
    _, descriptors = _receive(control)
    if not descriptors:
        return None
    body, report, stderr, *rest = descriptors
    with open(body, "rb") as file:
        file.seek(0)
        text = json.load(file)
    endpoints = text["sockets"]
    return Request(
        arguments=text["arguments"],
        environment=text["environment"],
        limits=Limits.from_mapping(text["limits"]),
        shared_bytes=text["shared_bytes"],
        report=socket.socket(fileno=report),
        stderr=stderr,
        cores=text["cores"],
        sockets=dict(zip(endpoints, rest, strict=False)),
        files=dict(zip(text["files"], rest[len(endpoints) :], strict=True)),
    )


def send(to: socket.socket, message: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Sends one answer, cut to what one message holds.

    Raises:
        OSError: nobody is there to read it.
    """
    text = {key: value[:500] if isinstance(value, str) else value for key, value in message.items()}
    data = json.dumps(text).encode()
    if descriptors:
        socket.send_fds(to, [data], list(descriptors))
    else:
        to.send(data, socket.MSG_NOSIGNAL)


def receive(source: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next answer and its descriptors; nothing at all when the other side has ended.

    Raises:
        TimeoutError: none came within the socket's timeout.
    """
    data, descriptors = _receive(source)
    return (json.loads(data) if data else {}), descriptors


def _receive(source: socket.socket) -> tuple[bytes, list[int]]:
    numbers = array.array("i")
    room = socket.CMSG_SPACE(_MOST_DESCRIPTORS * numbers.itemsize)
    try:
        # Not socket.recv_fds, which ignores its flags: another thread's child would inherit them.
        data, ancillary, _, _ = source.recvmsg(_MOST_BYTES, room, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return b"", []
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
    return data, numbers.tolist()
