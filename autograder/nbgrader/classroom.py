"""A classroom: nbgrader's course directory, with a secret and a journal of our own."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import ConfigurationError
from autograder.problem_sets import course_root

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    from autograder.grading.settings import GradingSettings

CONFIG_FILE = "nbgrader_config.py"
SECRET = Path(".autograder", "secret")
"""Where a classroom keeps what hidden inputs are drawn from."""
_SECRET_BYTES = 32
FOLDERS = ("source", "release", "submitted", "autograded", "feedback", "results")

CONFIG_TEXT = '''\
"""Settings of this classroom, for nbgrader and for autograder; both read this file and no other here."""

from pathlib import Path

from autograder.nbgrader.configuration import configure

c = get_config()  # noqa: F821 (traitlets defines it)

configure(c, classroom=Path(__file__).parent, course={course!r})

# The name that the exchange and JupyterHub know the course by:
# c.CourseDirectory.course_id = "dl101"

# Limits of one submission, in seconds and bytes, where the usual ones do not fit:
# c.ExpectedGradient.limits = {{"cell_seconds": 60, "notebook_seconds": 600}}

# How much students see of hidden tests in ordinary nbgrader assignments: full, message, verdict or nothing:
# c.ExpectedGradient.hidden_tests = "message"

# PostgreSQL instead of gradebook.db, for many graders at once (pip install 'expected-gradient[postgres]'):
# c.CourseDirectory.db_url = "postgresql+psycopg://user@host/gradebook"

# What late work costs: a share of the score for every day begun, nothing within the grace:
# c.ExpectedGradient.late = {{"grace_hours": 1, "percent_per_day": 10, "most_percent": 50}}

# Students who are neither graded nor reported:
# c.ExpectedGradient.exclude = ["test-student"]

# Another rule for late work; the plugin is nbgrader's:
# c.AssignLatePenalties.plugin_class = "mypackage.MyLateSubmissionPlugin"

# Without a sandbox, for work that you trust only:
# c.ExpectedGradient.isolation = "none"
'''


@dataclass(frozen=True)
class Classroom:
    """An opened classroom.

    Args:
        directory: nbgrader's course directory, absolute.
        config: nbgrader's configuration of it.
    """

    directory: Path
    config: Config = field(repr=False)

    @classmethod
    def open(cls, directory: str | Path) -> Classroom:
        """Opens a classroom.

        The configuration is what nbgrader's commands read: the files on Jupyter's configuration path,
        then the classroom's own, which wins.

        Args:
            directory: the classroom.

        Raises:
            ConfigurationError: it is not a classroom, or its configuration does not load; says how to
                make one.
        """
        path = Path(directory).expanduser().absolute()
        file = path / CONFIG_FILE
        if not file.is_file():
            raise ConfigurationError(
                "this is not a classroom",
                where=str(path),
                expected=CONFIG_FILE,
                received="none",
                fix=f"make one: autograder init {directory}",
            )
        config = read_config(path)
        if "course" not in config.ExpectedGradient:
            raise ConfigurationError(
                "an nbgrader course becomes a classroom by its configuration",
                where=str(file),
                fix="add the lines that autograder init writes: import configure and call it",
            )
        config.CourseDirectory.root = str(path)
        return cls.from_config(config)

    @classmethod
    def from_config(cls, config: Config) -> Classroom:
        """The classroom of a configuration that nbgrader has loaded.

        Raises:
            ConfigurationError: a setting has a wrong type, or the classroom's secret is missing.
        """
        from nbgrader.coursedir import CourseDirectory
        from traitlets import TraitError

        from autograder.nbgrader.configuration import ExpectedGradient
        from autograder.nbgrader.late import LatePolicy

        try:
            directory = Path(CourseDirectory(config=config).root)
            ours = ExpectedGradient(config=config)
        except TraitError as error:
            raise ConfigurationError("a setting is wrong", where=CONFIG_FILE, received=error) from None
        LatePolicy.from_mapping(ours.late)
        if not (directory / SECRET).is_file():
            raise ConfigurationError(
                "a classroom keeps the secret that hidden inputs are drawn from",
                where=str(directory / SECRET),
                received="no file",
                fix="restore it from a backup; a new one would change everybody's hidden inputs",
            )
        return cls(directory, config)

    @property
    def coursedir(self) -> CourseDirectory:
        """The folders as nbgrader sees them."""
        from nbgrader.coursedir import CourseDirectory

        return CourseDirectory(config=self.config)

    @property
    def db_url(self) -> str:
        """Address of the gradebook's database."""
        return str(self.coursedir.db_url)

    @property
    def source(self) -> Path:
        """Folder that releases are made from; holds solutions."""
        return self._folder("source")

    @property
    def release(self) -> Path:
        """Folder of what students get."""
        return self._folder("release")

    @property
    def submitted(self) -> Path:
        """Folder of what students handed in."""
        return self._folder("submitted")

    @property
    def autograded(self) -> Path:
        """Folder of the executed notebooks."""
        return self._folder("autograded")

    @property
    def feedback(self) -> Path:
        """Folder of the pages for students."""
        return self._folder("feedback")

    @property
    def results(self) -> Path:
        """Folder of the journal."""
        return self.directory / "results"

    def _folder(self, step: str) -> Path:
        return self.directory / str(getattr(self.coursedir, f"{step}_directory"))

    @property
    def has_course(self) -> bool:
        """Whether the classroom names a checkout of problem sets; one that was adopted may have none."""
        from autograder.nbgrader.configuration import ExpectedGradient

        return bool(ExpectedGradient(config=self.config).course)

    @property
    def course(self) -> Path:
        """The checkout that problem sets come from.

        Raises:
            ConfigurationError: it is not there any more.
        """
        from autograder.nbgrader.configuration import ExpectedGradient

        return course_root(ExpectedGradient(config=self.config).course or None)

    @property
    def settings(self) -> GradingSettings:
        """How submissions are graded here.

        Raises:
            ConfigurationError: a limit is unknown or not a positive number, or the secret is damaged.
        """
        from autograder.grading.settings import GradingSettings
        from autograder.nbgrader.configuration import ExpectedGradient
        from autograder.sandbox.isolation import Isolation
        from autograder.sandbox.limits import Limits

        ours = ExpectedGradient(config=self.config)
        secret = (self.directory / SECRET).read_bytes()
        if len(secret) != _SECRET_BYTES:
            raise ConfigurationError(
                "the secret is damaged",
                where=str(self.directory / SECRET),
                expected=f"{_SECRET_BYTES} bytes",
                received=len(secret),
                fix="restore it from a backup",
            )
        limits = {**self._cell_seconds(), **ours.limits}
        return GradingSettings(secret, Isolation(ours.isolation), Limits.from_mapping(limits))

    def _cell_seconds(self) -> dict[str, float]:
        """The time of a cell as nbgrader's own configuration sets it, where it sets one."""
        for section in ("Execute", "ExecutePreprocessor"):
            seconds = self.config[section].get("timeout") if section in self.config else None
            if isinstance(seconds, (int, float)) and seconds > 0:
                return {"cell_seconds": seconds}
        return {}

    @property
    def excluded(self) -> frozenset[str]:
        """Students who are neither graded nor reported."""
        from autograder.nbgrader.configuration import ExpectedGradient

        return frozenset(ExpectedGradient(config=self.config).exclude)

    def gradebook(self, assignment: str | None = None) -> Gradebook:
        """An open connection to the gradebook; the caller closes it.

        Args:
            assignment: an assignment that must have been released.

        Raises:
            ConfigurationError: it was not released here, or the database does not answer.
        """
        from nbgrader.api import MissingEntry

        from autograder.nbgrader.database import open_gradebook

        gradebook = open_gradebook(self.db_url, self.coursedir.course_id)
        if assignment is not None:
            try:
                notebooks = gradebook.find_assignment(assignment).notebooks
            except MissingEntry:
                notebooks = []
            if not notebooks:
                gradebook.close()
                raise ConfigurationError(
                    "the problem set was not released in this classroom",
                    where=str(self.directory),
                    received=assignment,
                    fix=f"autograder release {assignment}",
                )
        return gradebook

    def excludes(self, student: str) -> bool:
        """Whether nbgrader's ``student_id_exclude`` names the student: test accounts, for instance."""
        return student in str(self.coursedir.student_id_exclude).split(",")

    def has_submission(self, gradebook: Gradebook, assignment: str, student: str) -> bool:
        """Whether the gradebook knows of a student's submission."""
        from nbgrader.api import MissingEntry

        try:
            # An extension alone makes a row without notebooks.
            return bool(gradebook.find_submission(assignment, student).notebooks)
        except MissingEntry:
            return False

    def timestamp(self, student: str, assignment: str) -> datetime | None:
        """When a student handed in, in UTC, as ``timestamp.txt`` says; None when it says nothing usable."""
        from autograder.grading.incoming import timestamp_in

        return timestamp_in(self.submitted / student / assignment)

    def keep_for_exchange(self, student: str, assignment: str, timestamp: datetime | None) -> None:
        """Puts beside a graded notebook what nbgrader takes along to the feedback, and needs to release it.

        Args:
            student: nbgrader's id.
            assignment: nbgrader's name of the assignment.
            timestamp: when the work was handed in, if that is known.
        """
        from autograder.grading.incoming import SECRET_FILE, TIMESTAMP_FILE
        from autograder.grading.journal import write_atomically

        folder = self.autograded / student / assignment
        said = "" if timestamp is None else f"{timestamp.isoformat()}\n"
        secret = self.submission_secret(student, assignment).encode()
        write_atomically(folder / SECRET_FILE, secret, durable=False)
        write_atomically(folder / TIMESTAMP_FILE, said.encode(), durable=False)

    def submission_secret(self, student: str, assignment: str) -> str:
        """What the exchange knows a submission by, so that its student alone can fetch the feedback.

        Work that came another way, or with something else in that file, gets one of this classroom's own:
        nbgrader's ``release_feedback`` ends for the whole class where one student has none.
        """
        import hashlib
        import hmac

        from autograder.grading.incoming import SECRET_FILE, secret_in

        if found := secret_in(self.submitted / student / assignment):
            return found
        key = f"{SECRET_FILE}\0{student}\0{assignment}".encode()
        return hmac.new(self.settings.secret, key, hashlib.sha256).hexdigest()


