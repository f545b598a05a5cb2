"""A course directory that nbgrader made is adopted without losing a row, and graded on from there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import ConfigurationError
from autograder.nbgrader.adopt import BACKUP, adopt
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.feedback import generate
from autograder.sandbox.isolation import Status, doctor

from . import stock
from .conftest import grade, rows


@pytest.fixture(scope="module")
def stock_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = tmp_path_factory.mktemp("stock") / "course101"
    course.mkdir()
    stock.make(course)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    subprocess.run(
        [sys.executable, "-W", "ignore", stock.__file__],
        cwd=course,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
    )
    return course


@pytest.fixture
def course(stock_course: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stock_course, tmp_path / "course101")


def dump(course: Path) -> dict[str, list[tuple]]:
    """Every row of every table."""
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return {table: sorted(database.execute(f"select * from {table}"), key=repr) for table in tables}


def files(course: Path) -> dict[str, str]:
    return {
        path.relative_to(course).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in course.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_every_row_and_every_file_is_there_after_the_adoption(course: Path) -> None:
    before, contents = dump(course), files(course)
    assert len(before["grade"]) == 18 and len(before["comment"]) >= 12 and len(before["student"]) == 3
    config = (course / "nbgrader_config.py").read_text()
    os.chmod(course / "nbgrader_config.py", 0o640)

    adopted = adopt(course)

    assert dump(course) == before
    added = files(course)
    changed = {name for name, digest in contents.items() if added[name] != digest}
    assert changed == {"nbgrader_config.py"}
    assert set(added) - set(contents) == {BACKUP, ".autograder/secret"}
    assert (course / BACKUP).read_text() == config
    assert (course / "nbgrader_config.py").read_text().startswith(config.rstrip("\n"))
    for name in (BACKUP, "nbgrader_config.py"):
        assert stat.S_IMODE((course / name).stat().st_mode) == 0o640
    assert adopted.remarks == (
        f"the configuration as it was is kept in {BACKUP}",
        "c.Autograde.autograde_preprocessors has no effect any more: this grader has its own",
    )
    classroom = adopted.classroom
    assert classroom.coursedir.course_id == "course101"
    assert classroom.config.IncludeHeaderFooter.header == "source/header.ipynb"
    assert not classroom.has_course and (course / "results").is_dir()


@pytest.mark.slow
def test_adopting_again_changes_nothing(course: Path) -> None:
    adopt(course)
    before, rows_before = files(course), dump(course)
    again = adopt(course)
    assert (files(course), dump(course)) == (before, rows_before)
    assert again.remarks == ("it had been adopted before; nothing was changed",)


@pytest.mark.slow
@pytest.mark.sandbox
def test_graded_again_honest_work_has_stocks_scores_and_people_keep_the_last_word(course: Path) -> None:
    missing = [layer for layer in doctor() if layer.status is Status.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}")
    before = dump(course)
    room = adopt(course).classroom
    stocks = {s: {n: rows(room, s, "ps1", n) for n in ("problem1", "problem2")} for s in stock.STUDENTS}
    # What stock itself says, so that the oracle is not empty.
    assert sum(score for score, _ in stocks["ada"]["problem1"].values() if score) == 3
    assert sum(score for score, _ in stocks["ben"]["problem1"].values() if score) == 2

    reports = grade(room, stock.STUDENTS, "ps1")

    for student, notebooks in stocks.items():
        for notebook, expected in notebooks.items():
            ours = rows(room, student, "ps1", notebook)
            assert {n: score for n, (score, _) in ours.items()} == {n: s for n, (s, _) in expected.items()}
    assert [report.manual_points for report in reports.values()] == [10, 10]
    # Rows stay the same rows, with what people have entered; a mark given before asks to be looked at again.
    after = dump(course)
    assert {t: [r[0] for r in found] for t, found in after.items()} == {
        t: [r[0] for r in found] for t, found in before.items()
    }
    for table in ("assignment", "student", "submitted_assignment", "source_cell", "comment"):
        assert after[table] == before[table]
    with room.gradebook("ps1") as gradebook:
        marked = gradebook.find_grade("sum_of_squares_equation", "problem1", "ps1", "ada")
        assert (marked.manual_score, marked.extra_credit, marked.needs_manual_grade) == (0.75, 0.5, True)
    # The header that nbgrader puts in front, and the picture beside the notebook, are in the page.
    pages = generate(room, "ps1")
    assert len(pages) == 4
    assert (room.feedback / "ada" / "ps1" / "jupyter.png").is_file()


@pytest.mark.slow
def test_pages_that_stock_graded_keep_their_hidden_tests_hidden_from_now_on(course: Path) -> None:
    executed = course / "autograded" / "ben" / "ps1" / "problem1.ipynb"
    os.chmod(executed, 0o644)
    executed.write_text(
        executed.read_text().replace(
            '"assert squares(1) == [1]\\n",',
            '"### BEGIN HIDDEN TESTS\\n", "assert squares(1) == [1]\\n", "### END HIDDEN TESTS\\n",',
        )
    )
    assert "BEGIN HIDDEN" in executed.read_text()
    room = adopt(course).classroom
    generate(room, "ps1")
    page = (room.feedback / "ben" / "ps1" / "problem1.html").read_text("utf-8")
    assert "BEGIN HIDDEN" not in page and "squares(1)" not in page


def bare(tmp_path: Path, config: str = "c = get_config()\n") -> Path:
    course = tmp_path / "course"
    (course / "source").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(config)
    return course


def test_what_is_no_course_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(ConfigurationError, match="a course directory of nbgrader's has a configuration"):
        adopt(tmp_path / "letters")
    assert not any((tmp_path / "letters").iterdir())


def test_a_course_without_a_configuration_gets_one(tmp_path: Path) -> None:
    (tmp_path / "course" / "source").mkdir(parents=True)
    adopted = adopt(tmp_path / "course")
    assert adopted.remarks == ()
    assert Classroom.open(tmp_path / "course").settings.secret == adopted.classroom.settings.secret
    assert not (tmp_path / "course" / BACKUP).exists()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("c.CourseDirectory.root = '/elsewhere'", "names another course directory .*adopt that folder"),
        ("c.CourseDirectory.directory_structure = 'x'", "a classroom has nbgrader's usual folders"),
        ("1 / 0", "the configuration does not load"),
    ],
)
def test_a_course_that_cannot_be_a_classroom_is_refused_and_left_alone(
    tmp_path: Path, config: str, message: str
) -> None:
    course = bare(tmp_path, f"c = get_config()\n{config}\n")
    before = files(course)
    with pytest.raises(ConfigurationError, match=message):
        adopt(course)
    assert files(course) == before


def test_a_gradebook_of_another_version_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    course = bare(tmp_path)
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as database:
        database.execute("create table alembic_version (version_num varchar(32))")
        database.execute("insert into alembic_version values ('b6d005d67074')")
        database.commit()
    before = files(course)
    with pytest.raises(
        ConfigurationError,
        match=r"tables of another version of nbgrader \(expected schema \w+, received schema b6d005d67074\);"
        r" nbgrader db upgrade",
    ):
        adopt(course)
    assert files(course) == before


def test_a_lost_secret_of_an_adopted_course_is_not_replaced(tmp_path: Path) -> None:
    course = bare(tmp_path)
    adopt(course)
    (course / ".autograder" / "secret").unlink()
    with pytest.raises(ConfigurationError, match="restore it from a backup"):
        adopt(course)


def test_an_adoption_that_was_cut_off_goes_on_with_the_secret_that_it_had_drawn(tmp_path: Path) -> None:
    course = bare(tmp_path)
    (course / ".autograder").mkdir()
    (course / ".autograder" / "secret").write_bytes(bytes(32))
    assert adopt(course).classroom.settings.secret == bytes(32)
