"""One submission to an ordinary nbgrader assignment: its test cells run beside the student's code, sandboxed.

The verdict is the kernel's, so a student's code can forge it, for that student alone. What runs is the
author's text whatever the submission holds, and a score is read from the reply to that very cell; no more can
be promised.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from autograder.errors import NotebookError, SandboxError, StudentError
from autograder.grading.bundle import Bundle
from autograder.grading.credit import judge
from autograder.grading.execution import Execution
from autograder.grading.hidden import failed_line
from autograder.grading.plain import PlainAssignment, PlainNotebook
from autograder.grading.repair import grade_id, repair
from autograder.grading.settings import GradingSettings
from autograder.grading.submission import identity, rendered
from autograder.notebook import read_submission
from autograder.reports import harmless
from autograder.results import CheckResult, Report

KEY = "expected_gradient"
"""Of our metadata in executed notebooks and in their outputs."""

NOT_HANDED_IN = "this notebook was not handed in"

_BEGIN = "__import__('os').environ['NBGRADER_EXECUTION'] = 'autograde'"
"""What nbgrader tells the notebooks that it grades."""

# Before a test: the ways that IPython has to change a cell before it runs, as they are in a new kernel.
_AS_NEW = """\
def _(shell=__import__("IPython").get_ipython()):
    shell.ast_transformers = []
    shell.input_transformers_post = []
    shell.input_transformer_manager = type(shell.input_transformer_manager)()
    shell.ast_node_interactivity = "last_expr"
