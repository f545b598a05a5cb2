"""What one submission of endless output costs the process that grades it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.grading.settings import GradingSettings
from autograder.grading.submission import Graded, grade_bytes
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.problem_sets import ProblemSet
from autograder.sandbox.limits import Limits

from .attack import attacks
from .conftest import fresh_word

pytestmark = pytest.mark.sandbox

MOST = 100e6
FLOODS = {
    "endless_output": "a cell printed or displayed more than 1,000,000 bytes",
    "one_huge_print": "longer than|a cell printed or displayed more than|abort|found no memory",
    "output_in_large_pieces": "a cell printed or displayed more than 1,000,000 bytes|longer than",
}


def memory(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) << 10


@pytest.fixture(scope="module")
def graded_once(isolated: None, problem_set: ProblemSet) -> Iterator[Graded]:
    """Libraries and the zygote are there before anything is measured."""
    data = to_bytes(submission_notebook(problem_set))
    yield grade_bytes(data, problem_set, GradingSettings(bytes(32)))


@pytest.mark.parametrize("name", FLOODS)
def test_endless_output_costs_the_grader_less_than_a_hundred_megabytes_and_ends_at_its_limit(
    graded_once: Graded, problem_set: ProblemSet, name: str
) -> None:
    (attack,) = [attack for attack in attacks() if attack.name == name]
    ran = fresh_word("ran")
    data = attack.build(problem_set, {"RAN": repr(ran), "FLAG": repr("flag")})
    # The limits of everybody, not the suite's.
    settings = GradingSettings(bytes(32), limits=Limits())
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
    graded = grade_bytes(data, problem_set, settings)
    assert memory("VmHWM") - before < MOST
    (note,) = graded.report.notes
    assert re.search(FLOODS[name], note)
    # It ended at its limit of output, long before those of time.
    assert graded.report.seconds < settings.limits.cell_seconds
    assert len(str(graded.notebook)) < 3_000_000
