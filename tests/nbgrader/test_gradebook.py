from __future__ import annotations

import copy
from datetime import datetime

import pytest

from autograder.errors import ConfigurationError
from autograder.nbgrader.gradebook import apply_late_policy, register, save_not_gradable, save_report
from autograder.nbgrader.release import release
from autograder.results import CheckResult, Outcome, Report

NAME = "ps00_tiny"
SAID = {True: "right", False: "wrong"}


def result(check: str, points: float, *passed: bool) -> CheckResult:
    outcomes = tuple(Outcome("close", verdict, SAID[verdict]) for verdict in passed)
    return CheckResult(f"check_{check}", check, points, outcomes)


def report(*checks: CheckResult) -> Report:
    checks = checks or (result("sum_of_squares", 3.0, True), result("scaled", 2.0, True, False))
    return Report(NAME, "0" * 64, checks, manual_points=2.0)


@pytest.fixture
def gradebook(classroom, problem_set):
    release(classroom, problem_set)
    with classroom.gradebook(NAME) as opened:
        yield opened


@pytest.fixture
def notebook(problem_set):
    return copy.deepcopy(problem_set.release_notebook)


def answer(notebook, name: str, text: str) -> None:
    (cell,) = [cell for cell in notebook.cells if cell.id == name]
    cell.source = text


def grades(gradebook) -> dict[str, tuple[float | None, bool]]:
    submission = gradebook.find_submission_notebook(NAME, NAME, "ada")
    return {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in submission.grades}


def comments(gradebook) -> dict[str, str | None]:
    submission = gradebook.find_submission_notebook(NAME, NAME, "ada")
    return {comment.name: comment.auto_comment for comment in submission.comments}


def test_scores_come_from_the_report_and_a_new_answer_waits_for_a_person(gradebook, notebook):
    answer(notebook, "why_squares", "Because.")
    answer(notebook, "scaled", "def scaled(x, factor=2.0):\n    return 7")
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    assert grades(gradebook) == {
        "check_sum_of_squares": (3.0, False),
        "check_scaled": (1.0, False),
        "why_squares": (None, True),
    }
    assert comments(gradebook) == {"sum_of_squares": "No response.", "scaled": None, "why_squares": None}


def test_outputs_say_nothing_about_a_score(gradebook, notebook):
    from nbformat.v4 import new_output

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("execute_result", {"text/plain": "3.0"})]
    save_report(
        gradebook,
        report(result("sum_of_squares", 3.0, False), result("scaled", 2.0)),
        notebook,
        NAME,
        "ada",
        NAME,
    )
    assert grades(gradebook)["check_sum_of_squares"] == (0.0, False)
    assert grades(gradebook)["check_scaled"] == (0.0, False)


def test_an_untouched_answer_has_zero_points_as_nbgrader_promises(gradebook, notebook):
    answer(notebook, "why_squares", "*Why squares? Two sentences.*\n")
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    assert grades(gradebook)["why_squares"] == (0.0, False)
    assert comments(gradebook)["why_squares"] == "No response."


def test_cells_that_are_not_in_the_notebook_are_graded_all_the_same(gradebook, notebook):
    notebook.cells = []
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    assert grades(gradebook) == {
        "check_sum_of_squares": (3.0, False),
        "check_scaled": (1.0, False),
        "why_squares": (0.0, False),
    }
    # A function that moved into another cell is no missing answer.
    assert comments(gradebook)["scaled"] is None


