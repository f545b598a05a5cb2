"""The grades of a class as its gradebook has them: by hand and by checks, penalties taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.errors import ConfigurationError
from autograder.nbgrader.extensions import count_penalties_anew

if TYPE_CHECKING:
    from nbgrader.api import Student, SubmittedAssignment

    from autograder.nbgrader.classroom import Classroom


@dataclass(frozen=True)
class Grade:
    """One student's grade.

    Args:
        student: nbgrader's id.
        score: points reached, a late penalty taken off; >= 0.
        penalty: points that were taken off; >= 0.
        feedback: comments, one a line.
        known: what the gradebook knows of the student, by nbgrader's names: first_name, last_name, email,
            lms_user_id; empty text where it knows nothing.
    """

    student: str
    score: float
    penalty: float
    feedback: str
    known: dict[str, str]


@dataclass(frozen=True)
class ClassGrades:
    """A class's grades for one assignment.

    Args:
        points: the most that can be reached.
        grades: of the students whose work is graded, sorted by id.
        waiting: why there is no grade yet, by student.
    """

    points: float
    grades: tuple[Grade, ...]
    waiting: dict[str, str]


def class_grades(classroom: Classroom, assignment: str, *, provisional: bool = False) -> ClassGrades:
    """The grades of everybody who handed in and is not left out; late penalties are counted anew first.

    Args:
        classroom: whose class.
        assignment: nbgrader's name of the assignment.
        provisional: give a grade also to work that still waits for a person.

    Raises:
        ConfigurationError: it was not released, or nobody's work is in the gradebook.
    """
    count_penalties_anew(classroom, assignment)
    grades, waiting = [], {}
    with classroom.gradebook(assignment) as gradebook:
        released = gradebook.find_assignment(assignment)
        for submission in sorted(released.submissions, key=lambda each: each.student.id):
            student = submission.student.id
            if not submission.notebooks or student in classroom.excluded:
                continue
            if submission.needs_manual_grade and not provisional:
                waiting[student] = "a person has still to look at it"
                continue
            penalty = min(float(submission.late_submission_penalty or 0.0), float(submission.score))
            grades.append(
                Grade(
                    student,
                    max(0.0, round(submission.score - penalty, 3)),
                    penalty,
                    _feedback(submission),
                    _known(submission.student),
                )
            )
        points = float(released.max_score)
    if not grades and not waiting:
        raise ConfigurationError(
            "grades are given to a class that has been graded",
            where=str(classroom.directory),
            fix=f"autograder grade {assignment}",
        )
    return ClassGrades(points, tuple(grades), waiting)


def _feedback(submission: SubmittedAssignment) -> str:
    lines = []
    for notebook in submission.notebooks:
        for comment in sorted(notebook.comments, key=lambda each: each.name):
            if comment.comment:
                lines.append(f"{comment.name}: {comment.comment}")
    return "\n".join(lines)


def _known(student: Student) -> dict[str, str]:
    names = ("first_name", "last_name", "email", "lms_user_id")
    return {name: str(getattr(student, name) or "") for name in names}
