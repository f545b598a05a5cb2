"""More time for one student, and penalties that follow what has changed since."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from nbgrader.api import MissingEntry, SubmittedAssignment

from autograder.errors import ConfigurationError
from autograder.nbgrader import gradebook

if TYPE_CHECKING:
    from datetime import datetime

    from nbgrader.api import Gradebook

    from autograder.nbgrader.classroom import Classroom

_LONGEST = timedelta(days=3660)


def extend(classroom: Classroom, assignment: str, student: str, by: timedelta) -> datetime:
    """Gives a student until ``by`` after the due date, also one who has not handed in yet.

    As nbgrader's ``grant_extension``: a second one replaces the first, and none at all takes it away. The
    penalty of work that was graded is counted anew.

    Args:
        classroom: whose class.
        assignment: nbgrader's name of the assignment.
        student: nbgrader's id.
        by: the time after the due date; >= 0.

    Returns:
        The student's due date, in UTC.

    Raises:
        ConfigurationError: the assignment is not released or has no due date, nobody knows the student, or
            the time is negative.
    """
    if not timedelta(0) <= by <= _LONGEST:
        raise ConfigurationError("an extension is a time of 0 to 3660 days", received=str(by))
    with classroom.gradebook(assignment) as gb:
        released = gb.find_assignment(assignment)
        if released.duedate is None:
            raise ConfigurationError(
                "an extension counts from the assignment's due date",
                where=assignment,
                received="no due date",
                fix=f"nbgrader db assignment add {assignment} --duedate='2026-03-01 12:00:00 UTC'",
            )
        submission = _submission(classroom, gb, assignment, student)
        submission.extension = by or None
        gb.db.flush()
        if submission.notebooks:
            _count_anew(classroom, gb, submission)
        gb.db.commit()
        return submission.duedate


def count_penalties_anew(classroom: Classroom, assignment: str) -> None:
    """Penalties of all work on an assignment, after grades by hand, extensions or a changed policy.

    Args:
        classroom: whose class.
        assignment: nbgrader's name of the assignment.
    """
    with classroom.gradebook(assignment) as gb:
        for submission in gb.find_assignment(assignment).submissions:
            _count_anew(classroom, gb, submission)
        gb.db.commit()


def _count_anew(classroom: Classroom, gb: Gradebook, submission: SubmittedAssignment) -> None:
    for submitted in submission.notebooks:
        gradebook.apply_late_policy(
            gb,
            classroom.config,
            submission.assignment.name,
            submission.student.id,
            submitted.notebook.name,
            commit=False,
        )


def _submission(classroom: Classroom, gb: Gradebook, assignment: str, student: str) -> SubmittedAssignment:
    try:
        return gb.find_submission(assignment, student)
    except MissingEntry:
        pass
    try:
        known = gb.find_student(student)
    except MissingEntry:
        handed_in = (classroom.submitted / student).is_dir() if "/" not in student else False
        if not handed_in:
            raise ConfigurationError(
                "more time is given to a student whom the gradebook knows, or who has handed something in",
                received=repr(student),
                fix=f"add the student first: nbgrader db student add {student}",
            ) from None
        known = gradebook.add_student(gb, student)
    # Without notebooks, which make it a submission: those come with the work.
    submission = SubmittedAssignment(assignment=gb.find_assignment(assignment), student=known)
    gb.db.add(submission)
    return submission
