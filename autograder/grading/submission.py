"""One submission: bytes in, a report and an executed notebook out."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.checks.answers import Student
from autograder.checks.run import run_check, seed_for
from autograder.checks.source import source_in_cells
from autograder.errors import NotebookError, SandboxError, StudentError
from autograder.grading.execution import Execution
from autograder.grading.incoming import read_file
from autograder.grading.repair import grade_id, is_solution, repair
from autograder.grading.settings import GradingSettings
from autograder.notebook import read_submission
from autograder.reports import harmless
from autograder.reports.outcomes import to_html, to_text
from autograder.results import CheckResult, Report
from autograder.sandbox.kernel import CellRun

if TYPE_CHECKING:
    from autograder.problem_sets import ProblemSet

_CELL_FILE = re.compile(r"\([\w.<>-]+, line")


@dataclass(frozen=True)
class Graded:
    """A graded submission.

    Args:
        report: the verdict.
        notebook: the executed notebook with the outcomes as outputs; the release's when it was not gradable.
        killed: whether one of its kernels was killed by nobody known.
        again: why it had to be tried a second time, if it had.
    """

    report: Report
    notebook: NotebookNode
    killed: bool = False
    again: str = ""


def grade_file(path: Path, problem_set: ProblemSet, settings: GradingSettings) -> Graded:
    """Grades a file; see :func:`grade_bytes`.

    Raises:
        ConfigurationError: there is no such file.
    """
    return grade_bytes(read_file(path), problem_set, settings)


def grade_bytes(data: bytes, problem_set: ProblemSet, settings: GradingSettings) -> Graded:
    """Grades a notebook's bytes.

    Args:
        data: the submitted file.
        problem_set: what it is a submission to.
        settings: isolation, limits and secret.

    Returns:
        A report with a score, or with the reason why there is none. Nothing in the file makes this raise.

    Raises:
        AuthoringError: the problem set itself is wrong.
        SandboxError: there is no sandbox.
    """
    started = time.monotonic()
    try:
        submitted = read_submission(data)
    except NotebookError as error:
        return not_gradable(problem_set, str(error))
    repaired = repair(submitted, problem_set.release_notebook)
    try:
        graded = grade_cells(copy.deepcopy(repaired.notebook), problem_set, settings)
        # It may have been the student's code, or the system, short of memory, or a person: what it was shows
        # when it happens again.
        again = "a kernel was killed" if graded.killed else ""
    except SandboxError as error:
        # A kernel that was lost or did not start is no fault of the submission's: it is tried once more.
        again = str(error)
    if again:
        graded = replace(grade_cells(repaired.notebook, problem_set, settings), again=again)
    report = replace(
        graded.report, notes=(*repaired.notes, *graded.report.notes), seconds=time.monotonic() - started
    )
    return replace(graded, report=report)


def not_gradable(problem_set: ProblemSet, reason: str) -> Graded:
    """What stands in place of a grade: a report and a page with the reason, and every cell accounted for."""
    # nbgrader shows it as Markdown, and it may quote the file.
    reason, _ = harmless.markdown(reason)
    checks = tuple(
        CheckResult(cell.grade_id, cell.check, cell.points, reason=f"not graded: {reason}")
        for cell in problem_set.check_cells.values()
    )
    notebook = copy.deepcopy(problem_set.release_notebook)
    for cell in notebook.cells:
        result = next((check for check in checks if check.grade_id == grade_id(cell)), None)
        if result is not None:
            cell.outputs = [rendered(result)]
    report = Report(
        problem_set.name,
        checks=checks,
        manual_points=problem_set.manual_points,
        not_gradable=reason,
        constants=problem_set.constants,
    )
    return Graded(report, notebook)


def grade_cells(notebook: NotebookNode, problem_set: ProblemSet, settings: GradingSettings) -> Graded:
    """Executes a repaired notebook and decides its checks at their cells.

    Check cells are never sent to the kernel; they are decided on this side, by calls that move only data.

    Args:
        notebook: from :func:`autograder.grading.repair.repair`; it is executed in place.
        problem_set: what it is a submission to.
        settings: isolation, limits and secret.

    Returns:
        The report and the executed notebook, in which nothing of the student's runs where it is read.
    """
    started = time.monotonic()
    submission = identity(notebook)
    results: dict[str, CheckResult] = {}
    sources = [
        c.source
        for c in notebook.cells
        if c.cell_type == "code" and grade_id(c) not in problem_set.check_cells
    ]
    with Execution(problem_set.files, settings) as execution:
        failures: dict[str, str] = {}
        for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
            name = grade_id(cell)
            if name in problem_set.check_cells:
                decided = _check(name, problem_set, settings, execution, submission, sources, failures)
                results[name] = _shown(decided)
                cell.outputs = [rendered(results[name])]
                cell.execution_count = number
            else:
                _run(cell, number, execution, failures)
    harmless.cells(notebook, (cell.source for cell in problem_set.release_notebook.cells))
    report = Report(
        problem_set=problem_set.name,
        submission=submission,
        checks=tuple(
            results.get(cell.grade_id)
            or CheckResult(cell.grade_id, cell.check, cell.points, reason="its cell is missing")
            for cell in problem_set.check_cells.values()
        ),
        manual_points=problem_set.manual_points,
        notes=tuple(map(harmless.text, execution.notes)),
        isolation=execution.isolation,
        layers=execution.layers,
        peak_bytes=execution.peak_bytes,
        constants=problem_set.constants,
        seconds=time.monotonic() - started,
    )
    return Graded(report, notebook, execution.killed)


def identity(notebook: NotebookNode) -> str:
    """SHA-256 of what a student wrote: the sources of all cells but the locked ones.

    Outputs, metadata and counters do not count, so that saving a notebook again draws no new inputs.
    """
    sources = [
        [cell.cell_type, cell.source] for cell in notebook.cells if not grade_id(cell) or is_solution(cell)
    ]
    return hashlib.sha256(json.dumps(sources).encode("utf-8", "surrogatepass")).hexdigest()


def rendered(result: CheckResult) -> NotebookNode:
    """A check's result as the output of its cell."""
    return new_output(
        "display_data", data={"text/html": to_html(result), "text/plain": to_text(result)}, metadata={}
    )


