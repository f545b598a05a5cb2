"""The grader's end of the agent's socket: sends a call, believes nothing about the reply."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

from autograder import wire
from autograder.errors import AuthoringError, CallTimeout, KernelDied, StudentError, WireError


class AgentConnection:
    """Calls through one socket, one at a time.

    Once a reply was late or broke the protocol nobody knows where the next one begins: ``broken`` is then
    set and the kernel has to go.

    Args:
        connection: the trusted end of the pair.
        result_bytes: the largest reply.
    """

    def __init__(self, connection: socket.socket, result_bytes: int) -> None:
        self._connection, self._result_bytes = connection, result_bytes
        self._number = 0
        self.broken = False

    def call(
        self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float, limit: str
    ) -> Any:
        """Calls a function of the student's.

        Args:
            function: its name.
            args: positional arguments.
            kwargs: keyword arguments.
            seconds: time until the whole reply must be here; > 0.
            limit: what to call that time in a message.

        Returns:
            The decoded result.

        Raises:
            StudentError: the function raised, or the reply is no valid message.
            CallTimeout: the reply was not here in time.
            KernelDied: the socket was closed instead.
            AuthoringError: an argument is of a kind that cannot be sent.
        """
        request = {"function": function, "args": list(args), "kwargs": dict(kwargs)}
        # Without the prefix that asks for a gradient or a source: the student knows the function.
        return self._exchange(f"`{function.rpartition(':')[2]}`", request, seconds, limit)

    def seed(self, number: int, seconds: float) -> None:
        """Seeds the global generators on the other side; raises as :meth:`call` does."""
        # 53 bits fit every integer type on the way.
        self._exchange("seeding", {"seed": number % (1 << 53)}, seconds, "limits.call_seconds")

    def say_bye(self) -> None:
        """Asks the agent to return; whether it does shows at the next cell."""
        try:
            self._connection.settimeout(1.0)
            self._connection.sendall(wire.dumps({"bye": True}))
        except OSError:
            self.broken = True

    def close(self) -> None:
        """Closes the socket."""
        self._connection.close()

    def _exchange(self, what: str, request: dict[str, Any], seconds: float, limit: str) -> Any:
        if self.broken:
            raise KernelDied(f"{what} was not called: the notebook's kernel has ended")
        self._number += 1
        message = _encode(what, {"id": self._number, **request})
        deadline = time.monotonic() + seconds
        try:
            self._connection.settimeout(seconds)
            self._connection.sendall(message)
            reply = wire.read(_Stream(self._connection, deadline, self._result_bytes).take)
        except TimeoutError:
            self.broken = True
            raise CallTimeout(
                f"{what} did not return within {seconds:.3g} s", fix=f"the limit is {limit}"
            ) from None
        except (OSError, EOFError):
            self.broken = True
            raise KernelDied(f"{what} ended the notebook's kernel before it answered") from None
        except WireError as error:
            self.broken = True
            raise StudentError(f"{what} gave an answer that cannot be read: {error}") from None
        return self._value(what, reply)

    def _value(self, what: str, reply: Any) -> Any:
        if isinstance(reply, dict) and reply.get("id") == self._number and len(reply) == 2:
            if "value" in reply:
                return reply["value"]
            if isinstance(reply.get("error"), str):
                raise StudentError(reply["error"])
        # Somebody else wrote to the socket, or the agent is not ours any more.
        self.broken = True
        raise StudentError(f"{what} gave an answer that is not the reply to its call")


class _Stream:
    """Exact reads from a socket before a deadline and below a size."""

    def __init__(self, connection: socket.socket, deadline: float, most: int) -> None:
        self._connection, self._deadline, self._left = connection, deadline, most

    def take(self, count: int) -> bytearray:
        self._left -= count
        if self._left < 0:
            raise WireError("a result is larger than limits.result_bytes")
        buffer = bytearray(count)
        view = memoryview(buffer)
        while view:
            remaining = self._deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            self._connection.settimeout(remaining)
            received = self._connection.recv_into(view)
            if not received:
                raise EOFError
            view = view[received:]
        return buffer


def _encode(what: str, request: dict[str, Any]) -> bytes:
    try:
        return wire.dumps(request)
    except WireError as error:
        if "nested" in error.rule:
            # Only an earlier answer of the student's can be as deep: a check's own arguments are arrays and
            # short lists.
            raise StudentError(f"{what} was not called: {error}") from None
        raise AuthoringError(
            f"{what} is called with an argument that cannot be sent", received=error
        ) from error
