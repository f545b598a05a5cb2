"""Every problem set as a notebook in the sandbox: worked it has every point, empty it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.grading.settings import GradingSettings
from autograder.grading.submission import Graded, grade_bytes
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.percent import Kind
from autograder.problem_sets import ProblemSet, all_problem_sets
from autograder.sandbox.isolation import Isolation

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(900)]

SETS = {found.name: found for found in all_problem_sets(Path(__file__).parents[2])}


def grade(problem_set: ProblemSet, *, worked: bool) -> Graded:
    functions = [cell.grade_id for cell in problem_set.notebook.of(Kind.SOLUTION)]
    replace = {} if worked else dict.fromkeys(functions)
    data = to_bytes(submission_notebook(problem_set, replace))
    return grade_bytes(data, problem_set, GradingSettings.fresh(Isolation.BUBBLEWRAP))


@pytest.mark.parametrize("name", SETS)
def test_worked_notebooks_run_from_end_to_end_and_have_every_point(name: str) -> None:
    graded = grade(SETS[name], worked=True)
    points = sum(cell.points for cell in SETS[name].check_cells.values())
    assert graded.report.score == graded.report.points == points
    assert graded.report.notes == ()
    errors = [
        f"{cell.source[:60]!r}: {output.ename}: {output.evalue}"
        for cell in graded.notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
    ]
    assert errors == []


@pytest.mark.parametrize("name", SETS)
def test_empty_notebooks_have_no_point(name: str) -> None:
    assert grade(SETS[name], worked=False).report.score == 0.0
