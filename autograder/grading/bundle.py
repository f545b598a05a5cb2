"""What a student handed in for an ordinary assignment: notebooks and files, as one string of bytes."""

from __future__ import annotations

import fnmatch
import io
import os
import stat
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import ConfigurationError
from autograder.grading.incoming import (
    SECRET_FILE,
    SUBMISSION_FOLDERS,
    TIMESTAMP_FILE,
    names_in,
    read_file,
)

MAX_FILES = 50
"""Files beside the notebooks that a student may hand in."""
MAX_FILE_BYTES = 20_000_000
"""Of all of them together: every one goes to a worker and into each of the sandbox's kernels."""
_MAX_DEPTH = 8
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_NOTEBOOKS, _FILES = "notebooks/", "files/"


@dataclass(frozen=True)
class Bundle:
    """A submission to an ordinary assignment.

    Args:
        notebooks: the notebooks' bytes, by the assignment's names for them; a missing one was not handed in.
        files: what else lay in the folder, by relative path.
        notes: what was matched or left out, in sentences for the instructor.
    """

    notebooks: Mapping[str, bytes]
    files: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def pack(self) -> bytes:
        """The same bytes for the same submission, whenever it was handed in."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for prefix, contents in ((_NOTEBOOKS, self.notebooks), (_FILES, self.files)):
                for name in sorted(contents):
                    archive.writestr(zipfile.ZipInfo(prefix + name, _LONG_AGO), contents[name])
        return packed.getvalue()

    @classmethod
    def unpack(cls, data: bytes) -> Bundle:
        """Reads back :meth:`pack`, but for the notes."""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
        return cls(_below(_NOTEBOOKS, contents), _below(_FILES, contents))


def _below(prefix: str, contents: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name.removeprefix(prefix): data for name, data in contents.items() if name.startswith(prefix)}


def read_bundle(folder: Path, notebooks: Sequence[str], ignored: Sequence[str] = ()) -> Bundle:
    """Reads a submission's folder; links are never followed.

    A notebook under another name is matched when it is the only one that nobody expects, and one is missing.

    Args:
        folder: ``submitted/<student>/<assignment>``.
        notebooks: names of the assignment's notebooks, without ``.ipynb``.
        ignored: patterns of names that are left alone, as nbgrader's ``CourseDirectory.ignore``.

    Raises:
        ConfigurationError: there is no folder, no notebook of the assignment, or a notebook is a link.
    """
    names = names_in(folder, SUBMISSION_FOLDERS)
    found = [name[: -len(".ipynb")] for name in names if name.endswith(".ipynb") and not name.startswith(".")]
    missing = [name for name in notebooks if name not in found]
    others = [name for name in found if name not in notebooks]
    files = {name: name for name in notebooks if name in found}
    notes = []
    if len(missing) == len(others) == 1:
        files[missing[0]] = others[0]
        notes.append(
            f"notebook {missing[0]!r} was handed in as {others[0]!r}; it was the only other one, and graded"
        )
    if not files:
        been = f"{len(others)} other notebooks" if others else "no notebook"
        expected = " or ".join(f"{name}.ipynb" for name in notebooks)
        raise ConfigurationError(f"there is {been} in the folder, and no {expected}")
    read = {name: read_file(folder / f"{file}.ipynb", SUBMISSION_FOLDERS) for name, file in files.items()}
    beside, left_out = files_beside(folder, ignored)
    if left_out:
        notes.append(
            f"{left_out} files beside the notebooks were left out: at most {MAX_FILES} of together"
            f" {MAX_FILE_BYTES // 10**6} MB are graded with them"
        )
    return Bundle(read, beside, tuple(notes))


def files_beside(folder: Path, ignored: Sequence[str] = ()) -> tuple[dict[str, bytes], int]:
    """What lies beside the notebooks of a submission, by relative path, and how many files are too much.

    Args:
        folder: ``submitted/<student>/<assignment>``; no link, as :func:`read_bundle` has made sure.
        ignored: patterns of names that are left alone.
    """
    contents: dict[str, bytes] = {}
    left_out, room = 0, MAX_FILE_BYTES
    for here, folders, names in os.walk(folder):
        depth = len(Path(here).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if depth < _MAX_DEPTH and not _skip(name, ignored))
        for name in sorted(names):
            path = Path(here, name)
            relative = path.relative_to(folder).as_posix()
            if _skip(name, ignored) or relative in (TIMESTAMP_FILE, SECRET_FILE) or name.endswith(".ipynb"):
                continue
            if not stat.S_ISREG(path.lstat().st_mode):
                continue  # a link, a device or a pipe: what students hand in are files
            if len(contents) == MAX_FILES:
                left_out += 1
                continue
            try:
                data = read_file(path, SUBMISSION_FOLDERS + depth, room + 1)
            except ConfigurationError:
                continue
            if len(data) > room:
                left_out += 1
                continue
            contents[relative] = data
            room -= len(data)
    return contents, left_out


def _skip(name: str, ignored: Sequence[str]) -> bool:
    # Names that are not UTF-8 cannot be written into a kernel's folder, or told about.
    told = name.encode("utf-8", "ignore").decode() == name
    return not told or name.startswith(".") or any(fnmatch.fnmatch(name, pattern) for pattern in ignored)
