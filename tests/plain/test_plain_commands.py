"""Commands on ordinary assignments: ours end to end, and nbgrader's own in our classroom."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.converters import Autograde
from nbgrader.utils import capture_log

from autograder.grading.bundle import Bundle
from autograder.grading.work import work_on
from autograder.nbgrader import plain
from autograder.nbgrader.classroom import Classroom
from autograder.results import Report
from autograder.sandbox.isolation import Status, doctor

from .conftest import RIGHT, TESTS, grade, hand_in, page, released, rows, solved

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    # nbgrader adds submissions in a way that SQLAlchemy 2 warns of; what it writes is right.
    pytest.mark.filterwarnings("ignore:Object of type .* not in session"),
]


@pytest.fixture(autouse=True, scope="module")
def isolated() -> None:
    missing = [layer for layer in doctor() if layer.status is Status.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}: {missing[0].detail}")


def run(room: Classroom, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "autograder"), *arguments]
    return subprocess.run(command, cwd=room.directory, capture_output=True, text=True, timeout=280)


def test_one_command_grades_feeds_back_and_reports_and_a_second_one_knows_it_all(room: Classroom) -> None:
    release = released(room)
    hand_in(room, "ada", solved(release, **RIGHT))
    hand_in(room, "ben", solved(release, square="def square(x):\n    return 3 * x"))
    (room.submitted / "cleo" / "hw").mkdir(parents=True)
    hand_in(room, "instructor", release)
    config = room.directory / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.CourseDirectory.student_id_exclude = 'instructor'\n")

    first = run(room, "grade", "hw", "-w", "1", "--json-lines", "--feedback")

    assert first.returncode == 3, first.stderr  # cleo's folder is empty
    lines = {
        line["student"]: line for line in map(json.loads, first.stdout.splitlines()) if "student" in line
    }
    assert {s: line["report"]["score"] for s, line in lines.items()} == {"ada": 7, "ben": 1, "cleo": None}
    assert lines["cleo"]["report"]["not_gradable"] == "there is no notebook in the folder, and no hw.ipynb"
    assert rows(room, "cleo")["test_square"] == (None, True)
    assert (room.feedback / "ada" / "hw" / "hw.html").is_file()
    assert (room.feedback / "ada" / "hw" / "figure.png").is_file()

    second = run(room, "grade", "hw", "-w", "1", "--json-lines")
    again = {
        line["student"]: line for line in map(json.loads, second.stdout.splitlines()) if "student" in line
    }
    assert {s for s, line in again.items() if line["cached"]} == {"ada", "ben"}
    assert {s: line["report"] for s, line in again.items()} == {
        s: line["report"] for s, line in lines.items()
    }

    assert run(room, "report", "hw").returncode == 0
    html = (room.directory / "reports" / "hw.html").read_text("utf-8")
    assert "decided in the student's own kernel" in html and "test_numbers" in html


def test_both_ways_to_grade_give_the_same_scores_and_pages(room: Classroom) -> None:
    release = released(room)
    students = {
        "ada": solved(release, **RIGHT),
        "ben": solved(release, square="def square(x):\n    return x * abs(x)", numbers="numbers = [2]"),
    }
    for student, made in students.items():
        hand_in(room, student, made)
    (room.submitted / "cleo" / "hw").mkdir(parents=True)
    (room.submitted / "cleo" / "hw" / "hw.ipynb").write_text("{")
    coursedir = room.coursedir
    coursedir.assignment_id = "hw"
    result = capture_log(Autograde(coursedir=coursedir, config=room.config))
    assert result["success"], result.get("log")
    by_nbgrader = {student: rows(room, student) for student in (*students, "cleo")}
    pages = {student: page(room, student) for student in students}
    assert {name: score for name, (score, _) in by_nbgrader["ada"].items() if score is not None} == TESTS
    assert set(by_nbgrader["cleo"].values()) == {(None, True)}

    grade(room, [*students, "cleo"])
    assert {student: rows(room, student) for student in (*students, "cleo")} == by_nbgrader
    for student, other in pages.items():
        ours = page(room, student)
        assert [cell.source for cell in ours.cells] == [cell.source for cell in other.cells]


def test_late_work_is_charged_by_the_classrooms_plugin(room: Classroom) -> None:
    (room.directory / "late.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Half(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return score / 2\n"
    )
    config = room.directory / "nbgrader_config.py"
    config.write_text(
        config.read_text()
        + f"import sys\nsys.path.insert(0, {str(room.directory)!r})\n"
        + "c.AssignLatePenalties.plugin_class = 'late.Half'\n"
    )
    room = Classroom.open(room.directory)
    for student, day in {"ada": "01", "ben": "03"}.items():
        folder = hand_in(room, student, solved(released(room), **RIGHT)).parent
        (folder / "timestamp.txt").write_text(f"2026-03-{day} 12:00:00 UTC")
    with room.gradebook("hw") as gradebook:
        gradebook.update_or_create_assignment("hw", duedate="2026-03-02 12:00:00 UTC")
    try:
        grade(room, ["ada", "ben"])
    finally:
        sys.path.remove(str(room.directory))
    with room.gradebook("hw") as gradebook:
        penalties = {
            student: gradebook.find_submission_notebook("hw", "hw", student).late_submission_penalty
            for student in ("ada", "ben")
        }
    assert penalties == {"ada": None, "ben": 3.5}


def test_work_is_read_through_no_link_and_bounded(room: Classroom, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("somebody else's")
    folder = hand_in(room, "eve", solved(released(room), **RIGHT)).parent
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    (folder / "own.txt").write_text("own")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "old.txt").write_text("old")
    for number in range(60):
        (folder / f"{number:02}.csv").write_text("1")
    data, note = work_on(plain.load(room, "hw")).read(folder)
    bundle = Bundle.unpack(data)
    assert set(bundle.notebooks) == {"hw"}
    assert len(bundle.files) == 50 and "link.txt" not in bundle.files and "pipe" not in bundle.files
    assert not any("/" in name for name in bundle.files)
    assert note == (
        "11 files beside the notebooks were left out: at most 50 of together 20 MB are graded with them"
    )
    # The same bytes whenever it is read: the journal knows work by them.
    assert work_on(plain.load(room, "hw")).read(folder)[0] == data


@pytest.mark.parametrize(
    ("files", "graded", "reason"),
    [
        (["homework (1).ipynb"], True, "notebook 'hw' was handed in as 'homework (1)'"),
        (["a.ipynb", "b.ipynb"], False, "there is 2 other notebooks in the folder, and no hw.ipynb"),
        (["hw.py"], False, "there is no notebook in the folder, and no hw.ipynb"),
    ],
)
def test_a_misnamed_notebook_is_matched_when_there_is_no_doubt(
    room: Classroom, files: list[str], graded: bool, reason: str
) -> None:
    from autograder.errors import ConfigurationError

    folder = room.submitted / "eve" / "hw"
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_text("{}")
    work = work_on(plain.load(room, "hw"))
    if graded:
        data, note = work.read(folder)
        assert reason in note and set(Bundle.unpack(data).notebooks) == {"hw"}
        return
    with pytest.raises(ConfigurationError) as raised:
        work.read(folder)
    assert raised.value.rule == reason


def test_only_python_is_graded(room: Classroom) -> None:
    from autograder.errors import ConfigurationError

    path = room.release / "hw" / "hw.ipynb"
    path.write_text(path.read_text().replace('"language": "python"', '"language": "R"'))
    with pytest.raises(ConfigurationError, match=r"in Python only \(expected a Python kernel, received R\)"):
        plain.load(room, "hw")


def test_a_release_that_is_gone_is_made_of_what_the_gradebook_has(room: Classroom) -> None:
    hand_in(room, "ada", solved(released(room), **RIGHT))
    (room.release / "hw" / "hw.ipynb").unlink()
    report: Report = grade(room, ["ada"])["ada"]
    assert {check.grade_id: check.score for check in report.checks} == TESTS