def _check(
    name: str,
    problem_set: ProblemSet,
    settings: GradingSettings,
    execution: Execution,
    submission: str,
    sources: Sequence[str],
    failures: Mapping[str, str],
) -> CheckResult:
    cell = problem_set.check_cells[name]
    check = problem_set.suite.checks[cell.check]
    seed = seed_for(settings.secret, submission, check.name)
    try:
        # A seed of its own: the student's side sees it, and must learn nothing about the hidden inputs.
        execution.begin_check(seed_for(settings.secret, submission, f"{check.name}/noise") % 2**31)
    except StudentError as error:
        return CheckResult(name, check.name, cell.points, show=check.show, reason=str(error))

    def call(function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return execution.call(function, args, kwargs)
        except StudentError as error:
            if function in failures and "is not defined" in str(error):
                raise StudentError(f"`{function}` is not defined: {failures[function]}") from None
            raise

    student = Student(call, source=lambda function: source_in_cells(sources, function))
    result = run_check(problem_set.suite, check, student, seed=seed, grade_id=name, points=cell.points)
    if execution.lost is not None:
        raise execution.lost
    return result


def _run(cell: NotebookNode, number: int, execution: Execution, failures: dict[str, str]) -> None:
    cell.outputs = []
    if not cell.source.strip():
        return
    try:
        run = execution.run(cell, number)
    except StudentError as error:
        cell.outputs = [new_output("stream", name="stderr", text=f"not run: {error}\n")]
        return
    cell.outputs = harmless.outputs(cell.outputs)
    if run.status != "ok":
        failures[grade_id(cell)] = f"its cell {_how(run)}"


def _shown(result: CheckResult) -> CheckResult:
    """The result without the control characters that a student's words in it may hold."""
    outcomes = tuple(replace(o, message=harmless.text(o.message)) for o in result.outcomes)
    return replace(result, reason=harmless.text(result.reason), outcomes=outcomes)


def _how(run: CellRun) -> str:
    if run.status != "error":
        return f"ended the kernel ({run.reason})"
    error = next((o for o in run.outputs if o.get("output_type") == "error"), {})
    # IPython names its cells by numbers that mean nothing to anybody.
    message = _CELL_FILE.sub("(line", str(error.get("evalue"))[:200])
    return f"stopped with {str(error.get('ename'))[:60]}: {message}"
