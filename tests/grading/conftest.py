"""A classroom of the tiny course with a class that has handed in, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.demo import hand_in
from autograder.nbgrader.build import submission_notebook
from autograder.nbgrader.classroom import Classroom, init
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet, locate

TINY = Path(__file__).parents[1] / "nbgrader" / "tiny_course"
NAME = "ps00_tiny"


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classroom in which the tiny problem set is released."""
    made = init(tmp_path_factory.mktemp("released") / "room", TINY)
    release(made, locate(NAME, TINY))
    return made.directory


@pytest.fixture(scope="session")
def tiny() -> ProblemSet:
    return locate(NAME, TINY)


@pytest.fixture
def room(released: Path, tmp_path: Path) -> Classroom:
    return Classroom.open(shutil.copytree(released, tmp_path / "room"))


@pytest.fixture
def class_of(tiny: ProblemSet, room: Classroom) -> Callable[..., list[str]]:
    """Lets students hand in: every third has not written one of the functions."""

    def submit(number: int, first: int = 0) -> list[str]:
        students = [f"s{index:02}" for index in range(first, first + number)]
        for index, student in enumerate(students, start=first):
            notebook = submission_notebook(tiny, {} if index % 3 else dict.fromkeys(["scaled"]))
            notebook.cells[0].source += f"\nby {student}"
            hand_in(room, NAME, student, notebook)
        return students

    return submit