_(); del _
"""


@dataclass(frozen=True)
class Page:
    """One graded notebook of a submission.

    Args:
        notebook: the executed notebook.
        checks: a result for each test cell, in the notebook's order.
        notes: what was mended, or happened on the way.
        not_gradable: why it has no score; empty when it has one.
        submission: hash of what the student wrote.
        isolation: how its kernel was kept apart.
        layers: which layers of isolation that kernel had.
        killed: whether one of its kernels was killed by nobody known.
        peak_bytes: the most memory that one of its kernels held.
    """

    notebook: NotebookNode
    checks: tuple[CheckResult, ...]
    notes: tuple[str, ...] = ()
    not_gradable: str = ""
    submission: str = ""
    isolation: str = ""
    layers: Mapping[str, str] = field(default_factory=dict)
    killed: bool = False
    peak_bytes: int = 0


def grade_bundle(
    data: bytes, assignment: PlainAssignment, settings: GradingSettings
) -> tuple[Report, dict[str, str]]:
    """Grades a submission, each notebook in a kernel of its own.

    Args:
        data: from :meth:`autograder.grading.bundle.Bundle.pack`.
        assignment: what it is a submission to.
        settings: isolation and limits.

    Returns:
        The report, and the text of each executed notebook by its name.

    Raises:
        SandboxError: there is no sandbox.
        ConfigurationError: the files do not fit into it.
    """
    started = time.monotonic()
    bundle = Bundle.unpack(data)
    pages = {}
    for notebook in assignment.notebooks:
        read = bundle.notebooks.get(notebook.name)
        if read is None:
            pages[notebook.name] = without_work(assignment, notebook, NOT_HANDED_IN)
            continue
        try:
            submitted = read_submission(read)
        except NotebookError as error:
            pages[notebook.name] = not_gradable_page(assignment, notebook, str(error))
            continue
        repaired = repair(submitted, notebook.handed_out)
        page = grade_notebook(repaired.notebook, assignment, notebook, bundle.files, settings)
        pages[notebook.name] = replace(page, notes=(*repaired.notes, *page.notes))
    report = replace(report_of(pages, assignment), seconds=time.monotonic() - started)
    return report, {name: nbformat.writes(page.notebook) for name, page in pages.items()}


def not_gradable(assignment: PlainAssignment, reason: str) -> tuple[Report, dict[str, str]]:
    """What stands in place of a grade: a report and pages with the reason, and every cell accounted for."""
    pages = {n.name: not_gradable_page(assignment, n, reason) for n in assignment.notebooks}
    return report_of(pages, assignment), {name: nbformat.writes(p.notebook) for name, p in pages.items()}


def report_of(pages: Mapping[str, Page], assignment: PlainAssignment) -> Report:
    """One report on all notebooks; it has no score when none of them has one."""
    several = len(pages) > 1
    reasons = {name: page.not_gradable for name, page in pages.items() if page.not_gradable}
    notes = [
        f"{name}: {note}" if several else note
        for name, page in pages.items()
        for note in (*page.notes, *([f"not graded: {page.not_gradable}"] if page.not_gradable else []))
    ]
    graded = [page for page in pages.values() if page.isolation]
    submissions = json.dumps([page.submission for page in pages.values()])
    layers: dict[str, str] = {}
    for page in graded:
        worse = {layer: state for layer, state in page.layers.items() if state != "present"}
        layers = {**page.layers, **layers, **worse}
    return Report(
        assignment.name,
        submission=hashlib.sha256(submissions.encode()).hexdigest() if graded else "",
        checks=tuple(check for page in pages.values() for check in page.checks),
        manual_points=assignment.manual_points,
        not_gradable="; ".join(dict.fromkeys(reasons.values())) if len(reasons) == len(pages) else "",
        notes=() if len(reasons) == len(pages) else tuple(map(harmless.text, notes)),
        isolation=graded[-1].isolation if graded else "",
        layers=layers,
        peak_bytes=max((page.peak_bytes for page in graded), default=0),
    )


def part_of(report: Report, assignment: PlainAssignment, notebook: str, reason: str) -> Report:
    """The report on one notebook, as the gradebook takes it.

    Args:
        report: the report on all.
        assignment: what it is about.
        notebook: name of the notebook.
        reason: why that notebook could not be graded; empty when it could.
    """
    tests = assignment.notebook(notebook).tests
    named = {assignment.check_name(notebook, cell) for cell in tests}
    checks = tuple(check for check in report.checks if check.check in named)
    return replace(report, checks=checks, not_gradable=report.not_gradable or reason)


def not_gradable_page(assignment: PlainAssignment, notebook: PlainNotebook, reason: str) -> Page:
    """The page of a notebook that could not be read."""
    # nbgrader shows it as Markdown, and it may quote the file.
    reason, _ = harmless.markdown(reason)
    page = without_work(assignment, notebook, f"not graded: {reason}", by_hand=True)
    page.notebook.metadata[KEY] = {"not_gradable": reason}
    return replace(page, not_gradable=reason)


def without_work(
    assignment: PlainAssignment, notebook: PlainNotebook, reason: str, *, by_hand: bool = False
) -> Page:
    """The page of a notebook of which nothing ran: as it was handed out, with the reason at every test."""
    made = copy.deepcopy(notebook.handed_out)
    checks = tuple(
        CheckResult(cell, assignment.check_name(notebook.name, cell), points, reason=reason, by_hand=by_hand)
        for cell, points in notebook.tests.items()
    )
    results = {check.grade_id: check for check in checks}
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_shown(results[grade_id(cell)])] if grade_id(cell) in results else []
    return Page(made, checks)


def grade_notebook(
    repaired: NotebookNode,
    assignment: PlainAssignment,
    notebook: PlainNotebook,
    files: Mapping[str, bytes],
    settings: GradingSettings,
) -> Page:
    """Executes a repaired notebook, with the author's tests in it, and judges each test by how its cell went.

    Args:
        repaired: from :func:`autograder.grading.repair.repair`; it is not changed.
        assignment: what it belongs to.
        notebook: which of its notebooks it is.
        files: what the student handed in beside it.
        settings: isolation and limits.

    Raises:
        SandboxError: there is no sandbox.
        ConfigurationError: the files do not fit into it.
    """
    beside = {**assignment.defaults, **files, **assignment.files}
    # A kernel that was lost or did not start is no fault of the submission's, and one that was killed may be
    # none: it is tried once more, and what happens again counts.
    with contextlib.suppress(SandboxError):
        page = _execute(copy.deepcopy(repaired), assignment, notebook, beside, settings)
        if not page.killed:
            return page
    return _execute(copy.deepcopy(repaired), assignment, notebook, beside, settings)


def _execute(
    made: NotebookNode,
    assignment: PlainAssignment,
    notebook: PlainNotebook,
    files: Mapping[str, bytes],
    settings: GradingSettings,
) -> Page:
    submission = identity(made)
    results: dict[str, CheckResult] = {}
    for cell in made.cells:
        if grade_id(cell) in notebook.sources:
            cell.source = notebook.sources[grade_id(cell)]
    with Execution(files, settings) as execution:
        _prepare(_BEGIN, execution, 0)
        touched = False
        for number, cell in enumerate((c for c in made.cells if c.cell_type == "code"), start=1):
            name = grade_id(cell)
            if name not in notebook.tests:
                touched = touched or name not in notebook.sources
                _run(cell, number, execution)
                continue
            if touched:
                _prepare(_AS_NEW, execution, number)
                touched = False
            results[name] = _test(cell, number, execution, assignment, notebook)
    harmless.cells(made, {*(c.source for c in notebook.handed_out.cells), *notebook.sources.values()})
    _attach(made, notebook)
    checks = tuple(
        results.get(cell)
        or CheckResult(cell, assignment.check_name(notebook.name, cell), points, reason="its cell is missing")
        for cell, points in notebook.tests.items()
    )
    notes = tuple(map(harmless.text, execution.notes))
    return Page(
        made,
        checks,
        notes,
        submission=submission,
        isolation=execution.isolation,
        layers=execution.layers,
        killed=execution.killed,
        peak_bytes=execution.peak_bytes,
    )


def _attach(made: NotebookNode, notebook: PlainNotebook) -> None:
    """Gives the author's own text its pictures back: nbconvert refuses a page over one that is missing."""
    pictures = {cell.source: cell.attachments for cell in notebook.handed_out.cells if "attachments" in cell}
    for cell in made.cells:
        if cell.cell_type == "markdown" and cell.source in pictures:
            cell.attachments = copy.deepcopy(pictures[cell.source])


