"""Runs a notebook's cells in a sandboxed kernel, and goes on after the kernel has died."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from nbformat import NotebookNode, from_dict

from autograder.errors import KernelDied, SandboxError, StudentError
from autograder.grading.settings import GradingSettings
from autograder.sandbox.kernel import CellRun, SandboxedKernel

MAX_RESTARTS = 6
"""How often a notebook that kills its kernel is started again."""


class Execution:
    """The student's side of one submission: cells run in order, functions are called in between.

    When the kernel dies, a new one runs the earlier cells again, without the ones that kill, so that the
    rest of the notebook is graded in the state it expects.

    Args:
        files: what lies beside the notebook in its folder, by name.
        settings: isolation and limits.
    """

    def __init__(self, files: Mapping[str, bytes], settings: GradingSettings) -> None:
        self._files, self._settings = files, settings
        self._kernel: SandboxedKernel | None = None
        self._history: list[NotebookNode] = []
        self._restarts = 0
        self._deadline = time.monotonic() + settings.limits.notebook_seconds
        self.notes: list[str] = []
        self.isolation = settings.isolation.value
        """How its latest kernel was kept apart, as the report tells it."""
        self.layers: dict[str, str] = {}
        """Which layers of isolation that kernel had."""
        self.killed = False
        """Whether a kernel was killed, by something else than a limit: the student's code, or anybody."""
        self.peak_bytes = 0
        """The most memory that one of its kernels held."""
        self.lost: SandboxError | None = None
        """Why a kernel went during a call, when that was not the student's doing."""

    def __enter__(self) -> Execution:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def run(self, cell: NotebookNode, number: int) -> CellRun:
        """Runs one code cell and stores its outputs in it.

        Args:
            cell: the cell; its outputs are replaced.
            number: its place in the notebook, counted from 1, for the notes.

        Returns:
            How it went. A cell that ends its kernel is left out when the notebook is run again.

        Raises:
            StudentError: the notebook is out of time or out of restarts; nothing was run.
        """
        run = self._ready().run_cell(cell.source)
        cell.outputs = [from_dict(output) for output in run.outputs]
        cell.execution_count = number
        if run.status in ("ok", "error"):
            self._history.append(cell)
        else:
            self.notes.append(f"code cell {number} ended the kernel: {run.reason}; the rest ran without it")
            self._close()
        return run

    def call(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls one of the student's functions; the form that ``autograder.checks.Student`` takes.

        Raises:
            StudentError: there is no answer; ``CallTimeout`` or ``KernelDied`` when the kernel is gone.
        """
        if self._kernel is None:
            raise KernelDied("the kernel had ended during this check")
        # A kernel that is gone says why by itself.
        try:
            return self._kernel.call(function, args, kwargs)
        except SandboxError as error:
            self.lost = error  # a check may take whatever is raised in it for the student's
            raise

    def begin_check(self, seed: int) -> None:
        """Makes a kernel ready for a check and seeds the student's global generators once.

        Raises:
            StudentError: the notebook is out of time or out of restarts.
        """
        self._ready().seed(seed)

    def _ready(self) -> SandboxedKernel:
        while self._kernel is None or not self._kernel.alive:
            self._close()
            if time.monotonic() > self._deadline:
                raise StudentError(
                    f"the notebook's {self._settings.limits.notebook_seconds:g} s were used up before this"
                )
            if self._restarts > MAX_RESTARTS:
                raise StudentError(f"the notebook had ended its kernel {self._restarts} times before this")
            self._restarts += 1
            kernel = SandboxedKernel(self._files, self._settings.limits, self._settings.isolation)
            kernel.start()
            self._kernel = kernel
            self.isolation, self.layers = kernel.kind, kernel.layers
            self._replay()
        if time.monotonic() > self._deadline:
            self._close()
            return self._ready()
        return self._kernel

    def _replay(self) -> None:
        for cell in list(self._history):
            assert self._kernel is not None
            if self._kernel.run_cell(cell.source).status not in ("ok", "error"):
                self._history.remove(cell)
                self.notes.append(
                    "a cell that had run before ended the kernel when run again; it was left out"
                )
                return

    def _close(self) -> None:
        if self._kernel is not None:
            self.killed |= self._kernel.killed
            self._kernel.close()
            self.peak_bytes = max(self.peak_bytes, self._kernel.peak_bytes)
            self._kernel = None
