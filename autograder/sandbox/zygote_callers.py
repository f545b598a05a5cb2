"""Who may ask a zygote for kernels: the process that started it, and those that come through its door."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Mapping
from typing import Any

from autograder.sandbox import zygote_messages
from autograder.sandbox.zygote_messages import Request


class Callers:
    """The zygote's open connections.

    Args:
        control: to the process that started it; when that is gone, so is everything.
        door: a listening socket for the others, if there are any.
        greeting: what each is told first.
    """

    def __init__(
        self, control: socket.socket, door: socket.socket | None, greeting: Mapping[str, Any]
    ) -> None:
        self._control, self._door, self._greeting = control, door, dict(greeting)
        self._open: dict[int, socket.socket] = {}
        self._events = select.poll()
        self._add(control)
        zygote_messages.send(control, self._greeting)
        if door is not None:
            self._add(door)

    def next(self) -> Request | None:
        """The next request; None when the process that started the zygote has gone."""
        while True:
            for descriptor, _ in self._events.poll():
                caller = self._open[descriptor]
                if caller is self._door:
                    self._welcome(caller)
                    continue
                request = zygote_messages.receive_request(caller)
                if request is not None or caller is self._control:
                    return request
                self._drop(caller)

    def close(self) -> None:
        """Closes everything, in a fork: who asked must see it when the zygote ends."""
        for caller in self._open.values():
            caller.close()
        self._open.clear()

    def _welcome(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):  # gone again
            caller, _ = door.accept()
            self._add(caller)
            zygote_messages.send(caller, self._greeting)

    def _add(self, caller: socket.socket) -> None:
        self._open[caller.fileno()] = caller
        self._events.register(caller, select.POLLIN)

    def _drop(self, caller: socket.socket) -> None:
        self._events.unregister(caller)
        del self._open[caller.fileno()]
        caller.close()
