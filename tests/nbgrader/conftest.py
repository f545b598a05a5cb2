"""A tiny course and a classroom of it, new for every test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.nbgrader.classroom import Classroom, init
from autograder.problem_sets import ProblemSet, locate

TINY = Path(__file__).parent / "tiny_course"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return shutil.copytree(TINY, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def problem_set(course: Path) -> ProblemSet:
    return locate("ps00_tiny", course)


@pytest.fixture(scope="session")
def empty_classroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: the schema of a new gradebook costs a second."""
    return init(tmp_path_factory.mktemp("empty") / "room", TINY).directory


@pytest.fixture
def classroom(tmp_path: Path, course: Path, empty_classroom: Path) -> Classroom:
    room = shutil.copytree(empty_classroom, tmp_path / "room")
    config = room / "nbgrader_config.py"
    config.write_text(config.read_text("utf-8").replace(str(TINY), str(course)), "utf-8")
    return Classroom.open(room)
