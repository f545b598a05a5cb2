"""Everything that can go wrong, in one tree.

    AutograderError
    ├── ConfigurationError      a command, a classroom or a setting is wrong
    ├── AuthoringError          a problem set breaks a rule of the build
    │   └── ReplayError         a check cannot be replayed without its reference
    ├── NotebookError           a submitted file cannot be graded at all
    ├── SandboxError            isolation is missing or failed to start
    ├── StorageError            what was graded cannot be written
    ├── WireError               bytes that left the sandbox break the protocol
    └── StudentError            a student's function gave no answer
        ├── CallTimeout         ... because its time was up
        └── KernelDied          ... because the process behind it ended

Every message states the rule, and where they are known what was expected, what was
received and the fix. The command line prints it in one line.
"""

from __future__ import annotations

from typing import Self


class AutograderError(Exception):
    """Base of all errors raised on purpose by this package.

    Args:
        rule: the rule that was broken, as a clause without a final full stop.
        where: file, cell or argument the rule was broken in.
        expected: what would have been right.
        received: what was found instead.
        fix: what to do about it.
    """

    def __init__(
        self,
        rule: str,
        *,
        where: str | None = None,
        expected: object = None,
        received: object = None,
        fix: str | None = None,
    ) -> None:
        self.rule, self.where, self.fix = rule, where, fix
        self.expected, self.received = expected, received
        text = f"{where}: {rule}" if where else rule
        contrast = []
        if expected is not None:
            contrast.append(f"expected {expected}")
        if received is not None:
            contrast.append(f"received {received}")
        if contrast:
            text += f" ({', '.join(contrast)})"
        if fix:
            text += f"; {fix}"
        super().__init__(text)

    def at(self, where: str) -> Self:
        """The same error, said to be at a place, unless it says one already."""
        if self.where:
            return self
        return type(self)(
            self.rule, where=where, expected=self.expected, received=self.received, fix=self.fix
        )

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword arguments do not survive Exception's own pickling, and workers send
        # errors to the coordinator (both trusted) by pickle.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(
    cls: type[AutograderError], args: tuple[object, ...], state: dict[str, object]
) -> AutograderError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(AutograderError):
    """A command, a classroom or a setting is wrong."""


class AuthoringError(AutograderError):
    """A problem set breaks a rule; names the file and the cell or function."""


class ReplayError(AuthoringError):
    """A check uses a student's answer in a way that recorded arrays cannot replay."""


class NotebookError(AutograderError):
    """A submitted file cannot be graded; the message is the reason on record."""


class SandboxError(AutograderError):
    """Isolation is missing or did not start: nothing is graded without it."""


class StorageError(AutograderError):
    """What was graded cannot be written: a full disk, a lost database; the next run goes on from there."""


class WireError(AutograderError):
    """A message from the sandbox breaks the protocol; costs its sender one check."""


class StudentError(AutograderError):
    """A student's function gave no answer; the message is shown to the student."""


class CallTimeout(StudentError):  # noqa: N818 - named for what happened
    """A call into the sandbox did not return within its limit."""


class KernelDied(StudentError):  # noqa: N818
    """The sandboxed process ended before it answered."""