def _prepare(source: str, execution: Execution, number: int) -> None:
    with contextlib.suppress(StudentError):  # the cell that follows says so
        execution.run(new_code_cell(source), number)


def _run(cell: NotebookNode, number: int, execution: Execution) -> None:
    cell.outputs = []
    if not cell.source.strip():
        return
    try:
        execution.run(cell, number)
    except StudentError as error:
        cell.outputs = [new_output("stream", name="stderr", text=f"not run: {error}\n")]
        return
    cell.outputs = harmless.outputs(cell.outputs)


def _test(
    cell: NotebookNode,
    number: int,
    execution: Execution,
    assignment: PlainAssignment,
    notebook: PlainNotebook,
) -> CheckResult:
    name = grade_id(cell)
    check, points = assignment.check_name(notebook.name, name), notebook.tests[name]
    try:
        run = execution.run(cell, number)
    except StudentError as error:
        cell.outputs = []
        result = CheckResult(name, check, points, reason=harmless.text(str(error)))
    else:
        cell.outputs = harmless.outputs(run.outputs)
        result = _harmless(judge(name, check, points, run))
        lines = assignment.delimiters.hidden_lines(cell.source)
        failed_at = failed_line(run.outputs)
        if lines and run.status != "ok" and (failed_at is None or failed_at in lines):
            outcomes = tuple(replace(o, label="a hidden test") for o in result.outcomes)
            result = replace(result, outcomes=outcomes, show=assignment.hidden)
    cell.outputs = [_shown(result), *cell.outputs]
    return result


def _shown(result: CheckResult) -> NotebookNode:
    """The result as an output that the feedback knows from those of the kernel."""
    output = rendered(result)
    output.metadata[KEY] = {"outcome": True}
    return output


def _harmless(result: CheckResult) -> CheckResult:
    outcomes = tuple(replace(o, message=harmless.text(o.message)) for o in result.outcomes)
    return replace(result, reason=harmless.text(result.reason), outcomes=outcomes)
