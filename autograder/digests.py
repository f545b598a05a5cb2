"""What a folder's sources are, as one hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

_JUNK = re.compile(r"__pycache__|\..*|.*\.(pyc|ipynb)")
"""Names that editors, Python and builds leave behind."""


def folder_digest(root: Path, *folders: Path) -> str:
    """SHA-256 of every source file of some folders, with its path below ``root``, as hexadecimal digits."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sources(folder):
            for part in (path.relative_to(root).as_posix().encode(), path.read_bytes()):
                digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def sources(folder: Path) -> Iterator[Path]:
    """The regular files below ``folder``, sorted, without what editors, Python and builds leave behind."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(_JUNK.fullmatch(part) for part in parts):
            yield path
