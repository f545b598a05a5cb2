"""Grade files that Canvas and Moodle import."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autograder.errors import ConfigurationError
from autograder.export.csv_text import as_text, id_fault, points, to_csv
from autograder.export.grades import ClassGrades, Grade

Ids = Mapping[str, Mapping[str, str]]

CANVAS_IDS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""Columns of Canvas's file that say who a row is about; the first and the last are for people to read."""
MOODLE_IDS = ("username", "email", "idnumber")
"""Columns that Moodle's import can map to a person."""

_FOR_PEOPLE = ("Student", "Section")


@dataclass(frozen=True)
class Exported:
    """A file to import.

    Args:
        data: its bytes.
        students: whose grades are in it.
        left_out: why a student's are not, by student.
    """

    data: bytes
    students: tuple[str, ...]
    left_out: Mapping[str, str]


def canvas(graded: ClassGrades, column: str, ids: Ids | None = None) -> Exported:
    """The file that Canvas's gradebook imports: a row of points possible, then one a student.

    Args:
        graded: the grades.
        column: the assignment as Canvas heads its column, for instance ``ps05 (12345)`` with Canvas's number;
            without one Canvas offers to make a new assignment.
        ids: who is who, with any of ``CANVAS_IDS``; by default ``SIS Login ID`` is nbgrader's id and ``ID``
            is the gradebook's ``lms_user_id``.

    Returns:
        The file. Who is missing from ``ids``, or has an id that would be a formula, is left out.

    Raises:
        ConfigurationError: no column of that name can be.
    """

    def default(grade: Grade) -> dict[str, str]:
        name = ", ".join(filter(None, (grade.known["last_name"], grade.known["first_name"])))
        found = {"Student": name or grade.student, "SIS Login ID": grade.student}
        return found | ({"ID": grade.known["lms_user_id"]} if grade.known["lms_user_id"] else {})

    head = (*CANVAS_IDS, _heading(column, CANVAS_IDS))
    rows, students, left_out = _rows(graded, ids, CANVAS_IDS, default, lambda grade: (points(grade.score),))
    # Canvas knows this row by its first words, which it indents itself.
    possible = ("    Points Possible", "", "", "", "", points(graded.points))
    return Exported(to_csv([head, possible, *rows]), students, left_out)


def moodle(graded: ClassGrades, column: str, ids: Ids | None = None) -> Exported:
    """The file that Moodle's grade import reads: a grade and its feedback, which is HTML there.

    Both columns are to be mapped: Moodle takes a grade away whose feedback is imported alone.

    Args:
        graded: the grades.
        column: name of the grade's column; the feedback's has ``feedback`` behind it.
        ids: who is who, with any of ``MOODLE_IDS``; by default ``username`` is nbgrader's id, ``email`` the
            gradebook's and ``idnumber`` its ``lms_user_id``.

    Returns:
        The file. Who is missing from ``ids``, or has an id that would be a formula, is left out.

    Raises:
        ConfigurationError: no column of that name can be.
    """

    def default(grade: Grade) -> dict[str, str]:
        known = {"email": grade.known["email"], "idnumber": grade.known["lms_user_id"]}
        return {"username": grade.student} | {name: value for name, value in known.items() if value}

    def cells(grade: Grade) -> tuple[str, str]:
        lines = [grade.feedback] if grade.feedback else []
        if grade.penalty:
            lines.append(f"late: {points(grade.penalty)} points were taken off")
        said = html.escape(as_text("\n".join(lines)), quote=False).replace("\n", "<br>")
        return points(grade.score), said

    heading = _heading(column, MOODLE_IDS)
    head = (*MOODLE_IDS, heading, f"{heading} feedback")
    rows, students, left_out = _rows(graded, ids, MOODLE_IDS, default, cells)
    return Exported(to_csv([head, *rows]), students, left_out)


def _rows(
    graded: ClassGrades,
    ids: Ids | None,
    columns: tuple[str, ...],
    default: Callable[[Grade], dict[str, str]],
    cells: Callable[[Grade], tuple[str, ...]],
) -> tuple[list[tuple[str, ...]], tuple[str, ...], dict[str, str]]:
    rows, students, left_out = [], [], dict(graded.waiting)
    for grade in graded.grades:
        if ids is not None and grade.student not in ids:
            left_out[grade.student] = "the file of ids does not name the student"
            continue
        who = dict(ids[grade.student]) if ids is not None else default(grade)
        looked_up = {name: value for name, value in who.items() if name not in _FOR_PEOPLE}
        fault = next(filter(None, map(id_fault, looked_up.values())), "")
        if fault or not looked_up:
            left_out[grade.student] = fault or "there is no id to know the student by"
            continue
        if "Student" in columns:
            who.setdefault("Student", default(grade)["Student"])
        row = [as_text(who.get(n, "")) if n in _FOR_PEOPLE else who.get(n, "") for n in columns]
        rows.append((*row, *cells(grade)))
        students.append(grade.student)
    return rows, tuple(students), left_out


def _heading(column: str, taken: tuple[str, ...]) -> str:
    if not column.strip() or as_text(column) != column or "\n" in column or column in taken:
        raise ConfigurationError(
            "a column's name is one line that no spreadsheet takes for a formula", received=repr(column)
        )
    return column