def init(directory: str | Path, root: str | Path | None = None) -> Classroom:
    """Makes a classroom, or opens the one that is there without changing it.

    Args:
        directory: a new or empty folder.
        root: the checkout that problem sets come from; found as
            :func:`autograder.problem_sets.course_root` says.

    Returns:
        The classroom.

    Raises:
        ConfigurationError: the folder holds something else, or no checkout is found.
    """
    path = Path(directory).expanduser().absolute()
    if (path / CONFIG_FILE).is_file():
        return Classroom.open(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigurationError(
            "a classroom is made in a new or empty folder",
            where=str(path),
            received="a folder that is not empty" if path.is_dir() else "a file",
        )
    course = course_root(root)
    for folder in FOLDERS:
        (path / folder).mkdir(parents=True, exist_ok=True)
    make_secret(path)
    # The file that makes it a classroom comes last but for the schema, which must exist before any
    # worker starts.
    (path / CONFIG_FILE).write_text(CONFIG_TEXT.format(course=str(course)), "utf-8")
    classroom = Classroom.open(path)
    classroom.gradebook().close()
    return classroom


def read_config(directory: Path) -> Config:
    """The configuration that nbgrader reads in a folder.

    Raises:
        ConfigurationError: a file of it does not load.
    """
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config

    config = Config()
    for folder in (*reversed(jupyter_config_path()), str(directory)):
        if Path(folder, CONFIG_FILE).is_file():
            config.merge(_loaded(Path(folder, CONFIG_FILE)))
    return config


def make_secret(directory: Path) -> None:
    """Draws the secret of a new classroom, for its owner's eyes only."""
    (directory / SECRET).parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(directory / SECRET, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_SECRET_BYTES))


def _loaded(file: Path) -> Any:
    from traitlets.config.loader import PyFileConfigLoader

    try:
        return PyFileConfigLoader(file.name, str(file.parent)).load_config()
    except Exception as error:
        # The file is Python: anything can go wrong in it.
        raise ConfigurationError(
            "the configuration does not load", where=str(file), received=f"{type(error).__name__}: {error}"
        ) from error
