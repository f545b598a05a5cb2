"""A notebook's kernel behind a synchronous interface: run cells, call functions, never trust."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping
from types import TracebackType
from typing import Any, TypeVar

from autograder.errors import CallTimeout, KernelDied, SandboxError, StudentError
from autograder.sandbox.calls import AgentConnection
from autograder.sandbox.cell_run import CellRun as CellRun
from autograder.sandbox.cells import Cells
from autograder.sandbox.files import checked_files
from autograder.sandbox.inherited import InheritedSockets
from autograder.sandbox.isolation import Isolation, record, require
from autograder.sandbox.limits import Limits
from autograder.sandbox.other_user import OtherUserProvisioner
from autograder.sandbox.provisioner import BubblewrapProvisioner, ColdProvisioner, PlainProvisioner

_T = TypeVar("_T")

PROVISIONERS: Mapping[Isolation, type[InheritedSockets]] = {
    Isolation.BUBBLEWRAP: BubblewrapProvisioner,
    Isolation.BUBBLEWRAP_COLD: ColdProvisioner,
    Isolation.OTHER_USER: OtherUserProvisioner,
    Isolation.NONE: PlainProvisioner,
}


class SandboxedKernel:
    """One submission's kernel, from its start to the death of its last process.

    It has a thread and an event loop of its own. The caller may so be any thread, with or without a running
    loop; and the sandbox, which the system kills when the thread that started it ends, lives as long as
    this object is open.

    Args:
        files: contents of the files beside the notebook, by relative path; copied, nothing comes back.
        limits: what it may use.
        isolation: how it is kept apart.

    Raises:
        ConfigurationError: the files do not fit or are badly named.

    Example:
        >>> with SandboxedKernel({}) as kernel:  # doctest: +SKIP
        ...     kernel.run_cell("def square(x): return x * x").status
        ...     kernel.call("square", (3.0,), {})
        'ok'
        9.0
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        limits: Limits | None = None,
        isolation: Isolation = Isolation.BUBBLEWRAP,
    ) -> None:
        self.limits = limits or Limits()
        self._files = checked_files(files, self.limits)
        self._isolation = isolation
        self._kind = isolation.value
        self._layers: dict[str, str] = {}
        self._used = 0.0
        self._peak = 0
        self._cells: Cells | None = None
        self._agent: AgentConnection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> SandboxedKernel:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Starts the kernel and waits for its first reply; ``with`` does it.

        Raises:
            SandboxError: the isolation is missing, or the kernel did not start in time.
        """
        require(self._isolation)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="sandboxed-kernel")
        self._thread.start()
        try:
            self._do(self._start())
        except BaseException as error:
            self.close()
            if isinstance(error, (SandboxError, KeyboardInterrupt)):
                raise
            raise SandboxError(
                "a kernel did not start", received=f"{type(error).__name__}: {error}"
            ) from error

    async def _start(self) -> None:
        self._cells = Cells(PROVISIONERS[self._isolation], self._files, self.limits)
        await self._cells.start()
        launched = self._cells.provisioner
        self._kind = launched.kind
        self._layers = record(self._isolation, launched.warm_started, launched.group is not None)
        assert launched.agent_socket is not None
        self._agent = AgentConnection(launched.agent_socket, self.limits.result_bytes)

    def run_cell(self, source: str) -> CellRun:
        """Runs one cell and collects its outputs; nothing that the student does makes it raise.

        At a limit the kernel is killed, and every later cell says why it did not run.

        Raises:
            SandboxError: the kernel was lost through no fault of the student's.
        """
        if not self.alive:
            return CellRun(status=self._ending, reason=f"not run: {self._reason}")
        assert self._cells is not None and self._agent is not None
        seconds = min(self.limits.cell_seconds, self._left)
        if self._cells.serving:
            self._agent.say_bye()
        run = self._do(self._cells.run(source, seconds))
        self._used += run.seconds
        if run.status == "died":
            self._require_zygote()
        return run

    @property
    def killed(self) -> bool:
        """Whether something else than a limit killed it: the student's code, the system, or a person."""
        return self._cells is not None and self._cells.killed

    def call(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls a function of the notebook; the form that ``autograder.checks.Student`` takes.

        Args:
            function: its name.
            args: numbers, text, arrays, ``Code``, handles of the current check, and lists and dicts of these.
            kwargs: the same by name.

        Returns:
            Arrays, numbers, text, lists, dicts; a ``Handle`` for what cannot cross.

        Raises:
            StudentError: the function is missing, raised, or gave what cannot be read.
            CallTimeout: it took longer than ``call_seconds``, or the notebook is out of time; the kernel
                was killed.
            KernelDied: the kernel ended before it answered, or earlier.
            AuthoringError: an argument cannot be sent.
            SandboxError: the kernel was lost through no fault of the student's.
        """
        agent = self._serve(f"`{function.rpartition(':')[2]}`")
        seconds, limit = self.limits.call_seconds, "limits.call_seconds"
        if self._left < seconds:
            seconds, limit = self._left, "limits.notebook_seconds, for all cells and calls together"
        started = time.monotonic()
        try:
            return agent.call(function, args, kwargs, seconds, limit)
        except CallTimeout as error:
            self._end("timeout", str(error))
            raise
        except StudentError as error:
            if agent.broken:
                if isinstance(error, KernelDied):
                    self._require_zygote()
                    self._await_exit()
                self._end("died", str(error))
            raise
        finally:
            self._used += time.monotonic() - started

    def seed(self, number: int) -> None:
        """Seeds the notebook's global generators and drops the handles: the start of a check.

        It never raises for what the student does; a kernel that is gone says so at the next call. One that
        was lost raises ``SandboxError``.

        Args:
            number: the seed; >= 0.
        """
        try:
            agent = self._serve("seeding")
            agent.seed(number, min(self.limits.call_seconds, self._left))
        except StudentError as error:
            if self._agent is not None and self._agent.broken:
                if isinstance(error, KernelDied):
                    self._require_zygote()
                    self._await_exit()
                self._end("died", str(error))

    def _await_exit(self) -> None:
        """Lets the end of a process that has closed its connection be seen for what it was."""
        if self._cells is not None:
            self._do(self._cells.exited())

    def _serve(self, what: str) -> AgentConnection:
        if not self.alive:
            self._require_zygote()
            raise KernelDied(f"{what} was not called: {self._reason}")
        assert self._cells is not None and self._agent is not None
        if not self._cells.serving:
            self._do(self._cells.start_serving())
        return self._agent

    @property
    def kind(self) -> str:
        """How it is kept apart, for the record: ``bubblewrap (warm)``, ``bubblewrap`` or ``none``."""
        return self._kind

    @property
    def layers(self) -> dict[str, str]:
        """Which layers of isolation it has, by name, for the record; none before it has started."""
        return dict(self._layers)

    @property
    def peak_bytes(self) -> int:
        """The most memory that its processes were seen to have held; shared pages count for each of them."""
        return self._cells.peak_bytes if self._cells is not None else self._peak

    def _require_zygote(self) -> None:
        if self._cells is not None and self._cells.provisioner.lost:
            raise SandboxError(
                "a kernel was lost with the zygote that it came from",
                fix="the submission is worth another try: nothing that it did is the reason",
            )

    @property
    def alive(self) -> bool:
        """Whether cells and calls can still run."""
        return self._cells is not None and self._cells.guard.ending is None and self._left > 0

    @property
    def _left(self) -> float:
        return self.limits.notebook_seconds - self._used

    @property
    def _ending(self) -> Any:
        ending = self._cells.guard.ending if self._cells is not None else None
        return ending or ("timeout" if self._left <= 0 else "died")

    @property
    def _reason(self) -> str:
        if self._cells is not None and self._cells.guard.ending is not None:
            return self._cells.guard.reason
        if self._left <= 0:
            return f"the notebook used up its {self.limits.notebook_seconds:.3g} s"
        return "the kernel is closed"

    def _end(self, ending: Any, reason: str) -> None:
        assert self._cells is not None

        async def end() -> None:
            self._cells.guard.end(ending, reason)  # type: ignore[union-attr]

        self._do(end())

    def close(self) -> None:
        """Ends the kernel and everything it started; may be called more than once."""
        if self._loop is None or self._thread is None:
            return
        cells, self._cells = self._cells, None
        try:
            if cells is not None:
                self._do(cells.close())
                self._peak = cells.peak_bytes
        finally:
            loop, self._loop = self._loop, None
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            self._thread = None
            loop.close()

    def _do(self, work: Coroutine[Any, Any, _T]) -> _T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
