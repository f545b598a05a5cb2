"""Reads what was handed in: bounded, regular files only, never through a link.

A link that a student packed into an archive, or that an export made of one, may point to another student's
work, to the worked solutions or to a device without end.
"""

from __future__ import annotations

import os
import re
import stat
from datetime import datetime
from pathlib import Path

from autograder.errors import ConfigurationError
from autograder.notebook import MAX_BYTES

SUBMISSION_FOLDERS = 2
"""Folders of a submission below those of the classroom: the student's and the problem set's."""

TIMESTAMP_FILE = "timestamp.txt"
"""Where nbgrader keeps when work was handed in."""

SECRET_FILE = "submission_secret.txt"
"""Where nbgrader's exchange keeps a submission's secret: 128 hexadecimal digits."""

_SECRET = re.compile(r"[0-9a-f]{32,128}")
_LONGEST_ID = 128
"""Letters of a student's id in nbgrader's tables; PostgreSQL refuses more, SQLite looks away."""

_MOST_BYTES = 129
"""Of either file: they come from outside."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a pipe must not wait for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_file(path: Path, folders: int = 0, most: int = MAX_BYTES + 1) -> bytes:
    """Reads a file, by default at most one byte more than may be graded.

    Args:
        path: the file.
        folders: how many of the folders right above it must be no links either.
        most: bytes that are read; what follows them is not.

    Raises:
        ConfigurationError: there is no such file, it is not a regular one, or a link is on the way.
    """
    folder = _open_folder(path.parent, folders)
    try:
        descriptor = os.open(path.name, _FILE, dir_fd=folder)
    except OSError as error:
        raise ConfigurationError(
            "a notebook must be a readable file, not a link", where=str(path), received=error.strerror
        ) from None
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ConfigurationError("a notebook must be a regular file", where=str(path))
    with open(descriptor, "rb") as file:
        return file.read(most)


def names_in(folder: Path, folders: int = 0) -> list[str]:
    """Names of what lies in a folder, sorted.

    Args:
        folder: the folder.
        folders: how many folders, itself included and counted from it upwards, must be no links.

    Raises:
        ConfigurationError: there is no such folder, or a link is on the way.
    """
    descriptor = _open_folder(folder, folders)
    try:
        return sorted(os.listdir(descriptor))
    finally:
        os.close(descriptor)


def timestamp_in(folder: Path) -> datetime | None:
    """When the work in a submission's folder was handed in, in UTC; None when nothing usable is there."""
    from nbgrader.utils import parse_utc

    try:
        text = read_file(folder / TIMESTAMP_FILE, SUBMISSION_FOLDERS, _MOST_BYTES).decode("utf-8").strip()
        return parse_utc(text) if text else None
    except (ConfigurationError, ValueError, OverflowError, TypeError):
        return None


def secret_in(folder: Path) -> str:
    """The exchange's secret in a submission's folder; empty when nothing usable is there."""
    try:
        text = read_file(folder / SECRET_FILE, SUBMISSION_FOLDERS, _MOST_BYTES).decode("ascii")
    except (ConfigurationError, ValueError):
        return ""
    return text if _SECRET.fullmatch(text) else ""


def id_fault(student: str) -> str:
    """Why a folder's name cannot be a student's id in the gradebook; empty when it can.

    Names come from archives and exports: one that the database refuses must not stop the class.
    """
    if len(student) > _LONGEST_ID:
        return f"the folder's name is no student id: it has {len(student)} letters, at most {_LONGEST_ID} fit"
    if not student.isprintable():
        return f"the folder's name is no student id: {printable(student)} holds what no text has"
    return ""


def printable(name: str) -> str:
    """A name as one line of text, whatever bytes it was made of."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _open_folder(folder: Path, inner: int) -> int:
    """A descriptor of a folder whose ``inner`` last parts are opened one after the other, following none."""
    parts = folder.parts[len(folder.parts) - inner :] if inner else ()
    outer = folder
    for _ in parts:
        outer = outer.parent
    try:
        descriptor = os.open(outer, _FOLDER & ~os.O_NOFOLLOW)
    except OSError as error:
        raise ConfigurationError(
            "there must be a folder to read from", where=str(outer), received=error.strerror
        ) from None
    for part in parts:
        outer /= part
        try:
            following = os.open(part, _FOLDER, dir_fd=descriptor)
        except OSError as error:
            raise ConfigurationError(
                "what is handed in must lie in a folder, not behind a link",
                where=str(outer),
                received=error.strerror,
            ) from None
        finally:
            os.close(descriptor)
        descriptor = following
    return descriptor
