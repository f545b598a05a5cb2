"""Many submissions in one transaction: one look-up for all of their rows, and one commit.

A commit waits for the disk, and SQLite has one writer at a time: a class that commits by submission spends
longer on the gradebook than on most checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy.orm import selectin_polymorphic, selectinload

from autograder.nbgrader.gradebook import (
    add_missing_rows,
    fill_not_gradable,
    fill_report,
    not_released,
    set_penalty,
)
from autograder.results import Report


@dataclass(frozen=True)
class Part:
    """One notebook of a submission.

    Args:
        notebook: nbgrader's name of it.
        report: the verdict on it.
        written: what stands in each cell that nbgrader knows, by its name.
    """

    notebook: str
    report: Report
    written: Mapping[str, str]


@dataclass(frozen=True)
class Handed:
    """One submission for the gradebook.

    Args:
        student: nbgrader's id of the student.
        parts: its notebooks.
        timestamp: when it was handed in, in UTC; None leaves what the gradebook has.
    """

    student: str
    parts: Sequence[Part]
    timestamp: datetime | None = None


def save_all(gb: Gradebook, config: Any, assignment: str, works: Sequence[Handed]) -> None:
    """Writes submissions, all or none of them, as ``save_report`` and its siblings write one.

    Args:
        gb: an open gradebook.
        config: the classroom's configuration, which names the plugin for late work.
        assignment: nbgrader's name of the assignment.
        works: the submissions; of two by one student the later counts.

    Raises:
        ConfigurationError: the assignment was not released, or with other cells or points than a report has.
    """
    try:
        with gb.db.no_autoflush:
            released = _released(gb, assignment)
            rows = _rows(gb, released, {work.student for work in works})
            for work in works:
                if work.timestamp is not None:
                    rows[work.student].timestamp = work.timestamp
                for part in work.parts:
                    submitted = _notebook(rows[work.student], part.notebook)
                    if part.report.not_gradable:
                        fill_not_gradable(gb, submitted, part.report)
                    else:
                        fill_report(gb, submitted, part.report, part.written)
                        set_penalty(gb, config, submitted)
        gb.db.commit()
    except BaseException:
        gb.db.rollback()
        raise


def _released(gb: Gradebook, assignment: str) -> Assignment:
    kinds = selectin_polymorphic(BaseCell, [GradeCell, SolutionCell, TaskCell])
    parts = selectinload(Assignment.notebooks)
    wanted = (
        parts.selectinload(Notebook._base_cells).options(kinds),
        parts.selectinload(Notebook.source_cells),
    )
    try:
        released = gb.find_assignment(assignment)
    except MissingEntry:
        raise not_released(assignment) from None
    return gb.db.query(Assignment).options(*wanted).filter(Assignment.id == released.id).one()


def _rows(gb: Gradebook, released: Assignment, students: Iterable[str]) -> dict[str, SubmittedAssignment]:
    """The submissions of some students, complete; made where there is none."""
    names = sorted(students)
    notebooks = selectinload(SubmittedAssignment.notebooks)
    found = (
        gb.db.query(SubmittedAssignment)
        .options(
            notebooks.selectinload(SubmittedNotebook.grades),
            notebooks.selectinload(SubmittedNotebook.comments),
        )
        .filter(SubmittedAssignment.assignment_id == released.id, SubmittedAssignment.student_id.in_(names))
    )
    rows = {row.student_id: row for row in found}
    new = [name for name in names if name not in rows]
    known = (
        {student.id: student for student in gb.db.query(Student).filter(Student.id.in_(new))} if new else {}
    )
    for name in new:
        student = known.get(name) or Student(id=name)
        rows[name] = SubmittedAssignment(assignment=released, student=student)
        gb.db.add(rows[name])
    for row in rows.values():
        add_missing_rows(gb, released, row)
    return rows


def _notebook(submission: SubmittedAssignment, name: str) -> SubmittedNotebook:
    for submitted in submission.notebooks:
        if submitted.notebook.name == name:
            return submitted
    raise not_released(f"{submission.assignment.name}/{name}")
