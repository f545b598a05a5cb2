"""Adopts a course directory that nbgrader made: its configuration is added to, nothing else is changed."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import ConfigurationError
from autograder.nbgrader.classroom import (
    CONFIG_FILE,
    FOLDERS,
    SECRET,
    Classroom,
    make_secret,
    read_config,
)
from autograder.problem_sets import course_root

BACKUP = f"{CONFIG_FILE}.before-autograder"
"""The configuration as it was found."""

_LINES = """

# From here on added by `autograder init --existing`; nbgrader and autograder both read it.
from pathlib import Path as _Path

from autograder.nbgrader.configuration import configure as _configure

_configure(get_config(), classroom=_Path(__file__).parent, course={course!r})  # noqa: F821
"""

_REPLACED = {
    "Autograde": ("sanitize_preprocessors", "autograde_preprocessors", "exporter_class", "pre_convert_hook"),
    "GenerateFeedback": ("preprocessors",),
}


@dataclass(frozen=True)
class Adopted:
    """A course directory that has become a classroom.

    Args:
        classroom: the classroom.
        remarks: what was done, and what of its configuration has no effect any more, in sentences.
    """

    classroom: Classroom
    remarks: tuple[str, ...]


def adopt(directory: str | Path, course: str | Path | None = None) -> Adopted:
    """Makes a classroom of a course directory that nbgrader made; doing it again changes nothing.

    Added are a secret, a folder for the journal and the last lines of ``nbgrader_config.py``, whose old text
    is kept beside it. Every row of the gradebook and every other file stays as it is.

    Args:
        directory: the course directory.
        course: a checkout with problem sets, if there is one.

    Returns:
        The classroom, and what there is to say.

    Raises:
        ConfigurationError: it is no course directory, its folders are named in a way that is not supported,
            or its gradebook has another schema than the installed nbgrader's; nothing was changed.
    """
    path = Path(directory).expanduser().absolute()
    file = path / CONFIG_FILE
    if not file.is_file() and not any((path / name).exists() for name in ("gradebook.db", "source")):
        raise ConfigurationError(
            "a course directory of nbgrader's has a configuration, a gradebook or a source folder",
            where=str(path),
            received="none of them",
            fix=f"make a new classroom: autograder init {directory}",
        )
    root = None if course is None else str(course_root(course))
    config = read_config(path)
    if "course" in config.ExpectedGradient:
        return Adopted(Classroom.open(path), ("it had been adopted before; nothing was changed",))
    _require_layout(config, path)
    _require_schema(config, path)

    remarks = _without_effect(config)
    if not (path / SECRET).exists():
        make_secret(path)
    for folder in FOLDERS:
        (path / folder).mkdir(exist_ok=True)
    before = file.read_text("utf-8") if file.is_file() else ""
    if before and not (path / BACKUP).exists():
        _replace(path / BACKUP, before, _mode(file))
        remarks = (f"the configuration as it was is kept in {BACKUP}", *remarks)
    # The file that makes it a classroom comes last.
    mode = _mode(file)
    _replace(file, before.rstrip("\n") + _LINES.format(course=root), mode)
    try:
        classroom = Classroom.open(path)
        classroom.gradebook().close()
    except BaseException:
        _replace(file, before, mode)
        raise
    return Adopted(classroom, remarks)


def _mode(file: Path) -> int:
    # A configuration may hold the database's password.
    return stat.S_IMODE(file.stat().st_mode) if file.is_file() else 0o644


def _replace(file: Path, text: str, mode: int) -> None:
    """Replaces a file in one step, readable to nobody else on the way; no text removes it."""
    if not text:
        file.unlink(missing_ok=True)
        return
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(descriptor, "wb") as new:
        new.write(text.encode())
        os.fchmod(descriptor, mode)
    os.replace(name, file)


def _require_layout(config: Any, path: Path) -> None:
    from nbgrader.coursedir import CourseDirectory

    course, usual = CourseDirectory(config=config), CourseDirectory()
    if "root" in config.CourseDirectory and Path(course.root).resolve() != path.resolve():
        raise ConfigurationError(
            "the configuration names another course directory",
            where=str(path / CONFIG_FILE),
            expected=f"c.CourseDirectory.root = {str(path)!r}, or none",
            received=course.root,
            fix="adopt that folder",
        )
    if course.directory_structure != usual.directory_structure:
        raise ConfigurationError(
            "a classroom has nbgrader's usual folders",
            where=str(path / CONFIG_FILE),
            expected=f"c.CourseDirectory.directory_structure = {usual.directory_structure!r}, or none",
            received=course.directory_structure,
        )


def _require_schema(config: Any, path: Path) -> None:
    """Looks at the gradebook without writing to it.

    Raises:
        ConfigurationError: its tables are those of another version of nbgrader.
    """
    url, version = _database(config, path)
    if not version:
        return
    expected = _schema_version()
    if version != expected:
        raise ConfigurationError(
            "the gradebook has the tables of another version of nbgrader",
            where=url,
            expected=f"schema {expected}",
            received=f"schema {version}",
            fix="nbgrader db upgrade (it keeps a copy), then adopt it again",
        )


def _database(config: Any, path: Path) -> tuple[str, str]:
    """Address and schema version of the gradebook; no version where there is none yet."""
    from nbgrader.coursedir import CourseDirectory
    from sqlalchemy import create_engine, inspect, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    scoped = config.copy()
    scoped.CourseDirectory.root = str(path)
    url = CourseDirectory(config=scoped).db_url
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite") and not Path(parsed.database or "").is_file():
        return url, ""
    engine = create_engine(url)
    try:
        with _told(url), engine.connect() as connection:
            tables = inspect(engine).get_table_names()
            if not tables:
                return url, ""
            if "alembic_version" not in tables:
                return url, "without a version"
            return url, str(connection.execute(text("select version_num from alembic_version")).scalar())
    except SQLAlchemyError as error:
        raise ConfigurationError(
            "the gradebook cannot be read", where=url, received=str(error).splitlines()[0]
        ) from None
    finally:
        engine.dispose()


@contextlib.contextmanager
def _told(url: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ConfigurationError(
            "the gradebook's database needs a driver", where=url, received=str(error)
        ) from None


def _schema_version() -> str:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    settings = Config()
    settings.set_main_option("script_location", ALEMBIC_DIR)
    return str(ScriptDirectory.from_config(settings).get_current_head())


def _without_effect(config: Any) -> tuple[str, ...]:
    """Settings of nbgrader's that this grader takes the place of."""
    return tuple(
        f"c.{section}.{name} has no effect any more: this grader has its own"
        for section, names in _REPLACED.items()
        for name in names
        if name in config[section]
    )
