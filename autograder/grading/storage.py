"""Makes sure that files are on the disk, many at once."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path


def to_disk(folder: Path) -> None:
    """Waits until everything written to a folder's file system would survive that the machine stops.

    Source: Linux manual page syncfs(2).

    Raises:
        OSError: the disk cannot take it.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
