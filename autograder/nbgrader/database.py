"""The gradebook's database, SQLite or PostgreSQL: opened one process at a time, with errors that help."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import ConfigurationError

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

DRIVER = "postgresql+psycopg"
"""SQLAlchemy's name of PostgreSQL with the driver of our ``postgres`` extra."""

_TURN = 0x4547_7261  # one number for all classrooms: locks are of one database
_FIX = "see to the database, then run the same command again: what was graded is kept in results/"


def open_gradebook(db_url: str, course_id: str) -> Gradebook:
    """An open connection to a gradebook, whose tables are made where they are missing.

    nbgrader looks whether there are tables and makes them in two steps: of several graders that begin with an
    empty PostgreSQL database, all but one would fail. Here they take turns by an advisory lock.

    Args:
        db_url: SQLAlchemy's address, for instance ``postgresql+psycopg://user@host/gradebook``.
        course_id: nbgrader's name of the course.

    Returns:
        The gradebook; the caller closes it.

    Raises:
        ConfigurationError: the address is none, its driver is not installed, or the database does not answer.
    """
    from nbgrader.api import Course, Gradebook

    with explained(db_url), _own_turn(db_url), _own_scripts_on_path():
        gradebook = Gradebook(db_url, course_id)
        # nbgrader leaves out the row of a course without a name, which its assignments refer to all the same:
        # SQLite does not look, PostgreSQL refuses the first release.
        if gradebook.db.get(Course, course_id) is None:
            gradebook.db.add(Course(id=course_id))
            gradebook.db.commit()
        return gradebook


@contextmanager
def explained(db_url: str) -> Iterator[None]:
    """Turns the errors of a database that is not there, or no longer, into one line that says what to do.

    Args:
        db_url: its address; a password in it is not shown.

    Raises:
        ConfigurationError: the address is wrong, the driver is missing, or the database failed.
    """
    from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError

    try:
        yield
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError(
            "db_url is an address that SQLAlchemy reads",
            where=_shown(db_url),
            expected=f"sqlite:///gradebook.db or {DRIVER}://user@host/gradebook",
            received=_first_line(error),
        ) from None
    except ModuleNotFoundError as error:
        if error.name not in ("psycopg", "psycopg2"):
            raise
        raise ConfigurationError(
            "PostgreSQL needs its driver",
            where=_shown(db_url),
            expected=f"{DRIVER}://..., with psycopg installed",
            received=f"no {error.name}",
            fix="pip install 'expected-gradient[postgres]'",
        ) from None
    except (OperationalError, InterfaceError) as error:
        raise ConfigurationError(
            "the gradebook's database does not do its work",
            where=_shown(db_url),
            received=_first_line(error.orig or error),
            fix=_FIX,
        ) from error


@contextmanager
def _own_turn(db_url: str) -> Iterator[None]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    if make_url(db_url).get_backend_name() != "postgresql":
        yield
        return
    engine = create_engine(db_url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:turn)"), {"turn": _TURN})
            # The lock is the connection's: it goes with it, however this ends.
            yield
    finally:
        engine.dispose()


@contextmanager
def _own_scripts_on_path() -> Iterator[None]:
    """Lets nbgrader find ``alembic``, which it asks for a new schema's version, beside this Python."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _shown(db_url: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(db_url).render_as_string(hide_password=True)
    except ArgumentError:
        return "c.CourseDirectory.db_url"


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
