"""Thousands of damaged notebooks: each ends with a grade or a named reason, and no neighbour changes.

``HOSTILE_NOTEBOOKS`` says how many files are made; every one is read and repaired, and ``HOSTILE_GRADED`` of
them are graded in the sandbox as well. ``make hostile`` makes and grades 2000.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace

import nbformat
import pytest

from autograder.errors import NotebookError
from autograder.grading.repair import grade_id, repair
from autograder.grading.settings import GradingSettings
from autograder.grading.submission import grade_bytes
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.notebook import read_submission
from autograder.problem_sets import ProblemSet
from autograder.results import Report

from .mutate import mutated
from .test_attacks import SECRET, TIGHT, verdicts

NOTEBOOKS = int(os.environ.get("HOSTILE_NOTEBOOKS", "300"))
GRADED = int(os.environ.get("HOSTILE_GRADED", "40"))
SEED = int(os.environ.get("HOSTILE_SEED", "0"))
LIMITS = replace(TIGHT, cell_seconds=4.0, call_seconds=2.0)


@pytest.fixture(scope="module")
def right(problem_set: ProblemSet) -> dict:
    return json.loads(to_bytes(submission_notebook(problem_set)))


def test_the_mutator_gives_the_same_file_for_the_same_seed_and_changes_nearly_all(right: dict) -> None:
    plain = json.dumps(right).encode()
    assert mutated(right, 3) == mutated(right, 3)
    assert sum(mutated(right, seed) == plain for seed in range(100)) < 10


def test_every_damaged_file_is_repaired_into_its_release_or_has_a_reason(
    right: dict, problem_set: ProblemSet
) -> None:
    release = problem_set.release_notebook
    locked = {grade_id(c): c.source for c in release.cells if c.metadata.get("nbgrader", {}).get("locked")}
    refused = 0
    for seed in range(SEED, SEED + NOTEBOOKS):
        try:
            submitted = read_submission(mutated(right, seed))
        except NotebookError as error:
            refused += 1
            assert "could not be read" not in str(error), f"seed {seed}: no reason that says anything"
            continue
        repaired = repair(submitted, release)
        nbformat.validate(repaired.notebook)
        nbformat.writes(repaired.notebook).encode("utf-8")
        names = [grade_id(cell) for cell in repaired.notebook.cells if grade_id(cell)]
        assert len(names) == len(set(names)), f"seed {seed}"
        held = {grade_id(c): c.source for c in repaired.notebook.cells if grade_id(c) in locked}
        assert held == locked, f"seed {seed}"
    # Both ends are reached, or the mutator does too little or too much.
    assert 0.02 < refused / NOTEBOOKS < 0.8


@pytest.mark.sandbox
@pytest.mark.slow
@pytest.mark.timeout(300 + 30 * GRADED)
def test_every_damaged_file_has_a_grade_or_a_reason_and_its_neighbours_are_the_same(
    isolated: None, right: dict, problem_set: ProblemSet
) -> None:
    settings = GradingSettings(SECRET, limits=LIMITS)
    neighbour = json.dumps(right).encode()
    before = verdicts(grade_bytes(neighbour, problem_set, settings))
    graded = 0
    for seed in range(SEED, SEED + GRADED):
        data = mutated(right, seed)
        result = grade_bytes(data, problem_set, settings)
        report = result.report
        assert Report.from_json(report.to_json()) is not None, f"seed {seed}"
        nbformat.writes(result.notebook).encode("utf-8")
        if report.score is None:
            assert report.not_gradable, f"seed {seed}"
            continue
        graded += 1
        assert 0.0 <= report.score <= report.points == 7.0, f"seed {seed}"
        for check in report.checks:
            assert check.outcomes or check.reason, (
                f"seed {seed}: {check.check} has neither verdict nor reason"
            )
        assert (
            grade_bytes(data, problem_set, settings).report.score == report.score if seed % 20 == 0 else True
        )
    assert graded > GRADED / 5
    assert verdicts(grade_bytes(neighbour, problem_set, settings)) == before