def test_a_score_that_a_person_gave_stays_and_asks_for_review(gradebook, notebook):
    answer(notebook, "why_squares", "Because.")
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    for name, score in (("why_squares", 1.5), ("check_scaled", 2.0)):
        grade = gradebook.find_grade(name, NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = score, False
    gradebook.db.commit()
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    assert grades(gradebook)["why_squares"] == (None, True)
    assert grades(gradebook)["check_scaled"] == (1.0, True)
    assert gradebook.find_submission_notebook(NAME, NAME, "ada").score == 3.0 + 1.5 + 2.0


def test_a_worse_resubmission_replaces_the_old_score(gradebook, notebook):
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    worse = report(result("sum_of_squares", 3.0, False), result("scaled", 2.0, False))
    save_report(gradebook, worse, notebook, NAME, "ada", NAME)
    assert gradebook.find_submission_notebook(NAME, NAME, "ada").score == 0.0


def test_what_is_not_gradable_leaves_no_old_score_and_says_why(gradebook, notebook):
    answer(notebook, "why_squares", "Because.")
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    save_not_gradable(gradebook, Report(NAME, not_gradable="the file is empty"), NAME, "ada", NAME)
    assert set(grades(gradebook).values()) == {(None, True)}
    assert set(comments(gradebook).values()) == {"Not graded: the file is empty"}
    submission = gradebook.find_submission_notebook(NAME, NAME, "ada")
    assert submission.score == 0.0 and submission.needs_manual_grade


def test_a_grade_after_all_takes_the_reason_away(gradebook, notebook):
    save_not_gradable(gradebook, Report(NAME, not_gradable="the file is empty"), NAME, "ada", NAME)
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    assert grades(gradebook)["check_sum_of_squares"] == (3.0, False)
    assert comments(gradebook)["scaled"] == "No response."


def test_a_comment_of_a_person_is_kept(gradebook, notebook):
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    gradebook.find_comment("scaled", NAME, NAME, "ada").manual_comment = "See me."
    gradebook.db.commit()
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    assert gradebook.find_comment("scaled", NAME, NAME, "ada").comment == "See me."


@pytest.mark.parametrize(
    ("checks", "named"),
    [
        ((result("sum_of_squares", 3.0, True),), "check_scaled"),
        ((result("sum_of_squares", 9.0, True), result("scaled", 2.0, True)), "check_sum_of_squares"),
        (
            (result("sum_of_squares", 3.0, True), result("scaled", 2.0, True), result("new", 1.0, True)),
            "check_new",
        ),
    ],
)
def test_a_report_on_other_cells_than_the_released_ones_is_refused(gradebook, notebook, checks, named):
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    before = grades(gradebook)
    with pytest.raises(ConfigurationError, match=f"differences in {named}.*autograder release ps00_tiny"):
        save_report(gradebook, report(*checks), notebook, NAME, "ada", NAME)
    gradebook.db.rollback()
    assert grades(gradebook) == before


def test_an_assignment_that_was_not_released_is_refused(gradebook, notebook):
    with pytest.raises(ConfigurationError, match="was not released in this classroom"):
        save_report(gradebook, report(), notebook, "ps99", "ada", "ps99")


def test_a_known_submission_costs_one_commit(gradebook, notebook):
    from sqlalchemy import event

    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    gradebook.db.remove()
    statements: list[str] = []
    event.listen(gradebook.engine, "commit", lambda connection: statements.append("commit"))
    event.listen(gradebook.engine, "before_cursor_execute", lambda *a: statements.append(a[2].split()[0]))
    save_report(
        gradebook,
        report(result("sum_of_squares", 3.0, False), result("scaled", 2.0, True)),
        notebook,
        NAME,
        "ada",
        NAME,
    )
    writing = statements[min(i for i, s in enumerate(statements) if s == "UPDATE") :]
    assert writing.count("commit") == 1


def test_without_commit_the_caller_decides(gradebook, notebook):
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    worse = report(result("sum_of_squares", 3.0, False), result("scaled", 2.0, False))
    save_report(gradebook, worse, notebook, NAME, "ada", NAME, commit=False)
    gradebook.db.rollback()
    assert grades(gradebook)["check_sum_of_squares"] == (3.0, False)


def late(gradebook) -> None:
    assignment = gradebook.find_assignment(NAME)
    assignment.duedate = datetime(2026, 1, 1)
    register(gradebook, NAME, "ada", datetime(2026, 1, 2))


def test_late_work_meets_the_plugin_of_the_classroom(gradebook, classroom, notebook):
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    late(gradebook)
    config = copy.deepcopy(classroom.config)
    apply_late_policy(gradebook, config, NAME, "ada", NAME)
    assert gradebook.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty is None
    config.LateSubmissionPlugin.penalty_method = "zero"
    apply_late_policy(gradebook, config, NAME, "ada", NAME)
    assert gradebook.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty == 4.0
    apply_late_policy(gradebook, classroom.config, NAME, "ada", NAME)
    assert gradebook.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty is None


def test_work_in_time_has_no_penalty(gradebook, classroom, notebook):
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    config = copy.deepcopy(classroom.config)
    config.LateSubmissionPlugin.penalty_method = "zero"
    apply_late_policy(gradebook, config, NAME, "ada", NAME)
    assert gradebook.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty is None


def test_a_classroom_knows_who_handed_in(gradebook, classroom, notebook):
    assert not classroom.has_submission(gradebook, NAME, "ada")
    save_report(gradebook, report(), notebook, NAME, "ada", NAME)
    assert classroom.has_submission(gradebook, NAME, "ada")
