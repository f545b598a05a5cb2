"""Late work: the ready policy, extensions and what a person wrote, through nbgrader's own gradebook."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

import pytest

from autograder.demo import hand_in
from autograder.errors import ConfigurationError
from autograder.grading.classroom_run import ClassRun
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.extensions import count_penalties_anew, extend
from autograder.nbgrader.gradebook import apply_late_policy, register, save_report
from autograder.nbgrader.late import LatePenalty, LatePolicy
from autograder.nbgrader.release import release
from autograder.results import CheckResult, Outcome, Report

NAME = "ps00_tiny"
DUE = datetime(2026, 1, 1, 12)
LATE = {"grace_hours": 1, "percent_per_day": 10, "most_percent": 50}


def with_lines(classroom: Classroom, *lines: str) -> Classroom:
    config = classroom.directory / "nbgrader_config.py"
    config.write_text("\n".join([config.read_text("utf-8"), *lines, ""]), "utf-8")
    return Classroom.open(classroom.directory)


@pytest.fixture
def room(classroom, problem_set):
    """Five points of five, due at noon; the policy of the documentation."""
    classroom = with_lines(classroom, f"c.ExpectedGradient.late = {LATE}")
    release(classroom, problem_set)
    with classroom.gradebook(NAME) as gradebook:
        gradebook.find_assignment(NAME).duedate = DUE
        gradebook.db.commit()
    return classroom


@pytest.fixture
def grade(room, problem_set):
    def write(student: str, after: timedelta) -> None:
        checks = [
            CheckResult(f"check_{name}", name, points, (Outcome("close", True, "right"),))
            for name, points in (("sum_of_squares", 3.0), ("scaled", 2.0))
        ]
        with room.gradebook(NAME) as gradebook:
            register(gradebook, NAME, student, DUE + after)
            report = Report(NAME, "0" * 64, tuple(checks), manual_points=2.0)
            notebook = copy.deepcopy(problem_set.release_notebook)
            save_report(gradebook, report, notebook, NAME, student, NAME)
            apply_late_policy(gradebook, room.config, NAME, student, NAME)

    return write


def penalty(room: Classroom, student: str) -> float | None:
    with room.gradebook(NAME) as gradebook:
        return gradebook.find_submission_notebook(NAME, NAME, student).late_submission_penalty


@pytest.mark.parametrize(
    ("hours", "expected"),
    # 5 points: 0.5 for each day begun, nothing within the hour of grace, never more than half.
    [(-1, None), (1, None), (1.01, 0.5), (24, 0.5), (24.01, 1.0), (24 * 4 + 1, 2.5), (24 * 400, 2.5)],
)
def test_each_day_begun_costs_a_share_of_the_score(room, grade, hours, expected):
    grade("ada", timedelta(hours=hours))
    assert penalty(room, "ada") == expected


def test_an_extension_counts_before_and_after_handing_in_and_can_be_taken_back(room, grade, problem_set):
    with room.gradebook(NAME) as gradebook:
        gradebook.add_student("ada")
    assert extend(room, NAME, "ada", timedelta(days=2)) == DUE + timedelta(days=2)
    grade("ada", timedelta(days=2))
    grade("bob", timedelta(days=2))
    assert (penalty(room, "ada"), penalty(room, "bob")) == (None, 1.0)
    extend(room, NAME, "bob", timedelta(days=1, hours=1))
    assert penalty(room, "bob") == 0.5
    # They do not add up: the second stands alone, as nbgrader promises.
    extend(room, NAME, "bob", timedelta(days=1))
    assert penalty(room, "bob") == 0.5
    extend(room, NAME, "bob", timedelta(0))
    assert penalty(room, "bob") == 1.0
    with room.gradebook(NAME) as gradebook:
        assert gradebook.find_submission(NAME, "ada").extension == timedelta(days=2)
        assert gradebook.find_submission(NAME, "bob").extension is None


def test_an_extension_without_work_is_no_submission_of_cells(room):
    with room.gradebook(NAME) as gradebook:
        gradebook.add_student("ada")
    extend(room, NAME, "ada", timedelta(days=2))
    with room.gradebook(NAME) as gradebook:
        assert gradebook.find_submission(NAME, "ada").notebooks == []
        assert not room.has_submission(gradebook, NAME, "ada")


def test_a_grade_and_a_comment_by_hand_stay_and_the_penalty_follows_the_grade(room, grade):
    grade("ada", timedelta(days=1))
    with room.gradebook(NAME) as gradebook:
        manual = gradebook.find_grade("why_squares", NAME, NAME, "ada")
        manual.manual_score, manual.extra_credit, manual.needs_manual_grade = 2.0, 1.0, False
        gradebook.find_comment("scaled", NAME, NAME, "ada").manual_comment = "See me."
        gradebook.db.commit()
    count_penalties_anew(room, NAME)
    assert penalty(room, "ada") == 0.8
    grade("ada", timedelta(days=1))
    assert penalty(room, "ada") == 0.8
    with room.gradebook(NAME) as gradebook:
        manual = gradebook.find_grade("why_squares", NAME, NAME, "ada")
        assert (manual.manual_score, manual.extra_credit, manual.needs_manual_grade) == (2.0, 1.0, True)
        assert gradebook.find_comment("scaled", NAME, NAME, "ada").comment == "See me."
        assert gradebook.find_submission(NAME, "ada").score == 8.0


def test_nbgraders_own_step_comes_to_the_same_penalty(room, grade):
    from nbgrader.preprocessors import AssignLatePenalties

    grade("ada", timedelta(days=3))
    ours = penalty(room, "ada")
    said = {"notebook": NAME, "assignment": NAME, "student": "ada", "db_url": room.db_url}
    step = AssignLatePenalties(config=room.config)
    step.preprocess(copy.deepcopy(_empty()), {"nbgrader": said})
    assert step.plugin_class is LatePenalty
    assert penalty(room, "ada") == ours == 1.5


def _empty():
    from nbformat.v4 import new_notebook

    return new_notebook()


@pytest.mark.parametrize(
    ("late", "message"),
    [
        ({"percent_per_dya": 10}, r"a late policy has percent_per_day.*received \{'percent_per_dya': 10\}"),
        ({"grace_hours": 1}, "a late policy has percent_per_day"),
        ({"percent_per_day": 110}, r"percent_per_day is a number of 0 to 100 \(received 110\)"),
        ({"percent_per_day": True}, r"number of 0 to 100 \(received True\)"),
        ({"percent_per_day": 5, "grace_hours": float("inf")}, "grace_hours is a number of at least 0"),
        ({"percent_per_day": 5, "most_percent": "half"}, "most_percent is a number of 0 to 100"),
    ],
)
def test_a_policy_that_is_none_is_refused_when_the_classroom_is_opened(classroom, late, message):
    with pytest.raises(ConfigurationError, match=message):
        if late.get("grace_hours") == float("inf"):
            LatePolicy.from_mapping(late)
        with_lines(classroom, f"c.ExpectedGradient.late = {late!r}")


def test_an_extension_that_cannot_be_is_refused(room, classroom, problem_set):
    with pytest.raises(ConfigurationError, match="time of 0 to 3660 days"):
        extend(room, NAME, "ada", timedelta(days=-1))
    with pytest.raises(ConfigurationError, match="nbgrader db student add ada"):
        extend(room, NAME, "ada", timedelta(days=1))
    with room.gradebook(NAME) as gradebook:
        gradebook.find_assignment(NAME).duedate = None
        gradebook.db.commit()
    with pytest.raises(ConfigurationError, match="nbgrader db assignment add ps00_tiny --duedate"):
        extend(room, NAME, "ada", timedelta(days=1))


def test_who_is_left_out_is_named_and_neither_graded_nor_reported(room, problem_set):
    for student in ("ada", "bob", "eve"):
        hand_in(room, NAME, student, problem_set.release_notebook)
    room = with_lines(room, "c.ExpectedGradient.exclude = ['eve', 'nobody-yet']")
    run = ClassRun(room, problem_set, exclude=frozenset({"bob"}))
    assert run.students() == ["ada"]
    assert run.excluded() == ["bob", "eve"]
    with pytest.raises(ConfigurationError, match=r"has handed something in \(received 'bbo'\)"):
        ClassRun(room, problem_set, exclude=frozenset({"bbo"})).excluded()
