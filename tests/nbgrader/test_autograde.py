"""Commands of nbgrader itself in a classroom: one odd file costs its sender, never the batch."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.utils import capture_log

from autograder.errors import SandboxError
from autograder.grading import submission
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.gradebook import register
from autograder.nbgrader.release import release

# nbgrader adds submissions in a way that SQLAlchemy 2 warns of; what it writes is right.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type .* not in session")

NAME = "ps00_tiny"
FULL = {"check_sum_of_squares": 3.0, "check_scaled": 2.0, "why_squares": 0.0}


@pytest.fixture
def released(classroom: Classroom, problem_set) -> Classroom:
    release(classroom, problem_set)
    return classroom


def hand_in(classroom: Classroom, student: str, data: bytes, file: str = f"{NAME}.ipynb") -> None:
    folder = classroom.submitted / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(data)


def autograde(classroom: Classroom) -> dict:
    coursedir = classroom.coursedir
    coursedir.assignment_id = NAME
    step = Autograde(coursedir=coursedir, config=classroom.config)
    step.force = True
    return capture_log(step)


def scores(classroom: Classroom, student: str) -> dict[str, float | None]:
    with classroom.gradebook(NAME) as gradebook:
        found = gradebook.find_submission_notebook(NAME, NAME, student)
        return {grade.name: grade.auto_score for grade in found.grades}


def comment(classroom: Classroom, student: str) -> str:
    with classroom.gradebook(NAME) as gradebook:
        return gradebook.find_comment("scaled", NAME, NAME, student).comment


def renamed(notebook: NotebookNode, cell_id: str, **metadata: object) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.id == cell_id:
            cell.metadata.nbgrader.update(metadata)
    return notebook


def duplicated(notebook: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    notebook.cells += copy.deepcopy(notebook.cells)
    return notebook


def without(notebook: NotebookNode, cell_id: str) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if cell.id != cell_id]
    return notebook


@pytest.mark.sandbox
@pytest.mark.slow
def test_odd_files_are_graded_or_named_and_their_neighbours_have_their_grades(released, problem_set):
    right = submission_notebook(problem_set)
    odd = {
        "a-right": to_bytes(right),
        "b-duplicated": json.dumps(duplicated(right)).encode(),
        "c-old-schema": to_bytes(renamed(right, "check_scaled", schema_version=1)),
        "d-new-schema": to_bytes(renamed(right, "scaled", schema_version=99)),
        "e-flag": to_bytes(renamed(right, "check_scaled", grade=False, solution=True, points=1e6)),
        "f-deleted": to_bytes(without(right, "check_scaled")),
    }
    bad = {
        "g-empty": (b"", "Not graded: the file is empty"),
        "h-pdf": (b"%PDF-1.7", "Not graded: the file is not JSON, so it is not a notebook"),
        "i-deep": (b'{"a":' * 100_000, "Not graded: the file is nested too deeply to be a notebook"),
        "j-cells": (b'{"nbformat": 4, "cells": 7}', "Not graded: a notebook has a list of cells"),
    }
    for student, data in odd.items():
        hand_in(released, student, data)
    for student, (data, _) in bad.items():
        hand_in(released, student, data)
    hand_in(released, "z-right", to_bytes(right))

    result = autograde(released)

    assert result["success"], result.get("log")
    for student in (*odd, "z-right"):
        assert scores(released, student) == FULL, student
    for student, (_, words) in bad.items():
        assert set(scores(released, student).values()) == {None}
        assert comment(released, student).startswith(words)


@pytest.mark.sandbox
def test_both_ways_to_grade_give_the_same_report(released, problem_set):
    wrong = submission_notebook(
        problem_set, {"scaled": "def scaled(x, factor=2.0):\n    return x * factor if factor == 3.0 else x"}
    )
    hand_in(released, "ada", to_bytes(wrong))
    assert autograde(released)["success"]
    report = submission.grade_bytes(to_bytes(wrong), problem_set, released.settings).report
    by_report = {check.grade_id: check.score for check in report.checks}
    assert by_report == {"check_sum_of_squares": 3.0, "check_scaled": 1.0}
    assert scores(released, "ada") == by_report | {"why_squares": 0.0}
    graded = json.loads((released.autograded / "ada" / NAME / f"{NAME}.ipynb").read_text("utf-8"))
    (cell,) = [
        cell
        for cell in graded["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "check_scaled"
    ]
    assert "partly right, 1 of 2 points" in "".join(cell["outputs"][0]["data"]["text/plain"])


@pytest.mark.sandbox
def test_nbgrader_can_release_the_feedback_of_all_whatever_lies_where_the_secret_should(
    released, problem_set
):
    work = to_bytes(submission_notebook(problem_set))
    secrets = {"ada": b"\xff\x00", "ben": b"ab" * 64, "eve": None}
    for student, secret in secrets.items():
        hand_in(released, student, work)
        if secret is not None:
            hand_in(released, student, secret, "submission_secret.txt")
    assert autograde(released)["success"]
    kept = {
        student: (released.autograded / student / NAME / "submission_secret.txt").read_text("ascii")
        for student in secrets
    }
    assert kept["ben"] == "ab" * 64
    # Of this classroom's own: nobody else knows it, and a second run gives the same.
    assert kept["ada"] == released.submission_secret("ada", NAME) != kept["eve"]
    assert all((released.autograded / student / NAME / "timestamp.txt").exists() for student in secrets)


@pytest.mark.sandbox
def test_feedback_shows_scores_and_reasons_and_nothing_of_the_solutions(released, problem_set):
    own = "def squares(x):\n    return np.sum(np.asarray(x) ** 2)"
    hand_in(
        released,
        "ada",
        to_bytes(submission_notebook(problem_set, {"sum_of_squares": own, "scaled": None})),
    )
    hand_in(released, "bob", b"")
    assert autograde(released)["success"]
    coursedir = released.coursedir
    coursedir.assignment_id = NAME
    step = GenerateFeedback(coursedir=coursedir, config=released.config)
    result = capture_log(step)
    assert result["success"], result
    ada = (released.feedback / "ada" / NAME / f"{NAME}.html").read_text("utf-8")
    bob = (released.feedback / "bob" / NAME / f"{NAME}.html").read_text("utf-8")
    assert "Score: 3.0 / 7.0" in ada and "is not written yet" in ada
    assert "Not graded: the file is empty" in bob
    assert "secret" not in ada and "secret" not in bob


def test_a_grader_that_fails_takes_the_old_score_back_and_goes_on(released, problem_set, monkeypatch):
    right = to_bytes(submission_notebook(problem_set))
    for student in ("ada", "bob"):
        hand_in(released, student, right)
        with released.gradebook(NAME) as gradebook:
            register(gradebook, NAME, student)
            for grade in gradebook.find_submission_notebook(NAME, NAME, student).grades:
                grade.auto_score, grade.needs_manual_grade = 2.0, False
            gradebook.db.commit()

    def fail(*args: object) -> None:
        raise SandboxError("there is no sandbox here")

    monkeypatch.setattr(submission, "grade_cells", fail)
    result = autograde(released)

    assert not result["success"]
    assert "there is no sandbox here" in result["log"]
    for student in ("ada", "bob"):
        assert set(scores(released, student).values()) == {None}
        assert comment(released, student) == (
            "Not graded: the grader failed on it: SandboxError: there is no sandbox here"
        )
        assert not (released.autograded / student / NAME).exists()


def test_a_link_in_place_of_a_notebook_is_not_followed(released, tmp_path: Path):
    secret = tmp_path / "elsewhere.ipynb"
    secret.write_text('{"nbformat": 4, "cells": [{"cell_type": "code", "source": "somebody else\'s work"}]}')
    folder = released.submitted / "eve" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").symlink_to(secret)
    assert autograde(released)["success"]
    assert "a notebook must be a readable file, not a link" in comment(released, "eve")
    assert "somebody else" not in (released.autograded / "eve" / NAME / f"{NAME}.ipynb").read_text("utf-8")


def test_links_beside_a_notebook_are_not_followed_into_the_feedback(released, problem_set, tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the gradebook")
    hand_in(released, "eve", b"")
    folder = released.submitted / "eve" / NAME
    (folder / "data.txt").write_text("eve's own data")
    (folder / "link.txt").symlink_to(secret)
    (folder / "endless").symlink_to("/dev/zero")
    (folder / "folder").symlink_to(tmp_path)
    assert autograde(released)["success"]
    copied = released.autograded / "eve" / NAME
    assert (copied / "data.txt").read_text() == "eve's own data"
    assert not {path.name for path in copied.iterdir()} & {"link.txt", "endless", "folder"}
    assert secret.read_text() == "the gradebook"
