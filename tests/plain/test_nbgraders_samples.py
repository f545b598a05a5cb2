"""Sample notebooks of nbgrader's own tests, with what those expect, and where more is promised here."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbgrader
import pytest

from autograder.nbgrader.adopt import adopt
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.release import release_ordinary
from autograder.sandbox.isolation import Status, doctor

from .conftest import grade, rows

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

SAMPLES = Path(nbgrader.__file__).parent / "tests" / "apps" / "files"

CONFIG = """\
c = get_config()
c.Execute.timeout = 2
"""

ASSIGNMENTS = {
    "ps1": "submitted-unchanged",
    "hidden": "test-hidden-tests",
    "slow": "timeout",
    "asks": "validating-environment-variable",
    "writes": "side-effects",
    "loop": "infinite-loop",
    "fills": "infinite-loop-with-output",
}
"""The source of each assignment."""

SUBMITTED = {
    ("ps1", "foo"): "submitted-unchanged",
    ("ps1", "bar"): "submitted-changed",
    ("ps1", "spam"): "submitted-cheat-attempt",
    ("ps1", "eggs"): "submitted-cheat-attempt-alternative",
    ("ps1", "tests"): "submitted-grade-cell-changed",
    ("ps1", "locked"): "submitted-locked-cell-changed",
    **{(name, "foo"): source for name, source in ASSIGNMENTS.items() if name != "ps1"},
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    missing = [layer for layer in doctor() if layer.status is Status.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}: {missing[0].detail}")
    course = tmp_path_factory.mktemp("samples") / "course"
    for name, sample in ASSIGNMENTS.items():
        copy(sample, course / "source" / name)
    (course / "nbgrader_config.py").write_text(CONFIG)
    made = adopt(course).classroom
    for name in ASSIGNMENTS:
        if name == "hidden":  # nbgrader's test of it has this stub, which raises nothing
            made.config.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}
        release_ordinary(made, name)
        made.config.pop("ClearSolutions", None)
    for (name, student), sample in SUBMITTED.items():
        folder = course / "submitted" / student / name
        if name == "hidden":
            shutil.copytree(course / "release" / name, folder)
        else:
            copy(sample, folder)
    copy("submitted-changed", course / "submitted" / "foo" / "ps1", "p1 copy")
    for name in ASSIGNMENTS:
        grade(made, [student for assignment, student in SUBMITTED if assignment == name], name)
    return made


def copy(sample: str, folder: Path, name: str = "p1") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SAMPLES / f"{sample}.ipynb", folder / f"{name}.ipynb")


@pytest.mark.parametrize(
    ("assignment", "student", "score", "manual"),
    [
        # test_grade, test_skip_extra_notebooks
        ("ps1", "foo", 1, False),
        ("ps1", "bar", 2, True),
        # test_showtraceback_exploit
        ("ps1", "spam", 1, True),
        ("ps1", "eggs", 1, True),
        # test_overwritecells: the test that was commented out fails again, the read-only cells are back
        ("ps1", "tests", 1, False),
        ("ps1", "locked", 1, False),
        ("hidden", "foo", 1.5, False),  # test_hidden_tests_single_notebook
        ("slow", "foo", 0, False),  # test_autograde_timeout, with two seconds
        ("asks", "foo", 0, False),  # test_grade_with_validating_envvar
        ("writes", "foo", 0, False),  # test_side_effects
        ("loop", "foo", 0, False),  # test_infinite_loop
        ("fills", "foo", 0, False),  # test_infinite_loop_with_output, which nbgrader skips
    ],
)
def test_a_sample_has_the_score_that_nbgraders_own_test_expects(
    room: Classroom, assignment: str, student: str, score: float, manual: bool
) -> None:
    found = rows(room, student, assignment, "p1").values()
    assert sum(earned or 0 for earned, _ in found) == score
    assert any(needed for _, needed in found) is manual


def test_answers_as_handed_out_are_commented_on(room: Classroom) -> None:
    with room.gradebook("ps1") as gradebook:
        said = {
            (student, name): gradebook.find_comment(name, "p1", "ps1", student).comment
            for student in ("foo", "bar")
            for name in ("set_a", "baz", "quux")
        }
    assert {comment for (student, _), comment in said.items() if student == "foo"} == {"No response."}
    assert {comment for (student, _), comment in said.items() if student == "bar"} == {None}


def test_changed_read_only_cells_are_as_released_in_the_page(room: Classroom) -> None:
    page = (room.autograded / "locked" / "ps1" / "p1.ipynb").read_text("utf-8")
    assert "#print(" not in page and "This cell shouldn't be changed." in page


def test_hidden_tests_are_back_in_the_instructors_page_and_nowhere_in_the_release(room: Classroom) -> None:
    assert "BEGIN HIDDEN TESTS" not in (room.release / "hidden" / "p1.ipynb").read_text("utf-8")
    assert "BEGIN HIDDEN TESTS" in (room.autograded / "foo" / "hidden" / "p1.ipynb").read_text("utf-8")


def test_what_a_notebook_writes_stays_in_its_sandbox(room: Classroom) -> None:
    assert not list(room.directory.rglob("side-effect.txt"))


def test_notebooks_that_nobody_asked_for_are_not_graded(room: Classroom) -> None:
    assert [path.name for path in (room.autograded / "foo" / "ps1").glob("*.ipynb")] == ["p1.ipynb"]
