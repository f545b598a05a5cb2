"""Constants that differ by student: released, replayed, graded, and nobody's to change."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.converters import Autograde
from nbgrader.utils import capture_log
from typer.testing import CliRunner

from autograder.checks.recording import load, replay
from autograder.cli import app
from autograder.errors import ConfigurationError
from autograder.export.gradescope_zip import gradescope_zip
from autograder.grading.classroom_run import ClassRun
from autograder.grading.delivery import Delivery
from autograder.grading.events import EventLog
from autograder.grading.journal import Journal
from autograder.grading.repair import repair
from autograder.grading.submission import identity
from autograder.grading.work import work_on
from autograder.grading.workers import Task
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.nbgrader.classroom import SECRET, Classroom
from autograder.nbgrader.release import release, release_by_student
from autograder.problem_sets import ProblemSet, locate
from autograder.results import Report

from .varied import ADA, BEN, NAME, OWN_SECRET, cell, constants_of, hard_coded, namespace

# nbgrader adds submissions in a way that SQLAlchemy 2 warns of; what it writes is right.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type .* not in session")


# --- releases -----------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_each_student_gets_their_own_release_and_gets_the_same_again(room: Classroom, varied: ProblemSet):
    (ordinary,) = [release(room, varied)]
    folders = list(release_by_student(room, varied, [ADA, BEN, ADA]))
    assert folders == [room.directory / "release_by_student" / s / NAME for s in (ADA, BEN)]
    once = contents(room.directory / "release_by_student")
    shutil.rmtree(room.directory / "release_by_student")
    list(release_by_student(room, locate(NAME, room.course), [BEN, ADA]))
    assert contents(room.directory / "release_by_student") == once
    assert set(contents(ordinary)) == set(contents(folders[0])) == {f"{NAME}.ipynb", f"{NAME}.checks"}
    assert b"BEGIN SOLUTION" not in b"".join(once.values())
    notebooks = {s: nbformat.read(f / f"{NAME}.ipynb", 4) for s, f in zip((ADA, BEN), folders, strict=True)}
    for student, notebook in notebooks.items():
        exec(cell(notebook, "constants").source, own := {})
        assert {name: own[name] for name in ("RATE", "SIZE")} == constants_of(student)


def test_a_recorded_check_replays_with_its_students_constants(room: Classroom, varied: ProblemSet) -> None:
    folder = dict(zip((ADA, BEN), release_by_student(room, varied, [ADA, BEN]), strict=True))
    for student, other in ((ADA, BEN), (BEN, ADA)):
        own = varied.of(student, OWN_SECRET)
        recordings = load(folder[student] / f"{NAME}.checks")
        right = namespace(submission_notebook(own))
        foreign = namespace(submission_notebook(own, hard_coded(*constants_of(other).values())))
        uphill = namespace(submission_notebook(own, {"step": own.suite.mistakes[0]}))
        assert [replay(r, right).score for r in recordings] == [3.0, 2.0]
        assert [replay(r, foreign).score for r in recordings] == [0.0, 0.0]
        assert replay(recordings[0], uphill).outcomes[0].mistakes == ("step_uphill",)


def test_the_command_releases_for_a_file_of_students_or_for_the_gradebooks(
    room: Classroom, varied: ProblemSet, tmp_path: Path
) -> None:
    def run(*more: str) -> Any:
        return CliRunner().invoke(app, ["release", NAME, "-c", str(room.directory), *more])

    students = tmp_path / "students.txt"
    students.write_text(f"{ADA}\n\n {BEN} \n", "utf-8")
    assert "release_by_student, 2 students" in run("--students", str(students)).output
    with room.gradebook() as gradebook:
        gradebook.add_student("cyd")
    assert "release_by_student, 1 student" in run("--from-gradebook").output
    found = sorted(path.name for path in (room.directory / "release_by_student").iterdir())
    assert found == [ADA, BEN, "cyd"]
    assert (room.release / NAME / f"{NAME}.ipynb").is_file()
    assert run("--students", str(students), "--from-gradebook").exit_code == 2
    for text, said in (("", "a release by student names students"), ("../eve", "is the name of a folder")):
        students.write_text(text, "utf-8")
        refused = run("--students", str(students))
        assert said in str(refused.exception) + refused.output


def test_only_a_set_with_constants_is_released_by_student_and_never_to_gradescope(
    room: Classroom, varied: ProblemSet
) -> None:
    from tests.nbgrader.conftest import TINY

    with pytest.raises(ConfigurationError, match="a release by student is of a problem set whose constants"):
        list(release_by_student(room, locate("ps00_tiny", TINY), [ADA]))
    with pytest.raises(ConfigurationError, match="constants that differ by student are graded"):
        gradescope_zip(room, varied)


# --- grading ------------------------------------------------------------------------------------------------


def hand_in(room: Classroom, student: str, notebook: Any) -> None:
    folder = room.submitted / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(to_bytes(notebook) if notebook else b"")


def with_cell(notebook: Any, source: str | None) -> Any:
    notebook = copy.deepcopy(notebook)
    if source is None:
        notebook.cells = [c for c in notebook.cells if c.id != "constants"]
    else:
        cell(notebook, "constants").source = source
    return notebook


def test_repair_gives_the_cell_back_and_it_draws_no_other_inputs(varied: ProblemSet) -> None:
    ada, ben = (varied.of(student, OWN_SECRET) for student in (ADA, BEN))
    work = submission_notebook(ada)
    for tampered in (with_cell(work, "RATE = SIZE = 0"), with_cell(work, None), submission_notebook(ben)):
        repaired = repair(tampered, ada.release_notebook)
        own = cell(ada.release_notebook, "constants").source
        assert cell(repaired.notebook, "constants").source == own
        assert len(repaired.notes) == 1 and "'constants' had been" in repaired.notes[0]
        assert identity(repaired.notebook) == identity(work)
        assert namespace(repaired.notebook)["step"](1.0) == 1.0 - constants_of(ADA)["RATE"]


def test_a_result_is_of_the_constants_it_was_graded_with(room: Classroom, varied: ProblemSet) -> None:
    hand_in(room, ADA, submission_notebook(varied))
    hand_in(room, "eve", None)

    def task(student: str) -> Any:
        journal = Journal(room.results)
        with EventLog(room.results / "events") as events:
            delivery = Delivery(room, work_on(varied), journal, None, events, {}, False)  # type: ignore[arg-type]
            return delivery.look_at(student)

    first = task(ADA)
    assert isinstance(first, Task) and first.constants == constants_of(ADA)
    (room.directory / SECRET).write_bytes(bytes(32))
    other = task(ADA)
    assert other.constants != first.constants and other.key != first.key


@pytest.mark.sandbox
@pytest.mark.slow
def test_a_class_is_graded_each_with_their_own_constants_by_both_commands(
    room: Classroom, varied: ProblemSet
) -> None:
    release(room, varied)
    ada, ben = constants_of(ADA), constants_of(BEN)
    own = varied.of(ADA, OWN_SECRET)
    cy, dee = constants_of("cy"), constants_of("dee")
    hand_in(room, ADA, submission_notebook(own, hard_coded(*ada.values())))
    hand_in(room, BEN, submission_notebook(own, hard_coded(*ada.values())))  # ada's, to the letter
    changed = with_cell(submission_notebook(varied), "RATE = 0.0\nSIZE = 1")
    hand_in(room, "cy", changed)
    wrong = {"step": varied.suite.mistakes[0]}
    hand_in(room, "dee", submission_notebook(varied, wrong))
    hand_in(room, "eve", None)
    expected = {ADA: (3.0, 2.0), BEN: (0.0, 0.0), "cy": (3.0, 2.0), "dee": (0.0, 2.0), "eve": (None, None)}

    lines = {line.student: line.report for line in ClassRun(room, varied, workers=1).run()}

    said = {s: tuple(c.score if not r.not_gradable else None for c in r.checks) for s, r in lines.items()}
    assert said == expected
    assert {s: dict(r.constants) for s, r in lines.items()} == {s: constants_of(s) for s in expected}
    assert ben != ada and {tuple(c.values()) for c in (cy, dee)} != {tuple(varied.constants.values())}
    changed_cell = "cell 'constants' had been changed; it was restored from the release"
    assert lines[BEN].notes == (changed_cell,) == lines["cy"].notes and lines[ADA].notes == ()
    assert lines["dee"].checks[0].outcomes[0].mistakes == ("step_uphill",)
    assert Report.from_json(lines[ADA].to_json()).constants == ada
    page = json.loads((room.autograded / "eve" / NAME / f"{NAME}.ipynb").read_text("utf-8"))
    assert f"RATE = {constants_of('eve')['RATE']}" in "".join(cell(page, "constants")["source"])
    assert all(line.cached for line in ClassRun(room, varied, workers=1).run())
    assert scores(room, expected) == expected

    coursedir = room.coursedir
    coursedir.assignment_id = NAME
    step = Autograde(coursedir=coursedir, config=room.config)
    step.force = True
    result = capture_log(step)
    assert result["success"], result.get("log")
    assert scores(room, expected) == expected
    page = json.loads((room.autograded / "cy" / NAME / f"{NAME}.ipynb").read_text("utf-8"))
    assert f"RATE = {cy['RATE']}" in "".join(cell(page, "constants")["source"])


def scores(room: Classroom, students: Any) -> dict[str, tuple[float | None, ...]]:
    found = {}
    with room.gradebook(NAME) as gradebook:
        for student in students:
            grades = gradebook.find_submission_notebook(NAME, NAME, student).grades
            by_name = {grade.name: grade.auto_score for grade in grades}
            found[student] = (by_name["check_step"], by_name["check_head"])
    return found
