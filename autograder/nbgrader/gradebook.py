"""Reports in nbgrader's gradebook: one commit a submission, and never an old score in place of none.

``nbgrader autograde`` and ``autograder grade`` both write through these functions, so that they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)

from autograder.errors import ConfigurationError
from autograder.results import Report

NO_RESPONSE = "No response."
"""nbgrader's words for a cell that is as it was handed out."""


def save_report(
    gb: Gradebook,
    report: Report,
    notebook: NotebookNode,
    assignment: str,
    student: str,
    notebook_id: str,
    *,
    commit: bool = True,
) -> None:
    """Writes the scores of a graded submission.

    Every graded cell of the release gets its score, whether or not the submission still had it: checks
    from the report, never from outputs; written answers 0 when they are as handed out, else they wait
    for a person. A score that a person gave before stays, and asks to be looked at again.

    Args:
        gb: an open gradebook.
        report: the verdict; it has a score.
        notebook: the executed notebook, for what was written and what was left as handed out.
        assignment: nbgrader's name of the assignment.
        student: nbgrader's id of the student.
        notebook_id: nbgrader's name of the notebook.
        commit: whether to commit; without, the caller does.

    Raises:
        ConfigurationError: the assignment was not released, or released with other cells or points than
            the report has.
    """
    fill_report(gb, _submitted(gb, assignment, student, notebook_id), report, sources_of(notebook))
    _done(gb, commit)


def fill_report(
    gb: Gradebook, submitted: SubmittedNotebook, report: Report, written: Mapping[str, str]
) -> None:
    """Writes the scores into the rows of a submission; see :func:`save_report`.

    Args:
        gb: an open gradebook; nothing is committed.
        submitted: the submission's row.
        report: the verdict.
        written: what stands in each cell, from :func:`sources_of`.

    Raises:
        ConfigurationError: as for :func:`save_report`.
    """
    released = submitted.notebook
    solutions = {cell.name: cell for cell in released.solution_cells}
    handed_out = {cell.name: cell.source for cell in released.source_cells}
    results = {result.grade_id: result for result in report.checks}
    # Cells of text that are no answers are graded by a person, as tasks are.
    tests = [c for c in released.grade_cells if c.name not in solutions and c.cell_type == "code"]
    checks = {c.name: c.max_score for c in tests}
    left = {c.name for c in released.grade_cells if c.name not in solutions and c not in tests}
    by_person = left | {c.name for c in released.task_cells}
    promised = {result.grade_id: result.points for result in report.checks}
    if checks != promised:
        differing = sorted({name for name, _ in set(checks.items()) ^ set(promised.items())})
        raise ConfigurationError(
            "the gradebook and the problem set have the same graded cells and points",
            where=f"{released.assignment.name}/{released.name}",
            received=f"differences in {', '.join(differing)}",
            fix=f"release it again: autograder release {released.assignment.name}",
        )

    def unanswered(name: str) -> bool:
        return written[name].strip() in ("", handed_out.get(name, "").strip())

    for cell, grade in _grades(gb, submitted):
        if cell.name in results:
            grade.auto_score = None if results[cell.name].by_hand else results[cell.name].score
        elif cell.name in by_person:
            grade.auto_score = None
        else:
            grade.auto_score = 0.0 if cell.name not in written or unanswered(cell.name) else None
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
    for cell, comment in _comments(gb, submitted):
        # A function that moved into another cell leaves no cell of its name, and is no missing answer.
        said = cell.name not in by_person and cell.name in written
        comment.auto_comment = NO_RESPONSE if said and unanswered(cell.name) else None


def save_not_gradable(
    gb: Gradebook,
    report: Report,
    assignment: str,
    student: str,
    notebook_id: str,
    *,
    commit: bool = True,
) -> None:
    """Writes that a submission was handed in and cannot be graded.

    No cell keeps an automatic score, each asks for a person, and the reason is every cell's comment,
    where formgrader and feedback show it.

    Args:
        gb: an open gradebook.
        report: a report whose ``not_gradable`` says why.
        assignment: nbgrader's name of the assignment.
        student: nbgrader's id of the student.
        notebook_id: nbgrader's name of the notebook.
        commit: whether to commit; without, the caller does.

    Raises:
        ConfigurationError: the assignment was not released.
    """
    fill_not_gradable(gb, _submitted(gb, assignment, student, notebook_id), report)
    _done(gb, commit)


def fill_not_gradable(gb: Gradebook, submitted: SubmittedNotebook, report: Report) -> None:
    """Writes the reason into the rows of a submission; see :func:`save_not_gradable`. Nothing is committed."""
    for _, grade in _grades(gb, submitted):
        grade.auto_score = None
        grade.needs_manual_grade = True
    for _, comment in _comments(gb, submitted):
        comment.auto_comment = f"Not graded: {report.not_gradable}"
    submitted.late_submission_penalty = None


