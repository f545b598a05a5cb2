"""The author's guide, followed to the letter: its files make a problem set that keeps every promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder import mark
from autograder.certify.certificate import Settings
from autograder.certify.certify import certify
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.problem_sets import ProblemSet, locate

GUIDE = Path(__file__).parents[2] / "assignments" / "README.md"
NAME = "ps11_log_sum_exp"
FILE = re.compile(r"^`(?P<path>\S+\.py)`\n\n```python\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def problem_set(tmp_path_factory: pytest.TempPathFactory) -> ProblemSet:
    root = tmp_path_factory.mktemp("course")
    for match in FILE.finditer(GUIDE.read_text("utf-8")):
        path = root / match["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(match["text"], "utf-8")
    return locate(NAME, root)


def test_the_guide_makes_a_set_that_is_certified(problem_set: ProblemSet) -> None:
    certificate = certify(problem_set, Settings(repetitions=20, trials=100))
    assert certificate.certified, certificate.problems
    # The guide says how many it has.
    assert "eleven mistakes" in GUIDE.read_text("utf-8") and len(problem_set.suite.mistakes) == 11


@pytest.mark.sandbox
@pytest.mark.slow
def test_its_perfect_and_its_empty_notebook_are_graded(problem_set: ProblemSet, tmp_path: Path) -> None:
    scores = []
    for number, replace in enumerate(({}, {"log_sum_exp": None})):
        path = tmp_path / f"{number}.ipynb"
        path.write_bytes(to_bytes(submission_notebook(problem_set, replace)))
        scores.append(mark(path, NAME, root=problem_set.root).score)
    assert scores == [4.0, 0.0]
