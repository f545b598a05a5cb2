"""The pages that people look at, in a real browser: feedback, and nbgrader's formgrader on our gradebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.demo import hand_in, sample_class
from autograder.grading.classroom_run import ClassRun
from autograder.nbgrader.classroom import Classroom, init
from autograder.nbgrader.feedback import generate
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet

pytestmark = [pytest.mark.sandbox, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]

NAME = "ps05_estimators"
WRONG = "mistake-path-columns-exchanged"
STUDENTS = ("perfect", WRONG, "not-a-notebook")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, problem_set: ProblemSet) -> Classroom:
    """A graded class of three: the pages do not care how many there are."""
    made = init(tmp_path_factory.mktemp("small") / "room", problem_set.root)
    class_ = sample_class(problem_set)
    for student in STUDENTS:
        hand_in(made, NAME, student, class_[student])
    release(made, problem_set)
    ClassRun(made, problem_set, workers=2).run()
    return made


@pytest.fixture(scope="module")
def pages(small: Classroom) -> dict[str, Path]:
    return {page.parents[1].name: page for page in generate(small, NAME)}


@pytest.fixture(scope="module")
def server(small: Classroom, jupyterlab: Callable[[Path], str]) -> str:
    """JupyterLab in the classroom, as an instructor starts it; its address ends with the token."""
    return jupyterlab(small.directory)


def test_a_feedback_page_names_the_mistake(
    browser: Any, pages: dict[str, Path], wait_for: Callable[[str], str], picture: Callable[[str], None]
) -> None:
    browser.get(pages[WRONG].as_uri())
    text = wait_for("Your result equals what you would get if")
    assert "35.0 / 40.0" in text
    browser.execute_script(
        "[...document.querySelectorAll('[role=status]')].find(e => e.textContent.includes('Your result'))"
        ".scrollIntoView({block: 'center'})"
    )
    picture("feedback")


def test_everybody_gets_a_page_and_an_unreadable_file_one_with_the_reason(
    browser: Any, pages: dict[str, Path], wait_for: Callable[[str], str], picture: Callable[[str], None]
) -> None:
    assert set(pages) == set(STUDENTS)
    browser.get(pages["not-a-notebook"].as_uri())
    assert "JSON" in wait_for("not graded")
    picture("feedback-not-graded")


def test_formgrader_shows_our_scores(
    browser: Any, server: str, wait_for: Callable[[str], str], picture: Callable[[str], None]
) -> None:
    browser.get(server.format("formgrader"))
    wait_for(NAME)
    picture("formgrader")
    browser.get(server.format(f"formgrader/manage_submissions/{NAME}"))
    wait_for(WRONG)
    picture("formgrader-submissions")
    browser.get(server.format(f"formgrader/gradebook/{NAME}/{NAME}"))
    wait_for("Submission #")
    picture("formgrader-gradebook")


def test_formgrader_opens_a_submission_with_its_outcomes(
    browser: Any,
    server: str,
    small: Classroom,
    wait_for: Callable[[str], str],
    picture: Callable[[str], None],
) -> None:
    with small.gradebook(NAME) as gradebook:
        submission = gradebook.find_submission_notebook(NAME, NAME, WRONG).id
    browser.get(server.format(f"formgrader/submissions/{submission}/"))
    wait_for("Your result equals what you would get if")
    picture("formgrader-submission")
