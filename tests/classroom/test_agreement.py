"""`autograder grade` and `nbgrader autograde` give the sample class the same scores, cell by cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp
from nbgrader.converters import Autograde
from nbgrader.utils import capture_log

from autograder.demo import make_class
from autograder.grading.classroom_run import ClassRun
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.feedback import generate
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    # nbgrader adds submissions in a way that SQLAlchemy 2 warns of; what it writes is right.
    pytest.mark.filterwarnings("ignore:Object of type .* not in session"),
]

NAME = "ps05_estimators"
# Two submissions never end; what they cost is not what is compared here.
LIMITS = {"cell_seconds": 15.0, "call_seconds": 5.0}


def room(folder: Path, problem_set: ProblemSet) -> Classroom:
    """The sample class with a secret that both classrooms have, so that both draw the same inputs."""
    made = make_class(folder, problem_set)
    (made.directory / ".autograder" / "secret").write_bytes(bytes(range(32)))
    config = made.directory / "nbgrader_config.py"
    config.write_text(f"{config.read_text('utf-8')}\nc.ExpectedGradient.limits = {LIMITS!r}\n", "utf-8")
    opened = Classroom.open(made.directory)
    release(opened, problem_set)
    return opened


def rows(classroom: Classroom) -> dict[tuple[str, str], tuple[float | None, float, bool]]:
    """What the gradebook says of every cell of every student."""
    with Gradebook(classroom.db_url) as gradebook:
        return {
            (submission.student.id, grade.name): (grade.auto_score, grade.max_score, grade.needs_manual_grade)
            for submission in gradebook.assignment_submissions(NAME)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def test_both_commands_give_every_cell_of_the_class_the_same_score(
    tmp_path: Path, problem_set: ProblemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = room(tmp_path / "ours", problem_set), room(tmp_path / "theirs", problem_set)
    ClassRun(ours, problem_set, workers=2).run()
    coursedir = theirs.coursedir
    coursedir.assignment_id = NAME
    step = Autograde(coursedir=coursedir, config=theirs.config)
    result = capture_log(step)
    assert result["success"], result.get("log")

    found = rows(theirs)
    assert found == rows(ours)
    students = {student for student, _ in found}
    assert len(students) == len(list(ours.submitted.iterdir())) >= 17
    # Not all the same for a poor reason: full marks, none, and what cannot be graded are all there.
    totals = {s: sum(score or 0 for (name, _), (score, _, _) in found.items() if name == s) for s in students}
    assert totals["perfect"] == problem_set.notebook.points and totals["stub"] == totals["cheat-check"] == 0.0

    # nbgrader's own steps go on from there.
    pages = {page.parents[1].name for page in generate(theirs, NAME)}
    assert pages == students
    monkeypatch.chdir(theirs.directory)
    export = ExportApp(config=theirs.config)
    export.initialize([])
    export.start()
    exported = (theirs.directory / "grades.csv").read_text("utf-8")
    assert all(student in exported for student in students)