def apply_late_policy(
    gb: Gradebook, config: Any, assignment: str, student: str, notebook_id: str, *, commit: bool = True
) -> None:
    """Sets the penalty that the classroom's late-submission plugin gives, as ``nbgrader autograde`` does.

    Args:
        gb: an open gradebook.
        config: the classroom's configuration, which names the plugin.
        assignment: nbgrader's name of the assignment.
        student: nbgrader's id of the student.
        notebook_id: nbgrader's name of the notebook.
        commit: whether to commit; without, the caller does.
    """
    set_penalty(gb, config, _submitted(gb, assignment, student, notebook_id))
    _done(gb, commit)


def set_penalty(gb: Gradebook, config: Any, submitted: SubmittedNotebook) -> None:
    """Sets the penalty in a submission's row; see :func:`apply_late_policy`. Nothing is committed."""
    submitted.late_submission_penalty = None
    late = submitted.assignment.total_seconds_late
    if late > 0:
        from nbgrader.preprocessors import AssignLatePenalties

        step = AssignLatePenalties(config=config)
        step.init_plugin()
        # The score is a sum that the database computes: what was just written must be there first.
        gb.db.flush()
        gb.db.refresh(submitted, ["score"])
        student = submitted.assignment.student.id
        penalty = step.plugin_inst.late_submission_penalty(student, submitted.score, late)
        if penalty is not None:
            submitted.late_submission_penalty = step._check_late_penalty(submitted, penalty)


def register(
    gb: Gradebook, assignment: str, student: str, timestamp: datetime | None = None, *, commit: bool = True
) -> SubmittedAssignment:
    """The submission's row, with a row for each cell; made, with its student, when it is not there yet.

    Args:
        gb: an open gradebook.
        assignment: nbgrader's name of the assignment.
        student: nbgrader's id of the student.
        timestamp: when it was handed in, in UTC; None leaves what the gradebook has.
        commit: whether to commit; without, the caller does.

    Returns:
        The row.

    Raises:
        ConfigurationError: the assignment was not released.
    """
    # nbgrader's own way to add a submission commits three times and flushes half-made rows, with warnings.
    with gb.db.no_autoflush:
        try:
            released = gb.find_assignment(assignment)
        except MissingEntry:
            raise not_released(assignment) from None
        try:
            submission = gb.find_submission(assignment, student)
        except MissingEntry:
            submission = SubmittedAssignment(assignment=released, student=add_student(gb, student))
            gb.db.add(submission)
        if timestamp is not None:
            submission.timestamp = timestamp
        add_missing_rows(gb, released, submission)
    _done(gb, commit)
    return submission


def add_missing_rows(gb: Gradebook, released: Assignment, submission: SubmittedAssignment) -> None:
    """Gives a submission a row for each notebook and graded cell of its release. Nothing is committed."""
    handed_in = {submitted.notebook for submitted in submission.notebooks}
    for notebook in released.notebooks:
        if notebook not in handed_in:
            gb.db.add(SubmittedNotebook(notebook=notebook, assignment=submission))
    for submitted in submission.notebooks:
        _grades(gb, submitted)
        _comments(gb, submitted)


def add_student(gb: Gradebook, student: str) -> Student:
    """The student's row, made when it is not there yet; the caller commits."""
    try:
        return gb.find_student(student)
    except MissingEntry:
        new = Student(id=student)
        gb.db.add(new)
        return new


def _submitted(gb: Gradebook, assignment: str, student: str, notebook_id: str) -> SubmittedNotebook:
    try:
        return gb.find_submission_notebook(notebook_id, assignment, student)
    except MissingEntry:
        submission = register(gb, assignment, student, commit=False)
    for submitted in submission.notebooks:
        if submitted.notebook.name == notebook_id:
            return submitted
    raise not_released(f"{assignment}/{notebook_id}")


def not_released(name: str) -> ConfigurationError:
    """The error that an assignment, or a notebook of one, is not in the gradebook."""
    return ConfigurationError(
        "the problem set was not released in this classroom",
        where=name,
        fix=f"release it: autograder release {name.split('/')[0]}",
    )


def _grades(gb: Gradebook, submitted: SubmittedNotebook) -> list[tuple[GradeCell | TaskCell, Grade]]:
    rows = {grade.cell_id: grade for grade in submitted.grades}
    cells = (*submitted.notebook.grade_cells, *submitted.notebook.task_cells)
    for cell in cells:
        if cell.id not in rows:
            rows[cell.id] = Grade(cell_id=cell.id, notebook=submitted)
            gb.db.add(rows[cell.id])
    return [(cell, rows[cell.id]) for cell in cells]


def _comments(gb: Gradebook, submitted: SubmittedNotebook) -> list[tuple[SolutionCell | TaskCell, Comment]]:
    rows = {comment.cell_id: comment for comment in submitted.comments}
    cells = (*submitted.notebook.solution_cells, *submitted.notebook.task_cells)
    for cell in cells:
        if cell.id not in rows:
            rows[cell.id] = Comment(cell_id=cell.id, notebook=submitted)
            gb.db.add(rows[cell.id])
    return [(cell, rows[cell.id]) for cell in cells]


def sources_of(notebook: NotebookNode) -> dict[str, str]:
    """What stands in each cell that nbgrader knows, by its name."""
    sources: dict[str, str] = {}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name:
            sources.setdefault(name, cell.source)
    return sources


def _done(gb: Gradebook, commit: bool) -> None:
    if commit:
        gb.db.commit()
