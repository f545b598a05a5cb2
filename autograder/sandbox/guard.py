"""Watches a kernel's messages and process, and ends it at the first limit that it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from traitlets import Type

from autograder.sandbox.limits import Limits

Ending = Literal["died", "timeout", "output_limit"]
"""Why there is no kernel any more."""


class Guard:
    """The first thing that went wrong with a kernel, which it does not survive.

    Args:
        limits: sizes and numbers of messages.
        kill: ends the kernel at once. It is never interrupted: student code can catch that.
    """

    def __init__(self, limits: Limits, kill: Callable[[], None]) -> None:
        self._limits, self._kill = limits, kill
        self._cell_bytes = self._cell_messages = self._notebook_bytes = 0
        self.ending: Ending | None = None
        self.reason = ""
        self.on_end: Callable[[], None] | None = None
        """Called once, when the kernel is ended, in the event loop's thread."""

    def begin_cell(self) -> None:
        """Starts to count anew what is counted by cell."""
        self._cell_bytes = self._cell_messages = 0

    def end(self, ending: Ending, reason: str) -> None:
        """Ends the kernel; only the first reason is kept."""
        if self.ending is not None:
            return
        self.ending, self.reason = ending, reason
        self._kill()
        if self.on_end is not None:
            self.on_end()

    def admit(self, size: int) -> bool:
        """Counts a message of ``size`` bytes that has arrived; False when it is one too many."""
        self._cell_bytes += size
        self._cell_messages += 1
        self._notebook_bytes += size
        limits = self._limits
        if self._cell_bytes > limits.output_bytes:
            self.end("output_limit", f"a cell printed or displayed more than {limits.output_bytes:,} bytes")
        elif self._cell_messages > limits.output_messages:
            self.end("output_limit", f"a cell sent more than {limits.output_messages:,} outputs")
        elif self._notebook_bytes > limits.notebook_output_bytes:
            self.end(
                "output_limit", f"the notebook displayed more than {limits.notebook_output_bytes:,} bytes"
            )
        return self.ending is None


class GuardedChannel(AsyncZMQSocketChannel):
    """A channel that gives out nothing but well-formed messages, and measures them before it reads them."""

    guard: Guard

    async def _recv(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        assert self.socket is not None
        frames = await self.socket.recv_multipart(**kwargs)
        if self.guard.admit(sum(map(len, frames))):
            try:
                return self._message(frames)
            except Exception:
                # Whatever a student's kernel may send: signatures, JSON and types can all be wrong, in many
                # ways.
                self.guard.end("died", "the kernel sent a message that no kernel sends")
        # The caller is cancelled by the guard; it must not see what could not be read.
        await asyncio.get_running_loop().create_future()
        raise AssertionError("the future above has no result")

    def _message(self, frames: Sequence[bytes]) -> dict[str, Any]:
        _, parts = self.session.feed_identities(list(frames))
        message: dict[str, Any] = self.session.deserialize(parts)
        for part in ("header", "parent_header", "content", "metadata"):
            if not isinstance(message[part], dict):
                raise TypeError(part)
        if not isinstance(message["msg_type"], str):
            raise TypeError("msg_type")
        return message


class GuardedClient(AsyncKernelClient):
    """A client whose two used channels are guarded; set their ``guard`` before the first message."""

    shell_channel_class = Type(GuardedChannel)
    iopub_channel_class = Type(GuardedChannel)
