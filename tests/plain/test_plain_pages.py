"""Feedback and class pages of ordinary assignments: what students see of hidden tests, what all are told."""

from __future__ import annotations

import re

import pytest

from autograder.nbgrader.assignments import find
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.feedback import generate
from autograder.sandbox.isolation import Status, doctor

from .conftest import RIGHT, grade, hand_in, released, solved

pytestmark = pytest.mark.sandbox


@pytest.fixture(autouse=True, scope="module")
def isolated() -> None:
    missing = [layer for layer in doctor() if layer.status is Status.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}: {missing[0].detail}")


@pytest.fixture
def failed(room: Classroom) -> Classroom:
    """One student fails a hidden line, one a visible line."""
    release = released(room)
    hand_in(room, "hidden", solved(release, **{**RIGHT, "square": "def square(x):\n    return x * abs(x)"}))
    hand_in(room, "visible", solved(release, **{**RIGHT, "square": "def square(x):\n    return 3 * x"}))
    return room


def set_level(room: Classroom, level: str) -> Classroom:
    config = room.directory / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.ExpectedGradient.hidden_tests = {level!r}\n")
    return Classroom.open(room.directory)


def shown(room: Classroom, student: str) -> str:
    html = (room.feedback / student / "hw" / "hw.html").read_text("utf-8")
    return re.sub(r"<[^>]+>", "", html).replace("&#39;", "'")


@pytest.mark.parametrize(
    ("level", "text", "message", "verdict"),
    [
        ("full", True, True, True),
        ("message", False, True, True),
        ("verdict", False, False, True),
        ("nothing", False, False, False),
    ],
)
def test_students_see_as_much_of_a_hidden_test_as_its_author_chose(
    failed: Classroom, level: str, text: bool, message: bool, verdict: bool
) -> None:
    room = set_level(failed, level)
    grade(room, ["hidden"])
    generate(room, "hw")
    page = shown(room, "hidden")
    assert ("square(-3)" in page) is text
    assert ("of minus three" in page) is message
    assert ("not yet, 0 of 2 points" in page) is verdict
    assert "assert square(2) == 4" in page and ("HIDDEN TESTS" in page) is text
    # The instructor's copy has everything, and so has the report.
    executed = (room.autograded / "hidden" / "hw" / "hw.ipynb").read_text("utf-8")
    assert "square(-3) == 9" in executed and "of minus three" in executed


def test_a_visible_failure_is_told_without_the_hidden_lines_around_it(failed: Classroom) -> None:
    grade(failed, ["visible"])
    generate(failed, "hw")
    page = shown(failed, "visible")
    assert "AssertionError" in page and "square(-3)" not in page


def test_delimiters_of_the_classroom_are_honoured(failed: Classroom) -> None:
    config = failed.directory / "nbgrader_config.py"
    config.write_text(
        config.read_text()
        + "c.ClearHiddenTests.begin_test_delimeter = 'SECRET FROM HERE'\n"
        + "c.ClearHiddenTests.end_test_delimeter = 'SECRET TO HERE'\n"
    )
    room = Classroom.open(failed.directory)
    source = room.source / "hw" / "hw.ipynb"
    source.write_text(
        source.read_text("utf-8")
        .replace("BEGIN HIDDEN TESTS", "SECRET FROM HERE")
        .replace("END HIDDEN TESTS", "SECRET TO HERE")
    )
    from autograder.nbgrader.release import release_ordinary

    release_ordinary(room, "hw")
    assert "square(-3)" not in (room.release / "hw" / "hw.ipynb").read_text("utf-8")
    assert grade(room, ["hidden"])["hidden"].checks[0].score == 0
    generate(room, "hw")
    assert "square(-3)" not in shown(room, "hidden")


def test_the_class_page_says_where_the_verdicts_come_from(failed: Classroom) -> None:
    from autograder.reports.class_figures import class_figures
    from autograder.reports.class_page import class_page

    reports = grade(failed, ["hidden", "visible"])
    figures = class_figures("hw", reports, {}, {}, in_kernel=True)
    assert "decided in the student's own kernel" in class_page(figures)
    assert "own kernel" not in class_page(class_figures("hw", reports, {}, {}))


def test_a_name_is_looked_for_among_both_kinds_and_the_known_ones_are_listed(room: Classroom) -> None:
    from autograder.errors import ConfigurationError

    assert find(room, "pair").name == "pair"
    with pytest.raises(
        ConfigurationError,
        match=r"no such problem set, and no ordinary assignment .*expected hw or pair, received 'hx'",
    ):
        find(room, "hx")
