"""Runs a notebook's cells one by one on a guarded kernel; the part that lives in an event loop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from autograder.errors import SandboxError
from autograder.sandbox.bubblewrap import WORK_FOLDER
from autograder.sandbox.cell_run import CellRun, CellStatus, valid_outputs
from autograder.sandbox.guard import Guard, GuardedClient
from autograder.sandbox.inherited import InheritedSockets
from autograder.sandbox.kernelspec import NAME, SandboxSpecManager
from autograder.sandbox.limits import Limits
from autograder.sandbox.memory import files_of, memory_of, peak_of

_QUEUED_MESSAGES = 32
"""Messages that wait unread on each socket; with ``message_bytes`` the bound on what a flood takes here."""
_STATUS_BYTES = 4096
_SAMPLE_SECONDS = 0.25
_FOLDERS = (WORK_FOLDER, "/tmp", "/dev/shm")
_LAST_OUTPUT_SECONDS = 0.1
_END_SECONDS = 10.0
_EXIT_SECONDS = 0.5

log = logging.getLogger(__name__)
log.addHandler(
    logging.NullHandler()
)  # jupyter_client reports every death to it, and so to the terminal otherwise


class _Client(NotebookClient):
    """nbclient with the guard in place of its interrupts, and without widgets."""

    guard: Guard

    async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> None:
        self.guard.end("timeout", f"a cell did not finish within {timeout:.3g} s")
        raise DeadKernelError

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        try:
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception as error:
            # Signed and well formed, but not what a kernel would say: no reason to end one that an unusual
            # library runs in.
            log.info("an output was dropped: %r", error)
            return None

    def handle_comm_msg(self, outs: Any, msg: Any, cell_index: int) -> None:
        """Ignores widgets: their state is the kernel's to choose and nobody's to see."""


class Cells:
    """A kernel and the cells that have run on it. Create and use it in one event loop's thread.

    Args:
        provisioner: how the kernel is launched.
        files: contents of the files in its work folder.
        limits: what it may use.
    """

    def __init__(self, provisioner: type[InheritedSockets], files: dict[str, bytes], limits: Limits) -> None:
        self._limits = limits
        self.peak_bytes = 0
        """The most memory that its processes were seen to have held; shared pages count for each of them."""
        self._context = zmq.asyncio.Context()
        for option, value in {
            zmq.LINGER: 0,
            zmq.MAXMSGSIZE: limits.message_bytes,
            zmq.RCVHWM: _QUEUED_MESSAGES,
        }.items():
            self._context.setsockopt(option, value)
        self.manager = AsyncKernelManager(
            kernel_name=NAME,
            kernel_spec_manager=SandboxSpecManager(limits, log=log),
            context=self._context,
            client_factory=GuardedClient,
            log=log,
        )
        self.provisioner = provisioner(
            kernel_id="",
            kernel_spec=self.manager.kernel_spec,
            parent=self.manager,
            limits=limits.to_mapping(),
            files=files,
            copy_cwd=False,
            log=log,
        )
        self.manager.provisioner = self.provisioner
        self.guard = Guard(limits, self.provisioner.kill_now)
        self._notebook = new_notebook()
        self._client: Any = None
        self._drain: asyncio.Task[None] | None = None
        self._memory: asyncio.Task[None] | None = None
        self._output: asyncio.Task[None] | None = None
        self._exit: int | None = None
        self.killed = False
        """Whether its process was killed, and not at a limit of ours."""

    async def start(self) -> None:
        """Starts the kernel and waits for its first reply.

        Raises:
            SandboxError: there is none within ``start_seconds``.
        """
        await self.manager.start_kernel()
        kernel = self.manager.client(context=self._context)
        kernel.shell_channel.guard = kernel.iopub_channel.guard = self.guard
        # Neither heartbeat nor stdin nor control: what is not open cannot be flooded, and the process
        # itself is watched.
        kernel.start_channels(stdin=False, hb=False, control=False)
        self._client = _Client(
            self._notebook,
            km=self.manager,
            timeout_func=lambda cell: cell.metadata["seconds"],
            allow_errors=False,
            record_timing=False,
            store_widget_state=False,
            log=log,
        )
        self._client.kc, self._client.guard = kernel, self.guard
        self.guard.on_end = self._cancel_waits
        self._watch_process()
        await self._first_reply(kernel)
        if self.provisioner.group is not None and not self.provisioner.group.joined:
            self.provisioner.close_group()  # refused after all: its memory is sampled, and recorded so
        self.guard.begin_cell()
        self._memory = asyncio.create_task(self._watch_memory_and_files())
        monitor = kernel.iopub_channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._output = asyncio.create_task(self._watch_output(kernel.iopub_channel.socket, monitor))

    async def _first_reply(self, kernel: Any) -> None:
        deadline = time.monotonic() + self._limits.start_seconds
        while self.guard.ending is None and time.monotonic() < deadline:
            # The iopub subscription may lag behind the shell: only a request whose status is heard shows
            # that both work.
            kernel.kernel_info()
            try:
                await kernel.shell_channel.get_msg(timeout=min(1.0, self._limits.start_seconds))
                await kernel.iopub_channel.get_msg(timeout=0.2)
                return
            except Empty:
                continue
        said = self.provisioner.stderr.last_line if self.provisioner.stderr else ""
        raise SandboxError(
            "a kernel did not start",
            received=said or self.guard.reason or f"no reply in {self._limits.start_seconds:.3g} s",
            fix="`autograder doctor` looks at each layer of the sandbox",
        )

    def _watch_process(self) -> None:
        self._exit = self.provisioner.exit_descriptor()
        asyncio.get_running_loop().add_reader(self._exit, self._process_ended)

    def _process_ended(self) -> None:
        assert self._exit is not None
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._exit)
        os.close(self._exit)
        self._exit = None
        if self.guard.ending is None and not (self.provisioner.group and self.provisioner.group.exceeded):
            self.killed = self._status() in (-signal.SIGKILL, 128 + signal.SIGKILL)
        # What it printed before is on its way.
        loop.call_later(_LAST_OUTPUT_SECONDS, self.guard.end, "died", self._why())

    def _why(self) -> str:
        group = self.provisioner.group
        if group is not None and group.exceeded:
            return self._out_of_memory
        return _why(self._status())

    def _status(self) -> int | None:
        process = self.provisioner.process
        return process.poll() if process is not None else self.provisioner.exit_status

    async def exited(self) -> None:
        """Waits until its process has ended, for a moment."""
        deadline = time.monotonic() + _EXIT_SECONDS
        while self._exit is not None and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    async def _watch_memory_and_files(self) -> None:
        """Ends a kernel whose processes together take too much, which no limit of a process sees."""
        first, group = self.provisioner.first_pid, self.provisioner.group
        enough = self._limits.total_memory_bytes + self.provisioner.shared_bytes
        while first is not None and self.guard.ending is None:
            await asyncio.to_thread(self._note_peak)
            # A group is limited by the system, which kills; here it is only told.
            if group.exceeded if group else await asyncio.to_thread(memory_of, first, enough) > enough:
                self.guard.end("died", self._out_of_memory)
            elif await asyncio.to_thread(files_of, first, _FOLDERS) > self._limits.disk_files:
                self.guard.end("died", f"the notebook made more than {self._limits.disk_files:,} files")
            await asyncio.sleep(_SAMPLE_SECONDS)

    @property
    def _out_of_memory(self) -> str:
        return f"the notebook took more than {self._limits.total_memory_bytes >> 20:,} MiB of memory"

    async def _watch_output(self, socket: Any, monitor: Any) -> None:
        """Ends a kernel whose output connection ZMQ has closed, over a message beyond ``message_bytes``.

        Nothing of it is heard from then on: every cell would wait for its end in vain, and the first cell
        after a check would be taken for one that does not come back.
        """
        try:
            await monitor.recv_multipart()
            # A process that has ended closes it as well, and says so by itself.
            await asyncio.sleep(3 * _LAST_OUTPUT_SECONDS)
            most = self._limits.message_bytes
            self.guard.end("output_limit", f"one output was longer than {most:,} bytes; it was not read")
        finally:
            socket.disable_monitor()

    def _cancel_waits(self) -> None:
        # nbclient turns a cancelled wait into DeadKernelError; without it, it would notice a second later.
        for wait in (self._client.task_poll_for_reply, self._drain):
            if wait is not None:
                wait.cancel()

    async def run(self, source: str, seconds: float) -> CellRun:
        """Runs one cell.

        Args:
            source: its code.
            seconds: wall time after which the kernel is killed.
        """
        started = time.monotonic()
        await self.stop_serving()
        if self.guard.ending is not None:
            return CellRun([], self.guard.ending, self.guard.reason, time.monotonic() - started)
        self.guard.begin_cell()
        cell = new_code_cell(source, metadata={"seconds": seconds})
        self._notebook.cells.append(cell)
        status: CellStatus = "ok"
        reason = ""
        try:
            await self._client.async_execute_cell(cell, len(self._notebook.cells) - 1)
        except CellExecutionError as error:
            status, reason = "error", f"{str(error.ename)[:100]}: {str(error.evalue)[:500]}"
        except DeadKernelError:
            self.guard.end("died", self._why())
        except Exception as error:
            # nbclient meets a reply that is well formed but not what a kernel would say.
            self.guard.end("died", f"the kernel gave a reply that no kernel gives ({type(error).__name__})")
        if self.guard.ending is not None:
            status, reason = self.guard.ending, self.guard.reason
        return CellRun(valid_outputs(cell.outputs), status, reason, time.monotonic() - started)

    async def start_serving(self) -> None:
        """Puts the kernel into the agent's loop, if it is not there."""
        if self._drain is None:
            # No name is left behind in the notebook's namespace.
            source = "__import__('autograder.sandbox.agent', fromlist=['serve']).serve()"
            request = self._client.kc.execute(source, silent=True, store_history=False, allow_stdin=False)
            self._drain = asyncio.create_task(self._discard_output(request))

    async def stop_serving(self) -> None:
        """Waits until the agent, which has been told to, has returned."""
        if self._drain is None:
            return
        drain, self._drain = self._drain, None
        await asyncio.wait({drain}, timeout=self._limits.call_seconds)
        if not drain.done():
            drain.cancel()
            self.guard.end("died", "the kernel did not come back from the calls of a check")

    @property
    def serving(self) -> bool:
        """Whether the kernel is in the agent's loop, as far as is known."""
        return self._drain is not None

    async def _discard_output(self, request: str) -> None:
        """Reads what is displayed during calls until the kernel says that the request for them has ended."""
        channel = self._client.kc.iopub_channel
        while True:
            frames = await channel.socket.recv_multipart()
            # A status is short. What is longer is thrown away unread.
            if sum(map(len, frames)) < _STATUS_BYTES and _ends(channel.session, frames, request):
                return

    def _note_peak(self) -> None:
        if (first := self.provisioner.first_pid) is not None:
            self.peak_bytes = max(self.peak_bytes, peak_of(first))

    async def close(self) -> None:
        """Ends the kernel and waits until nothing is left of it."""
        if self.guard.ending is None:
            self._note_peak()
        # The watch over memory, the drain, and those of nbclient's that a cancelled cell leaves behind.
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        if self._exit is not None:
            asyncio.get_running_loop().remove_reader(self._exit)
            os.close(self._exit)
            self._exit = None
        self.provisioner.kill_now()
        try:
            await asyncio.wait_for(self.provisioner.wait(), _END_SECONDS)
        except TimeoutError:
            if self.provisioner.process is not None:
                self.provisioner.process.kill()
                await self.provisioner.wait()
        if self._client is not None:
            self._client.kc.shell_channel.stop()
            self._client.kc.iopub_channel.stop()
        await self.manager.cleanup_resources()
        self._context.destroy(linger=0)


def _ends(session: Any, frames: list[bytes], request: str) -> bool:
    try:
        message = session.deserialize(session.feed_identities(frames)[1])
        idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
        return idle and message["parent_header"]["msg_id"] == request
    except Exception:
        return False  # the student's kernel may send anything


_SIGNALS = {
    6: "it aborted, for example because TensorFlow found no memory",
    9: "it was killed",
    11: "it crashed with a segmentation fault",
    24: "it used up limits.cpu_seconds of processor time",
    25: "it wrote a file longer than limits.file_bytes",
    31: "it made a system call that the sandbox forbids",
}


def _why(status: int | None) -> str:
    if status is None:
        return "the kernel ended"
    # bubblewrap reports a signal as 128 + its number, subprocess as minus its number.
    number = -status if status < 0 else status - 128
    return f"the kernel ended: {_SIGNALS.get(number, f'exit status {status}')}"
