"""Batches keep every promise of a single write: all or nothing, markers after the commit, nothing twice."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from sqlalchemy import event

from autograder.errors import ConfigurationError
from autograder.grading import writer as module
from autograder.grading.delivery import Delivery
from autograder.grading.events import EventLog
from autograder.grading.journal import Entry, Journal
from autograder.grading.observer import Line
from autograder.grading.work import work_on
from autograder.grading.workers import Finished, Task
from autograder.grading.writer import Writer
from autograder.nbgrader import gradebook
from autograder.nbgrader.build import submission_notebook
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet
from autograder.results import CheckResult, Outcome, Report

NAME = "ps00_tiny"

Rows = list[tuple[object, ...]]


class Killed(BaseException):
    """In place of the end of the process."""


def entry(tiny: ProblemSet, student: str, right: bool = True, points: float = 3.0) -> Entry:
    checks = (
        CheckResult("check_sum_of_squares", "sum_of_squares", points, (Outcome("close", right, "said"),)),
        CheckResult("check_scaled", "scaled", 2.0, (Outcome("close", True, "right"),)),
    )
    notebook = submission_notebook(tiny, {} if right else dict.fromkeys(["sum_of_squares"]))
    report = Report(NAME, student, checks, manual_points=2.0)
    return Entry(f"key-of-{student}", student, report, nbformat.writes(notebook))


@contextlib.contextmanager
def database(room: Classroom) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(room.directory / "gradebook.db")) as connection:
        yield connection


def rows(room: Classroom) -> Rows:
    """Everything that the gradebook says of submissions, without the numbers of its rows."""
    query = """
        select handed.student_id, handed.timestamp, submitted.late_submission_penalty, base_cell.name,
               grade.auto_score, grade.manual_score, grade.needs_manual_grade, said.auto_comment,
               base_cell.type
        from submitted_assignment handed
        join submitted_notebook submitted on submitted.assignment_id = handed.id
        join base_cell on base_cell.notebook_id = submitted.notebook_id
        left join grade on grade.cell_id = base_cell.id and grade.notebook_id = submitted.id
        left join comment said on said.cell_id = base_cell.id and said.notebook_id = submitted.id
        order by 1, 4, 9
    """
    with database(room) as connection:
        return connection.execute(query).fetchall()


def students(room: Classroom) -> set[object]:
    return {row[0] for row in rows(room)}


def pages(room: Classroom) -> set[str]:
    return {path.parents[1].name for path in room.autograded.glob(f"*/{NAME}/{NAME}.ipynb")}


def test_nothing_is_delivered_before_it_is_committed_and_written(room: Classroom, tiny: ProblemSet) -> None:
    seen = []

    def delivered() -> None:
        seen.append((students(room), pages(room)))

    with Writer(room, tiny, batch=3, seconds=3600.0) as writer:
        for student in ("ada", "bob"):
            writer.write(entry(tiny, student), delivered)
        assert (seen, students(room), pages(room)) == ([], set(), set())
        writer.write(entry(tiny, "cyd"), delivered)
        everybody = {"ada", "bob", "cyd"}
        assert seen == [(everybody, everybody)] * 3
        writer.write(entry(tiny, "dee"), delivered)
        assert len(seen) == 3
    # What is left is written at the end.
    assert len(seen) == 4 and students(room) == pages(room) == everybody | {"dee"}


def test_what_waits_is_committed_when_its_time_is_over(
    room: Classroom, tiny: ProblemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    with Writer(room, tiny, batch=50, seconds=2.0) as writer:
        writer.write(entry(tiny, "ada"))
        now += 1.9
        writer.flush_if_due()
        writer.write(entry(tiny, "bob"))
        assert students(room) == set()
        now += 0.2  # the first has waited for 2.1 s, the second has not
        writer.flush_if_due()
        assert students(room) == {"ada", "bob"}


def in_one_way(room: Classroom, tiny: ProblemSet, batch: int) -> Rows:
    """A class with a late student, an old score, a person's score and work that cannot be graded."""
    for student, day in (("ada", 1), ("bob", 3)):
        folder = room.submitted / student / NAME
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(f"2026-01-{day:02} 12:00:00 UTC\n")
    room.config.LateSubmissionPlugin.penalty_method = "zero"
    with room.gradebook(NAME) as opened:
        opened.find_assignment(NAME).duedate = datetime(2026, 1, 2)
        opened.db.commit()
    with Writer(room, tiny, batch, 3600.0) as writer:
        for student in ("ada", "bob", "cyd"):
            writer.write(entry(tiny, student))
    with room.gradebook(NAME) as opened:
        opened.find_grade("check_scaled", NAME, NAME, "ada").manual_score = 1.5
        opened.db.commit()
    with Writer(room, tiny, batch, 3600.0) as writer:
        for student in ("ada", "bob"):
            writer.write(entry(tiny, student, right=False))
        lost = Report(NAME, not_gradable="the file is empty")
        writer.write(Entry("", "cyd", lost, nbformat.writes(tiny.release_notebook)))
        writer.write(entry(tiny, "dee"))
        writer.write(entry(tiny, "dee", right=False))  # of two in one batch the later counts
    return rows(room)


