"""One class, graded once, that the tests of this folder look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

import pytest

from autograder.checks.suite import Mistake, Variant
from autograder.demo import hand_in, make_class
from autograder.grading.classroom_run import ClassRun, Line
from autograder.nbgrader.build import submission_notebook
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet, locate

ROOT = Path(__file__).parents[2]
NAME = "ps05_estimators"

Entry = TypeVar("Entry", Mistake, Variant)


@pytest.fixture(scope="session")
def problem_set() -> ProblemSet:
    return locate(NAME, ROOT)


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory, problem_set: ProblemSet) -> Classroom:
    """The demo's class, and students who go through the banks: number k writes each function's k-th entry."""
    made = make_class(tmp_path_factory.mktemp("class") / "room", problem_set)
    for number, wrong in enumerate(rounds(problem_set.suite.mistakes)):
        hand_in(made, NAME, f"wrong-{number}", submission_notebook(problem_set, wrong))
    for number, routes in enumerate(rounds(problem_set.suite.variants)):
        hand_in(made, NAME, f"right-{number}", submission_notebook(problem_set, routes))
    release(made, problem_set)
    return made


def rounds(bank: Iterable[Entry]) -> list[dict[str, Entry]]:
    """One entry of each function in a notebook, until all had their turn.

    Checks judge one function each, so that a notebook tries as many entries as there are functions. Where a
    function's bank ends the reference stands, and its check must pass.
    """
    banks: dict[str, list[Entry]] = {}
    for entry in bank:
        banks.setdefault(entry.function, []).append(entry)
    together = zip_longest(*banks.values())
    return [{entry.function: entry for entry in row if entry is not None} for row in together]


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
