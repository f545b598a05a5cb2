"""A course directory as nbgrader's users have it, adopted, with its assignments released."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.grading.journal import Entry
from autograder.grading.plain import PlainAssignment
from autograder.grading.work import work_on
from autograder.grading.writer import Writer
from autograder.nbgrader import plain
from autograder.nbgrader.adopt import adopt
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.release import release_ordinary
from autograder.results import Report

from .cells import code, essay, notebook, read_only, solution, task, tests, text

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "algorithms"
c.ExecutePreprocessor.timeout = 3
"""

HW = notebook(
    text("# Homework\n\n![](figure.png)\n\n![](attachment:dot.png)"),
    read_only("setup", "import os"),
    solution("square", "def square(x):\n    ", "    return x**2"),
    tests("test_square", 2, "assert square(2) == 4", "assert square(-3) == 9, 'of minus three'"),
    text("Now some numbers."),
    solution("numbers", "", "numbers = [2, 3, 5, 7]"),
    tests("test_numbers", 4, "sum(n in numbers for n in (2, 3, 5, 7))"),
    tests("test_file", 1, "assert open('data.txt').read() == 'of the author'"),
    essay("why", 3, "Because."),
    task("explore", 5, "Explore."),
)
"""One notebook with a cell of each kind, and pictures beside and in it."""

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HW.cells[0].attachments = {"dot.png": {"image/png": DOT}}

TESTS = {"test_square": 2.0, "test_numbers": 4.0, "test_file": 1.0}

FIRST = notebook(solution("one", "", "one = 1"), tests("same_id", 1, "assert one == 1"))
SECOND = notebook(
    solution("two", "", "two = 2"), tests("same_id", 2, "assert two == 2"), essay("said", 1, "x")
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: releases cost seconds."""
    course = tmp_path_factory.mktemp("plain") / "course"
    write(course / "source" / "hw" / "hw.ipynb", HW)
    (course / "source" / "hw" / "data.txt").write_text("of the author")
    (course / "source" / "hw" / "figure.png").write_bytes(b"a picture")
    write(course / "source" / "pair" / "first.ipynb", FIRST)
    write(course / "source" / "pair" / "second.ipynb", SECOND)
    (course / "nbgrader_config.py").write_text(CONFIG)
    classroom = adopt(course).classroom
    for name in ("hw", "pair"):
        release_ordinary(classroom, name)
    return course


@pytest.fixture
def room(template: Path, tmp_path: Path) -> Classroom:
    """A classroom of this test's own."""
    return Classroom.open(shutil.copytree(template, tmp_path / "room"))


@pytest.fixture
def hw(room: Classroom) -> PlainAssignment:
    return plain.load(room, "hw")


def write(path: Path, made: NotebookNode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made), "utf-8")  # as it is: some are no valid notebooks


def released(room: Classroom, assignment: str = "hw", name: str = "hw") -> NotebookNode:
    """What students got."""
    return nbformat.read(room.release / assignment / f"{name}.ipynb", as_version=4)


def solved(handed_out: NotebookNode, **work: str) -> NotebookNode:
    """The release with other text in some cells, by their ids."""
    made = copy.deepcopy(handed_out)
    for cell in made.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in work:
            cell.source = work.pop(name)
    assert not work, f"the release has no cells {', '.join(work)}"
    return made


RIGHT = {"square": "def square(x):\n    return x * x", "numbers": "numbers = [2, 3, 5, 7]", "why": "It is."}


def hand_in(
    room: Classroom, student: str, made: NotebookNode, assignment: str = "hw", name: str = "hw"
) -> Path:
    path = room.submitted / student / assignment / f"{name}.ipynb"
    write(path, made)
    return path


def grade(room: Classroom, students: Iterable[str], assignment: str = "hw") -> dict[str, Report]:
    """Grades in this process what a class run grades in its workers; they share one set of warm kernels."""
    found = plain.load(room, assignment)
    work = work_on(found)
    reports = {}
    with Writer(room, found) as writer:
        for student in students:
            data, _ = work.read(room.submitted / student / assignment)
            graded = work.grade(data, room.settings)
            writer.write(Entry("", student, graded.report, graded.text))
            reports[student] = graded.report
    return reports


def rows(room: Classroom, student: str, assignment: str = "hw", name: str = "hw") -> dict[str, tuple]:
    """Automatic score and need for a person of each graded cell in the gradebook."""
    with room.gradebook(assignment) as gradebook:
        found = gradebook.find_submission_notebook(name, assignment, student)
        return {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in found.grades}


def page(room: Classroom, student: str, assignment: str = "hw", name: str = "hw") -> NotebookNode:
    return nbformat.read(room.autograded / student / assignment / f"{name}.ipynb", as_version=4)


def plain_code(source: str) -> NotebookNode:
    made = code(source)
    made.id = f"own-{abs(hash(source)) % 10**9}"
    return made
