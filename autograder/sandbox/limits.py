"""Every limit on a sandboxed kernel, in one place."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.errors import ConfigurationError

_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one kernel, and so one submission, may use; all values are > 0.

    Args:
        start_seconds: wall time until the kernel's first reply.
        cell_seconds: wall time of one cell.
        call_seconds: wall time of one call of a student's function.
        notebook_seconds: wall time of all cells and calls together.
        cpu_seconds: processor time of one process, all its threads together; a backstop behind the wall
            clock.
        memory_bytes: private memory of one process (``RLIMIT_DATA``); in a warm kernel beyond what it shares
            with its zygote. TensorFlow, Keras and XLA run under 1 GiB.
        total_memory_bytes: memory of all processes together, shared pages counted once. A control group's
            hard limit where one may be made, which then counts the files in memory too; sampled elsewhere,
            so that a burst between two samples is not seen.
        processes: processes and threads together; TensorFlow alone starts some dozens of threads.
        open_files: file descriptors of one process.
        file_bytes: length of one file.
        disk_bytes: size of each of the three writable folders ``/submission``, ``/tmp`` (with the home
            folder) and ``/dev/shm``, which live in memory.
        disk_files: files, folders and links in each of them; about a kilobyte of the system's memory goes to
            each. A cold kernel beyond the number is ended by a sampler.
        output_bytes: output of one cell as it arrives, protocol included.
        output_messages: output messages of one cell.
        notebook_output_bytes: output of all cells together.
        message_bytes: one message from the kernel; a larger one closes the connection before it is read.
        result_bytes: one call's result.
        threads: threads of each thread pool of TensorFlow and BLAS.
    """

    start_seconds: float = 60.0
    cell_seconds: float = 30.0
    call_seconds: float = 10.0
    notebook_seconds: float = 300.0
    cpu_seconds: int = 1200
    memory_bytes: int = 2048 * _MIB
    total_memory_bytes: int = 4096 * _MIB
    processes: int = 256
    open_files: int = 1024
    file_bytes: int = 256 * _MIB
    disk_bytes: int = 256 * _MIB
    disk_files: int = 20_000
    output_bytes: int = 1_000_000
    output_messages: int = 5_000
    notebook_output_bytes: int = 10_000_000
    message_bytes: int = 16 * _MIB
    result_bytes: int = 64 * _MIB
    threads: int = 2

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            whole = field.type == "int"
            kinds = (int,) if whole else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < math.inf:
                raise ConfigurationError(
                    "a limit must be a positive number",
                    where=f"limits.{field.name}",
                    expected="an integer > 0" if whole else "a finite number > 0",
                    received=repr(value),
                )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Limits:
        """Limits from a configuration table; what it does not name keeps its default.

        Raises:
            ConfigurationError: an unknown name, or a value that is not a positive number.

        Example:
            >>> Limits.from_mapping({"cell_seconds": 60}).cell_seconds
            60
        """
        names = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in names:
                raise ConfigurationError(
                    "there is no such limit", where="limits", expected=", ".join(names), received=repr(name)
                )
        return cls(**values)

    def to_mapping(self) -> dict[str, int | float]:
        """The limits as a table that :meth:`from_mapping` reads back."""
        return dataclasses.asdict(self)

    def resource_limits(self, shared_bytes: int = 0) -> dict[str, tuple[int, int]]:
        """What the system enforces by process: soft and hard limit by the name that ``prlimit`` uses.

        They are set inside the sandbox's user namespace: there the number of processes counts the sandbox's
        own and not everything that its user runs on the machine.

        Args:
            shared_bytes: private mappings that a warm kernel inherits from its zygote; they come on top of
                ``memory_bytes``, as they cost the machine nothing until they are written to.
        """
        same = {
            "data": self.memory_bytes + shared_bytes,
            "nproc": self.processes,
            "nofile": self.open_files,
            "fsize": self.file_bytes,
            "core": 0,
            "msgqueue": 0,
        }
        return {
            **{name: (value, value) for name, value in same.items()},
            # The soft limit ends a process with a signal that names the reason, the hard one any that
            # ignores it.
            "cpu": (self.cpu_seconds, self.cpu_seconds + 5),
        }

    def prlimit_options(self) -> list[str]:
        """Options of ``prlimit`` that set :meth:`resource_limits`."""
        return [f"--{name}={soft}:{hard}" for name, (soft, hard) in self.resource_limits().items()]
