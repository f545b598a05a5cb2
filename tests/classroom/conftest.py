"""One class, graded once, that the tests of this folder look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.demo import hand_in, make_class
from autograder.grading.classroom_run import ClassRun, Line
from autograder.nbgrader.build import submission_notebook
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet, locate

ROOT = Path(__file__).parents[2]
NAME = "ps05_estimators"


@pytest.fixture(scope="session")
def problem_set() -> ProblemSet:
    return locate(NAME, ROOT)


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory, problem_set: ProblemSet) -> Classroom:
    """The demo's class, and one student for every mistake and every other route of the bank."""
    made = make_class(tmp_path_factory.mktemp("class") / "room", problem_set)
    for bank, kind in ((problem_set.suite.mistakes, "wrong"), (problem_set.suite.variants, "right")):
        for entry in bank:
            notebook = submission_notebook(problem_set, {entry.function: entry})
            hand_in(made, NAME, f"{kind}-{entry.function}-{entry.name}", notebook)
    release(made, problem_set)
    return made


@pytest.fixture(scope="session")
def lines(classroom: Classroom, problem_set: ProblemSet) -> dict[str, Line]:
    """The graded class, by student."""
    return {line.student: line for line in ClassRun(classroom, problem_set, workers=2).run()}


@pytest.fixture(scope="session")
def scores(lines: dict[str, Line]) -> Callable[[str], dict[str, float]]:
    """A student's score of each check."""

    def of(student: str) -> dict[str, float]:
        return {check.check: check.score for check in lines[student].report.checks}

    return of
