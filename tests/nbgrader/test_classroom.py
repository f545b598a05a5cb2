from __future__ import annotations

import shutil
import stat
from datetime import datetime
from pathlib import Path

import pytest

from autograder.errors import ConfigurationError
from autograder.nbgrader.classroom import Classroom, init


def test_a_new_classroom_is_a_course_directory_with_a_schema_a_secret_and_a_journal(
    tmp_path, course, monkeypatch
):
    from sqlalchemy import create_engine, inspect

    # As in a cron job: nbgrader's helper programs are not on the path, and the folder is not the checkout.
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir("/")
    classroom = init(tmp_path / "room", course)

    for name in ("source", "release", "submitted", "autograded", "feedback", "results"):
        assert (classroom.directory / name).is_dir()
    assert classroom.db_url == f"sqlite:///{tmp_path}/room/gradebook.db"
    engine = create_engine(classroom.db_url)
    assert {"grade", "comment", "alembic_version"} <= set(inspect(engine).get_table_names())
    engine.dispose()
    secret = classroom.directory / ".autograder" / "secret"
    assert len(secret.read_bytes()) == 32
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert classroom.course == course


def test_two_classrooms_have_two_secrets(tmp_path, course, empty_classroom):
    first, second = Classroom.open(empty_classroom), init(tmp_path / "b", course)
    assert first.settings.secret != second.settings.secret
    assert "secret" not in repr(first.settings)


def test_making_a_classroom_again_changes_nothing(classroom):
    before = {path: path.read_bytes() for path in classroom.directory.rglob("*") if path.is_file()}
    again = init(classroom.directory)
    assert again.directory == classroom.directory
    assert {path: path.read_bytes() for path in classroom.directory.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["essay.txt", ".git"])
def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path, course, name):
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / name).write_text("mine")
    with pytest.raises(ConfigurationError, match="a classroom is made in a new or empty folder"):
        init(tmp_path / "room", course)
    assert [path.name for path in (tmp_path / "room").iterdir()] == [name]


def test_an_empty_folder_becomes_a_classroom(tmp_path, course):
    (tmp_path / "room").mkdir()
    assert init(tmp_path / "room", course).source.is_dir()


def test_without_a_course_no_folder_is_made(tmp_path):
    with pytest.raises(ConfigurationError, match="a course is a folder that holds"):
        init(tmp_path / "room", tmp_path)
    assert not (tmp_path / "room").exists()


def test_opening_what_is_no_classroom_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigurationError, match=r"this is not a classroom .*make one: autograder init /"):
        Classroom.open(tmp_path)


def test_an_ordinary_nbgrader_course_is_told_what_it_lacks(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'x'\n")
    with pytest.raises(
        ConfigurationError, match="an nbgrader course becomes a classroom by its configuration"
    ):
        Classroom.open(tmp_path)


def test_a_classroom_can_be_moved_and_opened_from_anywhere(classroom, tmp_path, monkeypatch):
    moved = shutil.move(classroom.directory, tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    opened = Classroom.open("moved")
    monkeypatch.chdir("/")
    assert opened.directory == Path(moved)
    assert opened.db_url.endswith("/moved/gradebook.db")
    assert opened.submitted == Path(moved) / "submitted"


def append(classroom: Classroom, line: str) -> Path:
    path = classroom.directory / "nbgrader_config.py"
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    return classroom.directory


def test_settings_of_the_configuration_reach_the_grader(classroom):
    directory = append(
        classroom, "c.ExpectedGradient.limits = {'cell_seconds': 60}\nc.ExpectedGradient.isolation = 'none'"
    )
    settings = Classroom.open(directory).settings
    assert settings.limits.cell_seconds == 60
    assert settings.isolation == "none"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c.ExpectedGradient.isolation = 'docker'", "a setting is wrong"),
        ("c.ExpectedGradient.limits = {'cell_secnds': 60}", "there is no such limit"),
        ("1 / 0", r"the configuration does not load \(received ZeroDivisionError"),
        ("c.ExpectedGradient.course = '/nowhere'", "a course is a folder that holds assignments"),
    ],
)
def test_a_wrong_setting_is_named(classroom, line, message):
    directory = append(classroom, line)
    with pytest.raises(ConfigurationError, match=message):
        opened = Classroom.open(directory)
        _ = opened.settings, opened.course


def test_a_lost_secret_is_never_replaced_in_silence(classroom):
    (classroom.directory / ".autograder" / "secret").unlink()
    with pytest.raises(
        ConfigurationError, match="restore it from a backup; a new one would change everybody"
    ):
        Classroom.open(classroom.directory)
    with pytest.raises(ConfigurationError, match="restore it from a backup"):
        init(classroom.directory)


def test_a_short_secret_is_an_error(classroom):
    (classroom.directory / ".autograder" / "secret").write_bytes(b"short")
    with pytest.raises(ConfigurationError, match=r"the secret is damaged \(expected 32 bytes, received 5\)"):
        _ = classroom.settings


def test_the_gradebook_of_an_assignment_that_was_not_released_says_so(classroom):
    with pytest.raises(ConfigurationError, match=r"was not released .*autograder release ps00_tiny"):
        classroom.gradebook("ps00_tiny")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01 12:30:00 UTC", datetime(2026, 3, 1, 12, 30)),
        ("", None),
        ("yesterday", None),
        ("9" * 10_000, None),
    ],
)
def test_a_timestamp_is_utc_and_nonsense_is_none(classroom, text, moment):
    folder = classroom.submitted / "ada" / "ps00_tiny"
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(text)
    assert classroom.timestamp("ada", "ps00_tiny") == moment


def test_without_a_timestamp_there_is_none(classroom):
    assert classroom.timestamp("ada", "ps00_tiny") is None


def test_nbgraders_own_command_line_reads_the_configuration(classroom, monkeypatch):
    from nbgrader.apps import AutogradeApp

    monkeypatch.chdir(classroom.directory)
    app = AutogradeApp()
    try:
        app.initialize([])
        assert app.coursedir.root == str(classroom.directory)
        assert app.config.Autograde.exporter_class == "autograder.nbgrader.exporter.SubmissionExporter"
        assert app.config.Autograde.autograde_preprocessors[0].endswith("GradeInSandbox")
    finally:
        app.reset()
