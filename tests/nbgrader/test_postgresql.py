"""A gradebook on a real PostgreSQL server, started for these tests, equals the one in SQLite."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.demo import hand_in
from autograder.errors import ConfigurationError, StorageError
from autograder.grading.classroom_run import ClassRun
from autograder.grading.journal import Entry
from autograder.grading.writer import Writer
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.database import open_gradebook
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet

NAME = "ps00_tiny"


@dataclass
class Server:
    """A private server that listens on a socket in a folder, and on no port."""

    programs: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        if os.getuid() == 0:  # which the server refuses
            account = pwd.getpwnam("postgres")
            ids = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
            command = ["setpriv", *ids, *command]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
        assert done.returncode == 0, done.stderr + done.stdout

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "start", "-w", "-D", str(self.folder / "data"), "-o", options, "-l", log)

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.folder / "data"))

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://grader@/{database}?host={self.folder}"

    def new_database(self, name: str) -> str:
        self.run("createdb", "-h", str(self.folder), "-U", "grader", name)
        return self.url(name)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        if os.environ.get("CI"):
            pytest.fail("postgresql is installed in CI")
        pytest.skip("the PostgreSQL server is missing (Debian: postgresql)")
    # A socket's path has at most 107 bytes: pytest's folders are too deep.
    folder = Path(tempfile.mkdtemp(prefix="gradebook-", dir="/tmp"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    server = Server(found[-1].parent, folder)
    try:
        server.run("initdb", "-D", str(folder / "data"), "-U", "grader", "-A", "trust", "-E", "UTF8", "-N")
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def moved(room: Classroom, db_url: str) -> Classroom:
    """A copy with another gradebook: what was handed in, the secret and the journal go along."""
    copy = Path(shutil.copytree(room.directory, room.directory.with_name("moved")))
    shutil.rmtree(copy / "autograded")
    (copy / "autograded").mkdir()
    config = copy / "nbgrader_config.py"
    config.write_text(config.read_text("utf-8") + f"c.CourseDirectory.db_url = {db_url!r}\n", "utf-8")
    return Classroom.open(copy)


def rows(db_url: str) -> dict[str, list[str]]:
    """Every row of every table, with what it points to in place of the random ids of rows."""
    from nbgrader.api import Base
    from sqlalchemy import create_engine, text

    engine = create_engine(db_url)
    found: dict[str, list[str]] = {}
    known: dict[str, dict[Any, str]] = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            known[table.name] = {}
            for row in connection.execute(table.select()).mappings():
                parts = []
                for column in table.columns:
                    value = row[column.name]
                    for key in column.foreign_keys:
                        value = value if value is None else known[key.column.table.name][value]
                    if not (column.primary_key and column.default is not None and not column.foreign_keys):
                        parts.append(f"{column.name}={value!r}")
                if "id" in table.columns:
                    known[table.name][row["id"]] = f"{table.name}({', '.join(parts)})"
                found.setdefault(table.name, []).append(", ".join(parts))
        found["alembic_version"] = [str(connection.execute(text("SELECT * FROM alembic_version")).all())]
    engine.dispose()
    return {name: sorted(lines) for name, lines in found.items()}


def work(problem_set: ProblemSet) -> dict[str, bytes]:
    answered = submission_notebook(problem_set)
    (why,) = [cell for cell in answered.cells if cell.id == "why_squares"]
    why.source = "Because a \x00 byte and HALF a pair must not stop a database."
    wrong = submission_notebook(problem_set, {"scaled": problem_set.suite.mistakes[1]})
    return {
        "ada": to_bytes(answered).replace(b"HALF", rb"\udfff"),
        "bob": to_bytes(wrong),
        "eve": to_bytes(submission_notebook(problem_set, dict.fromkeys(("sum_of_squares", "scaled")))),
        "zoë": b'{"cells": "\x00\xff", "\x00": 1}',
    }


@pytest.fixture
def graded(classroom: Classroom, problem_set: ProblemSet) -> Classroom:
    """A class graded into SQLite: late work, a manual grade, a comment, work that cannot be graded."""
    config = classroom.directory / "nbgrader_config.py"
    late = "c.LateSubmissionPlugin.penalty_method = 'zero'\nc.ExpectedGradient.isolation = 'none'\n"
    config.write_text(config.read_text("utf-8") + late, "utf-8")
    classroom = Classroom.open(classroom.directory)
    release(classroom, problem_set)
    due(classroom)
    for student, data in work(problem_set).items():
        path = hand_in(classroom, NAME, student, data)
        (path.parent / "timestamp.txt").write_text(f"2026-01-0{1 + (student == 'bob')} 10:00:00 UTC")
    (classroom.submitted / ("x" * 200) / NAME).mkdir(parents=True)
    (classroom.submitted / "\udcff\udcfe" / NAME).mkdir(parents=True)
    lines = ClassRun(classroom, problem_set, workers=1).run()
    assert [line.report.score for line in lines] == [None, 5.0, 3.0, 0.0, None, None]
    assert "at most 128 fit" in lines[4].report.not_gradable
    assert lines[0].student == "\\udcff\\udcfe"
    by_hand(classroom)
    return classroom


def due(room: Classroom) -> None:
    with room.gradebook(NAME) as gradebook:
        gradebook.find_assignment(NAME).duedate = datetime(2026, 1, 1, 12)
        gradebook.db.commit()


def by_hand(room: Classroom) -> None:
    with room.gradebook(NAME) as gradebook:
        grade = gradebook.find_grade("why_squares", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.find_comment("scaled", NAME, NAME, "bob").manual_comment = "See me. 😀"
        gradebook.db.commit()


def test_a_class_has_equal_rows_in_both_and_a_server_that_fails_in_the_middle_loses_nothing(
    graded: Classroom, problem_set: ProblemSet, server: Server
) -> None:
    room = moved(graded, server.new_database("a_class"))
    release(room, problem_set)
    due(room)
    told = []

    def fail_once(line: Any) -> None:
        told.append(line.student)
        if len(told) == 3:
            server.stop()

    with pytest.raises(StorageError, match=r"(?s)what is graded must be kept.*run the same command again"):
        ClassRun(room, problem_set, workers=1).run(fail_once)
    server.start()

    lines = ClassRun(room, problem_set, workers=1).run()
    assert len(lines) == 6
    by_hand(room)
    assert rows(room.db_url) == rows(graded.db_url)
    counts = {table: len(lines) for table, lines in rows(room.db_url).items()}
    assert (counts["grade"], counts["submitted_notebook"], counts["student"]) == (12, 4, 4)
    # A person's grade and comment stay in both when all of it is written again.
    for each in (room, graded):
        for student in ("ada", "bob", "eve", "zoë"):
            shutil.rmtree(each.autograded / student)
        ClassRun(each, problem_set, workers=1).run()
    assert rows(room.db_url) == rows(graded.db_url)
    assert any("manual_score=1.5" in line for line in rows(room.db_url)["grade"])


def test_many_graders_may_begin_with_one_empty_database(server: Server) -> None:
    url = server.new_database("crowded")

    def opened(_: int) -> int:
        gradebook = open_gradebook(url, "dl101")
        students = len(gradebook.students)
        gradebook.close()
        return students

    with ThreadPoolExecutor(6) as graders:
        assert list(graders.map(opened, range(12))) == [0] * 12
    assert rows(url)["course"] == ["id='dl101'"]


def test_the_writer_takes_any_reason_that_a_file_can_give(
    classroom: Classroom, problem_set: ProblemSet, server: Server
) -> None:
    from autograder.grading.submission import not_gradable

    room = moved(classroom, server.new_database("reasons"))
    release(room, problem_set)
    said = "the file says \x00\x01 \ud800 \U0001f600 'quoted' %s {x}; DROP TABLE grade --" + "long " * 2000
    graded = not_gradable(problem_set, said)
    with Writer(room, problem_set) as writer:
        writer.write(Entry("", "ada", graded.report, nbformat.writes(graded.notebook)))
    with room.gradebook(NAME) as gradebook:
        comment = gradebook.find_comment("scaled", NAME, NAME, "ada").auto_comment
    assert "\U0001f600 'quoted' %s {x}; DROP TABLE grade --" in comment


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql+psycopg://u:hunter2@/db?host=/no", r"psycopg://u:\*\*\*@.*run the same command"),
        ("postgresql+psycopg2://u:hunter2@h/db", r"needs its driver.*expected-gradient\[postgres"),
        ("mongodb://u:hunter2@h/db", r"db_url is an address that SQLAlchemy reads.*postgresql\+psycopg"),
        ("gradebook.db", r"c\.CourseDirectory\.db_url: db_url is an address"),
    ],
)
def test_a_database_that_cannot_be_opened_says_why_and_keeps_its_password(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        open_gradebook(url, "dl101")
    assert "hunter2" not in str(raised.value)
