"""A disk that is full and a database that is gone, said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import StorageError

_FIX = "run the same command again once that is mended: it goes on from what was graded"


@contextmanager
def storing(where: Path) -> Iterator[None]:
    """Turns what a system or a database says while results are written into one error of ours.

    Args:
        where: the classroom.

    Raises:
        StorageError: it could not be written.
    """
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except BrokenPipeError:  # of whoever reads the output
        raise
    except OSError as error:
        raise StorageError(
            "what is graded must be kept",
            where=str(error.filename or where),
            received=error.strerror or repr(error),
            fix=_FIX,
        ) from error
    except DBAPIError as error:
        raise StorageError(
            "what is graded must be kept", where=f"the gradebook of {where}", received=error.orig, fix=_FIX
        ) from error
