"""The sample course, and a classroom of it whose secret is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.nbgrader.classroom import SECRET, Classroom
from autograder.problem_sets import ProblemSet, locate

from .varied import NAME, OWN_SECRET, VARIED


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return shutil.copytree(VARIED, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def varied(course: Path) -> ProblemSet:
    return locate(NAME, course)


@pytest.fixture
def room(classroom: Classroom) -> Classroom:
    """A classroom whose secret is known, so that its students' constants are."""
    (classroom.directory / SECRET).write_bytes(OWN_SECRET)
    return classroom
