"""A whole class through the sandbox: who gets what, and that nobody's file touches anybody else's grade."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.checks.suite import Mistake
from autograder.demo import hand_in
from autograder.grading.classroom_run import ClassRun, Line
from autograder.nbgrader.build import submission_notebook
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet, locate
from autograder.results import Status

from .conftest import rounds

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(1200)]

NAME = "ps05_estimators"
SUITE = locate(NAME, Path(__file__).parents[2]).suite
POINTS = {cell.check: cell.points for cell in locate(NAME, Path(__file__).parents[2]).check_cells.values()}
LAST = list(SUITE.checks)[-1]

# Noise is the student's own here: a right name has a p-value below 1e-3, and is then not given, once in 1000
# runs or twice, for each of the 13 mistakes that are told apart by estimates.
DRAWN = "draw_score_gradients"

Scores = Callable[[str], dict[str, float]]


@contextlib.contextmanager
def gradebook(classroom: Classroom) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(classroom.directory / "gradebook.db")) as connection:
        yield connection


def rows(classroom: Classroom) -> dict[tuple[str, str], tuple[float | None, bool]]:
    """Automatic score and need for a person of every graded cell, by student and cell."""
    query = """
        select submitted_assignment.student_id, base_cell.name, grade.auto_score, grade.needs_manual_grade
        from grade
        join base_cell on base_cell.id = grade.cell_id
        join submitted_notebook on submitted_notebook.id = grade.notebook_id
        join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
    """
    with gradebook(classroom) as connection:
        return {(s, c): (score, bool(manual)) for s, c, score, manual in connection.execute(query)}


@pytest.mark.parametrize(
    "student", ["perfect", "other-route-1", "other-route-2", "loud-stderr", "deleted-check", "duplicated-id"]
)
def test_right_work_has_full_marks_however_it_is_written_or_wrapped(student: str, scores: Scores) -> None:
    assert scores(student) == POINTS


@pytest.mark.parametrize("number", range(len(rounds(SUITE.variants))))
def test_every_other_correct_route_has_full_marks(number: int, scores: Scores) -> None:
    assert scores(f"right-{number}") == POINTS


@pytest.mark.parametrize("number", range(len(rounds(SUITE.mistakes))))
def test_every_mistake_fails_exactly_its_check_and_is_named(
    number: int, lines: dict[str, Line], scores: Scores
) -> None:
    wrong, student = rounds(SUITE.mistakes)[number], f"wrong-{number}"
    failed = {check for check, score in scores(student).items() if score < POINTS[check]}
    assert failed == {c.name for c in SUITE.checks.values() if wrong.keys() & set(c.grades)}
    for check in lines[student].report.checks:
        named = {m for outcome in check.outcomes if not outcome.passed for m in outcome.mistakes}
        expected = twins(wrong, check.check)
        assert named == expected or (check.check == DRAWN and not named), check.check


def twins(wrong: dict[str, Mistake], check: str) -> set[str]:
    """Names of the mistakes that stand in the functions of a check, and of those with the same result."""
    written = [wrong[function] for function in SUITE.checks[check].grades if function in wrong]
    return {name for mistake in written for name in SUITE.twins_of(mistake)}


def test_at_most_three_mistakes_of_the_drawn_estimator_go_unnamed(lines: dict[str, Line]) -> None:
    # Four of 13 at 2e-3 each: once in 1e8 runs.
    unnamed = [
        number
        for number, wrong in enumerate(rounds(SUITE.mistakes))
        for check in lines[f"wrong-{number}"].report.checks
        if check.check == DRAWN and twins(wrong, DRAWN) and not any(o.mistakes for o in check.outcomes)
    ]
    assert len(unnamed) <= 3


def test_the_rounds_leave_no_mistake_and_no_route_out() -> None:
    for bank in (SUITE.mistakes, SUITE.variants):
        tried = [entry.name for row in rounds(bank) for entry in row.values()]
        assert sorted(tried) == sorted(entry.name for entry in bank)


@pytest.mark.parametrize("student", ["stub", "cheat-check"])
def test_nothing_solved_is_nothing_earned_whatever_is_replaced(student: str, scores: Scores) -> None:
    assert set(scores(student).values()) == {0.0}


@pytest.mark.parametrize("student", ["syntax-error", "endless-loop", "os-exit"])
def test_a_broken_function_costs_its_own_check_and_no_other(student: str, scores: Scores) -> None:
    assert scores(student) == {**POINTS, LAST: 0.0}


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("syntax-error", f"`{LAST}` is not defined: its cell stopped with SyntaxError"),
        ("endless-loop", "did not return within"),
        ("os-exit", "kernel"),
    ],
)
def test_a_broken_function_is_told_what_broke(student: str, reason: str, lines: dict[str, Line]) -> None:
    check = next(c for c in lines[student].report.checks if c.check == LAST)
    assert check.status is Status.FAILED
    assert reason in check.outcomes[0].message


def test_a_cell_that_never_ends_is_left_out_and_the_rest_counts(
    lines: dict[str, Line], scores: Scores
) -> None:
    assert scores("endless-cell") == POINTS
    assert any("ended the kernel" in note for note in lines["endless-cell"].report.notes)


def test_a_file_that_is_no_notebook_has_a_reason_and_no_score(lines: dict[str, Line]) -> None:
    report = lines["not-a-notebook"].report
    assert report.score is None
    assert "JSON" in report.not_gradable


def test_what_was_mended_is_noted(lines: dict[str, Line]) -> None:
    assert any("had been deleted" in note for note in lines["deleted-check"].report.notes)
    assert any("stood on several cells" in note for note in lines["duplicated-id"].report.notes)


def test_every_student_has_a_grade_or_a_reason(classroom: Classroom, lines: dict[str, Line]) -> None:
    assert set(lines) == {path.name for path in classroom.submitted.iterdir()}
    for line in lines.values():
        assert (line.report.score is None) == bool(line.report.not_gradable)


def test_the_gradebook_says_what_the_reports_say(classroom: Classroom, lines: dict[str, Line]) -> None:
    stored = rows(classroom)
    for student, line in lines.items():
        for check in line.report.checks:
            expected = (None, True) if line.report.not_gradable else (check.score, False)
            assert stored[student, check.grade_id] == expected


def test_a_second_run_grades_nothing_and_changes_nothing(
    classroom: Classroom, problem_set: ProblemSet, lines: dict[str, Line]
) -> None:
    before = rows(classroom)
    again = {line.student: line for line in ClassRun(classroom, problem_set, workers=2).run()}
    assert all(line.cached or line.report.not_gradable for line in again.values())
    assert {s: line.report.to_dict() for s, line in again.items()} == {
        s: line.report.to_dict() for s, line in lines.items()
    }
    assert rows(classroom) == before


def test_new_work_is_graded_alone_and_work_handed_in_again_counts_again(
    classroom: Classroom, problem_set: ProblemSet, lines: dict[str, Line]
) -> None:
    def state() -> tuple[set[str], float | None]:
        run = ClassRun(classroom, problem_set, workers=1).run()
        new = {line.student for line in run if not line.cached and not line.report.not_gradable}
        stored = rows(classroom)
        return new, sum(score or 0 for (student, _), (score, _) in stored.items() if student == "late")

    first, nothing = submission_notebook(problem_set), submission_notebook(problem_set, dict.fromkeys(POINTS))
    hand_in(classroom, NAME, "late", first)
    assert state() == ({"late"}, sum(POINTS.values()))
    hand_in(classroom, NAME, "late", nothing)
    assert state() == ({"late"}, 0.0)
    # The first version again: known, so not graded, but the gradebook must follow.
    hand_in(classroom, NAME, "late", first)
    assert state() == (set(), sum(POINTS.values()))


def test_executed_notebooks_show_the_outcomes_and_no_foreign_html(
    classroom: Classroom, lines: dict[str, Line]
) -> None:
    path = classroom.autograded / "mistake-pathwise" / NAME / f"{NAME}.ipynb"
    found = list(classroom.autograded.glob(f"mistake-*/{NAME}/{NAME}.ipynb"))
    assert found, path
    assert any("Your result equals what you would get if" in p.read_text("utf-8") for p in found)
