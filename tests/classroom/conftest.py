"""One class, graded once, that the tests of this folder look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.checks.suite import Suite, Variant
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
    """The demo's class, a student for every mistake of the bank, and for every round of other routes."""
    made = make_class(tmp_path_factory.mktemp("class") / "room", problem_set)
    suite = problem_set.suite
    for mistake in suite.mistakes:
        notebook = submission_notebook(problem_set, {mistake.function: mistake})
        hand_in(made, NAME, f"wrong-{mistake.function}-{mistake.name}", notebook)
    for number, routes in enumerate(rounds(suite)):
        hand_in(made, NAME, f"right-{number}", submission_notebook(problem_set, routes))
    release(made, problem_set)
    return made


def rounds(suite: Suite) -> list[dict[str, Variant]]:
    """The other correct routes, one for each function in a notebook, until all had their turn."""
    banks = [suite.variants_of(check) for check in suite.checks.values()]
    longest = max(map(len, banks))
    return [{b[n % len(b)].function: b[n % len(b)] for b in banks} for n in range(longest)]


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
