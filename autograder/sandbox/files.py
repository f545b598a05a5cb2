"""What goes into a sandbox as files: descriptors without a name on disk, and checked sets of files."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import shutil
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from autograder.errors import ConfigurationError, SandboxError
from autograder.sandbox.limits import Limits

MAX_FILES = 200
"""Files that go with a notebook: each is a descriptor until its sandbox has started."""

_LONGEST_SOCKET_PATH = 107  # sun_path less its final zero
_RUN_PREFIX = "autograder-"
_OWNER = "owner"
"""File in a run folder that its process holds a lock on, which goes however the process ends."""
_NEW_SECONDS = 60.0
_owned: dict[Path, int] = {}

_STDERR_TAIL = 4000
_STDERR_BYTES = 1 << 20


def checked_files(files: Mapping[str, bytes], limits: Limits) -> dict[str, bytes]:
    """``files``, if they fit into the sandbox's work folder under their names.

    Args:
        files: content by relative path, with ``/`` between folders.
        limits: ``disk_bytes`` and ``file_bytes`` bound them.

    Raises:
        ConfigurationError: too many or too large files, or a path that leaves the folder.
    """
    if len(files) > MAX_FILES:
        raise ConfigurationError(
            "too many files go with a notebook",
            expected=f"at most {MAX_FILES}",
            received=len(files),
            fix="put data into one archive or array file",
        )
    for name, content in files.items():
        path = PurePosixPath(name)
        if not name or "\0" in name or path.is_absolute() or ".." in path.parts or str(path) != name:
            raise ConfigurationError(
                "a file that goes with a notebook needs a plain relative path", received=repr(name[:200])
            )
        if len(content) > limits.file_bytes:
            raise ConfigurationError(
                "a file is larger than limits.file_bytes",
                where=name,
                expected=f"at most {limits.file_bytes} bytes",
                received=len(content),
            )
    total = sum(map(len, files.values()))
    if total > limits.disk_bytes:
        raise ConfigurationError(
            "the files of a notebook are larger than limits.disk_bytes",
            expected=f"at most {limits.disk_bytes} bytes",
            received=total,
        )
    return dict(files)


def read_folder(folder: Path, limits: Limits) -> dict[str, bytes]:
    """The regular files below a folder; links are neither followed nor copied.

    Raises:
        ConfigurationError: they are too many or too large.
    """
    contents: dict[str, bytes] = {}
    total = 0
    for path, _, names in os.walk(folder, followlinks=False):
        for name in sorted(names):
            relative = Path(path, name).relative_to(folder).as_posix()
            content = _read_regular(os.path.join(path, name), limits.disk_bytes - total)
            if content is not None:
                contents[relative] = content
                total += len(content)
            if len(contents) > MAX_FILES or total > limits.disk_bytes:
                return checked_files(contents, limits)
    return checked_files(contents, limits)


def _read_regular(path: str, most: int) -> bytes | None:
    try:
        # O_NONBLOCK: opening a pipe that a student left there must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(most + 1)


def make_run_folder() -> Path:
    """A new folder for one kernel's connection file and sockets, closed to other users.

    Raises:
        SandboxError: no writable folder has a short enough path for a unix socket.
    """
    candidates = ["/run"] if os.geteuid() == 0 else [os.environ.get("XDG_RUNTIME_DIR", "")]
    for base in (*candidates, tempfile.gettempdir(), "/tmp"):
        socket_path = os.path.join(base, "autograder-xxxxxxxx", "s-5")
        if base and os.access(base, os.W_OK | os.X_OK) and len(socket_path) <= _LONGEST_SOCKET_PATH:
            _sweep(base)
            folder = Path(tempfile.mkdtemp(prefix=_RUN_PREFIX, dir=base))
            _owned[folder] = os.open(folder / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(_owned[folder], fcntl.LOCK_EX)
            return folder
    raise SandboxError(
        "a kernel's sockets need a writable folder with a short path",
        expected=f"at most {_LONGEST_SOCKET_PATH} characters with the socket's name",
        fix="make /tmp writable or set TMPDIR to a short path",
    )


def remove_run_folder(folder: Path) -> None:
    """Removes a folder of :func:`make_run_folder` and all in it."""
    shutil.rmtree(folder, ignore_errors=True)
    descriptor = _owned.pop(folder, None)
    if descriptor is not None:
        os.close(descriptor)


@functools.cache  # once for each process and place
def _sweep(base: str) -> None:
    """Removes run folders of this user whose process was killed before it could."""
    for path in Path(base).glob(f"{_RUN_PREFIX}*"):
        try:
            descriptor = os.open(path / _OWNER, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        with open(descriptor, "rb") as owner:
            known = os.fstat(descriptor)
            # A folder that has just been made may not be locked yet.
            if (
                known.st_uid != os.geteuid()
                or time.time() - known.st_mtime < _NEW_SECONDS
                or path.is_symlink()
            ):
                continue
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)


class Descriptors:
    """Open descriptors that a child process inherits; closed on this side once it has them."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def own(self, descriptor: int) -> int:
        """Adds an open descriptor."""
        self.numbers.append(descriptor)
        return descriptor

    def file(self, content: bytes) -> int:
        """A descriptor that reads ``content`` from its start; it has no name on any disk."""
        descriptor = self.own(os.memfd_create("autograder", os.MFD_CLOEXEC))
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    def listen(self, path: str) -> int:
        """A unix socket that listens at ``path``, in place of one that was there."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            if os.path.exists(path):
                os.unlink(path)
            listener.bind(path)
            os.chmod(path, 0o600)
            listener.listen(16)
            return self.own(listener.detach())

    def close(self) -> None:
        """Closes them all on this side."""
        while self.numbers:
            os.close(self.numbers.pop())


class Tail:
    """Keeps the end of what a process writes to a pipe.

    The process never waits for a reader; after a mebibyte the pipe is closed to it.
    """

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._kept = b""
        self._thread = threading.Thread(target=self._read, daemon=True, name="sandbox-stderr")
        self._thread.start()

    def join(self) -> None:
        """Waits until the last writer has closed the pipe."""
        self._thread.join()

    def _read(self) -> None:
        with open(self._read_end, "rb", buffering=0) as pipe:
            left = _STDERR_BYTES
            while left > 0 and (data := pipe.read(1 << 16)):
                self._kept = (self._kept + data)[-_STDERR_TAIL:]
                left -= len(data)

    @property
    def last_line(self) -> str:
        """The last line that is not empty, or nothing."""
        lines = self._kept.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""