def test_a_batch_leaves_the_rows_that_single_writes_leave(
    room: Classroom, released: Path, tmp_path: Path, tiny: ProblemSet
) -> None:
    other = Classroom.open(shutil.copytree(released, tmp_path / "other"))
    together = in_one_way(room, tiny, batch=10)
    assert together == in_one_way(other, tiny, batch=1)
    score = {(row[0], row[3]): row[4:7] for row in together}
    assert score["ada", "check_sum_of_squares"] == (0.0, None, 0)
    assert score["ada", "check_scaled"] == (2.0, 1.5, 1)  # a person's score stays and asks to be looked at
    assert score["cyd", "check_scaled"] == (None, None, 1)
    assert score["dee", "check_sum_of_squares"] == (0.0, None, 0)
    assert {row[0]: row[2] for row in together} == {"ada": None, "bob": 2.0, "cyd": None, "dee": None}


def test_a_batch_agrees_with_what_nbgraders_own_command_is_written_by(
    room: Classroom, released: Path, tmp_path: Path, tiny: ProblemSet
) -> None:
    with Writer(room, tiny) as writer:
        writer.write(entry(tiny, "ada", right=False))
    other = Classroom.open(shutil.copytree(released, tmp_path / "other"))
    one = entry(tiny, "ada", right=False)
    with other.gradebook(NAME) as opened:
        notebook = nbformat.reads(one.notebook, as_version=4)
        gradebook.register(opened, NAME, "ada")
        gradebook.save_report(opened, one.report, notebook, NAME, "ada", NAME)
    assert rows(room) == rows(other)
    assert [row for row in rows(room) if row[7] == gradebook.NO_RESPONSE]  # an untouched cell is in both


def test_one_that_does_not_fit_takes_the_whole_batch_back(room: Classroom, tiny: ProblemSet) -> None:
    with Writer(room, tiny) as writer:
        writer.write(entry(tiny, "ada"))
    before, delivered = rows(room), []
    with (
        pytest.raises(ConfigurationError, match=r"differences in check_sum_of_squares.*autograder release"),
        Writer(room, tiny, batch=2) as writer,
    ):
        writer.write(entry(tiny, "ada", right=False), lambda: delivered.append("ada"))
        writer.write(entry(tiny, "bob", points=9.0), lambda: delivered.append("bob"))
    assert (rows(room), delivered, pages(room)) == (before, [], {"ada"})


def test_what_is_written_reads_the_gradebook_once_a_batch(room: Classroom, tiny: ProblemSet) -> None:
    counts: dict[int, list[str]] = {}
    for size in (2, 12):
        with Writer(room, tiny, batch=size, seconds=3600.0) as writer:
            said = counts[size] = []
            event.listen(
                writer._gradebook.engine, "before_cursor_execute", lambda *a, said=said: said.append(a[2])
            )
            event.listen(
                writer._gradebook.engine, "commit", lambda connection, said=said: said.append("COMMIT")
            )
            for number in range(size):
                writer.write(entry(tiny, f"{size}-{number:02}"))
    reads = {size: sum(said.startswith("SELECT") for said in counts[size]) for size in counts}
    assert reads[2] == reads[12] > 0
    assert [said.count("COMMIT") for said in counts.values()] == [1, 1]


Run = Callable[[], contextlib.AbstractContextManager[tuple[Delivery, Journal]]]


@pytest.fixture
def run(room: Classroom, tiny: ProblemSet) -> Run:
    """Opens what one run of the coordinator has open."""

    @contextlib.contextmanager
    def opened() -> Iterator[tuple[Delivery, Journal]]:
        journal = Journal(room.results)
        with Writer(room, tiny) as writer, EventLog(room.results / "events.jsonl") as events:
            versions = {"grader": "this"}
            yield Delivery(room, work_on(tiny), journal, writer, events, versions, False), journal

    return opened


@pytest.mark.parametrize("place", ["save_all", "write_atomically", "to_disk", "delivered"])
def test_a_kill_anywhere_in_a_batch_is_made_good_by_the_next_run(
    place: str,
    run: Run,
    class_of: Callable[..., list[str]],
    room: Classroom,
    tiny: ProblemSet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = class_of(5)

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed), run() as (delivery, _):
        if place == "save_all":  # before the commit
            patched.setattr("autograder.nbgrader.gradebook_batch.save_all", kill)
        elif place == "delivered":  # between the commit and the first marker
            patched.setattr(Journal, "deliver", kill)
        else:
            patched.setattr(module, place, kill)
        for name in names:
            task = delivery.look_at(name)
            assert isinstance(task, Task)
            one = entry(tiny, name, right=name != "s03")
            delivery.finish(Finished(name, task.key, task.note, one.report, one.notebook))
    journal = Journal(room.results)
    assert students(room) == (set() if place == "save_all" else set(names))
    assert [journal.delivered(NAME, name) for name in names] == [""] * 5
    with run() as (delivery, journal):
        for name in names:
            line = delivery.look_at(name)
            assert isinstance(line, Line) and line.cached  # nothing is graded again
    assert all(journal.delivered(NAME, name) for name in names)
    assert pages(room) == set(names)
    # The written answer is a cell for its points and one for its comment.
    assert len({(row[0], row[3], row[8]) for row in rows(room)}) == len(rows(room)) == 5 * 6  # nothing twice
    score = {(row[0], row[3]): row[4] for row in rows(room) if row[8] == "GradeCell"}
    assert [score[name, "check_sum_of_squares"] for name in names] == [3.0, 3.0, 3.0, 0.0, 3.0]
