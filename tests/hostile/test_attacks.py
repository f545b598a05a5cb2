"""Every hostile submission gains nothing, reads nothing, changes nothing and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder.grading.settings import GradingSettings
from autograder.grading.submission import Graded, grade_bytes
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.problem_sets import ProblemSet
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.limits import Limits

from .attack import MOST_SECONDS, Attack, attacks
from .conftest import Range, bury, descendants, fresh_word, processes_with

pytestmark = pytest.mark.sandbox

_MIB = 1 << 20
TIGHT = Limits(
    cell_seconds=6.0,
    call_seconds=3.0,
    notebook_seconds=MOST_SECONDS,
    memory_bytes=1024 * _MIB,
    total_memory_bytes=1024 * _MIB,
    processes=96,
    file_bytes=8 * _MIB,
    disk_bytes=16 * _MIB,
    output_bytes=200_000,
    notebook_output_bytes=1_000_000,
)
SECRET = bytes(range(32))
ATTACKS = attacks()
SLOW = ("tensorflow",)
"""Families whose kernels load TensorFlow."""


ISOLATIONS = [Isolation.BUBBLEWRAP]
if os.environ.get("HOSTILE_ISOLATIONS") == "all":
    ISOLATIONS.append(Isolation.BUBBLEWRAP_COLD)


def settings(attack: Attack, isolation: Isolation) -> GradingSettings:
    limits = {k: int(v) if isinstance(getattr(TIGHT, k), int) else v for k, v in attack.limits.items()}
    return GradingSettings(SECRET, isolation, replace(TIGHT, **limits))


def verdicts(graded: Graded) -> list[object]:
    """What a student gets, without the times."""
    report = graded.report.to_dict()
    return [
        report["score"],
        report["notes"],
        [{k: v for k, v in check.items() if k != "seconds"} for check in report["checks"]],
        [(cell.source, cell.get("outputs")) for cell in graded.notebook.cells],
    ]


@pytest.fixture(scope="module", params=ISOLATIONS, ids=str)
def isolation(request: pytest.FixtureRequest) -> Isolation:
    kind: Isolation = request.param
    return kind


@pytest.fixture(scope="module")
def honest(
    isolated: None, isolation: Isolation, firing_range: Range, problem_set: ProblemSet
) -> Iterator[Graded]:
    """An honest submission, graded before all attacks and again after them."""
    data = to_bytes(submission_notebook(problem_set))
    settings = GradingSettings(SECRET, isolation, TIGHT)
    before = grade_bytes(data, problem_set, settings)
    assert before.report.score == before.report.points
    yield before
    assert verdicts(grade_bytes(data, problem_set, settings)) == verdicts(before)


def shown(graded: Graded) -> str:
    """All that came out: the report, and outputs and notes of the notebook, without the student's sources."""
    outputs = [cell.get("outputs", []) for cell in graded.notebook.cells]
    return graded.report.to_json() + json.dumps(outputs)


def names(target: Range, marker: str = "") -> tuple[dict[str, str], str, str]:
    ran, flag = fresh_word("ran"), fresh_word("flag")
    return target.names(ran, flag, marker), ran, flag


@pytest.mark.parametrize(
    "attack",
    [pytest.param(a, marks=[pytest.mark.slow] if a.family in SLOW else []) for a in ATTACKS],
    ids=map(str, ATTACKS),
)
def test_a_hostile_submission(
    attack: Attack, honest: Graded, isolation: Isolation, firing_range: Range, problem_set: ProblemSet
) -> None:
    marker = f"12345.{uuid.uuid4().int % 10**12}"
    values, ran, flag = names(firing_range, marker)
    data = attack.build(problem_set, values)
    planted, running = firing_range.state(), descendants()
    for _ in range(2 if attack.twice else 1):
        graded = grade_bytes(data, problem_set, settings(attack, isolation))
        out = shown(graded)
        # Gained: nothing beyond its honest part.
        assert graded.report.score == attack.score, graded.report
        # It did what it is here for, so that what follows means something.
        assert not attack.ran or ran in out, out
        assert re.search(attack.sees, out), f"{attack.sees!r} is not in {out}"
        # Read: nothing.
        assert flag not in out, out
        assert not [canary for canary in firing_range.canaries if canary in out]
        assert SECRET.hex() not in out
        # The report and the notebook are well formed, whatever was in them.
        nbformat.validate(graded.notebook)
        nbformat.writes(graded.notebook).encode("utf-8")
        type(graded.report).from_json(graded.report.to_json())
    # Changed: nothing outside.
    assert firing_range.state() == planted
    # Survivors: none.
    assert processes_with(marker) == []
    assert remaining(running) == set()
    bury()
    # Ended: within what the limits allow, start of kernels included.
    assert graded.report.seconds < MOST_SECONDS + 7 * TIGHT.start_seconds


def remaining(before: set[int]) -> set[int]:
    """Processes that a grading left behind; the system takes a moment to bury the dead."""
    deadline = time.monotonic() + 5
    while (left := descendants() - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def test_there_are_attacks_of_every_family_and_each_says_what_it_tries() -> None:
    families = Counter(attack.family for attack in ATTACKS)
    assert set(families) == {
        *("feedback", "file", "grading", "persistence", "reading", "resources", "tensorflow"),
    }
    assert sum(families.values()) >= 60
    assert all(attack.tries.endswith(".") for attack in ATTACKS)


def test_every_file_of_the_folder_is_an_attack() -> None:
    folder = Path(__file__).parent / "submissions"
    files = {p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert len(files) == len(ATTACKS)
