"""The lecture of ps01 runs, labels its axes, and has every section that a hint sends students to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jupytext
import pytest

from autograder.problem_sets import locate

ROOT = Path(__file__).resolve().parents[2]
LECTURE = ROOT / "course" / "lectures" / "ps01_backprop.py"
suite = locate("ps01_backprop", ROOT).suite


@pytest.mark.slow
def test_lecture_runs_labels_its_axes_and_shows_the_slides_sign(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import matplotlib.pyplot as plt

    labels: list[tuple[str, str]] = []

    def show() -> None:
        labels.extend((axes.get_xlabel(), axes.get_ylabel()) for axes in plt.gcf().axes)
        plt.close("all")

    monkeypatch.setattr(plt, "show", show)
    namespace: dict[str, Any] = {}
    for cell in jupytext.read(LECTURE).cells:
        if cell.cell_type == "code":
            exec(cell.source, namespace)
    assert labels and all(y for _, y in labels)
    # Colour bars have no x axis.
    assert sum(not x for x, _ in labels) == 1
    numbers = dict(re.findall(r"^(measured|slide|gradient).*?([+-]\d\.\d+)$", capsys.readouterr().out, re.M))
    assert numbers["measured"] == numbers["gradient"] == numbers["slide"].replace("-", "+")


def test_every_mistake_points_to_a_section_of_the_lecture() -> None:
    sections = set(re.findall(r"^# ## (.+)$", LECTURE.read_text("utf-8"), re.M))
    cited = {mistake.lecture.removeprefix("ps01 lecture, ") for mistake in suite.mistakes}
    assert cited <= sections


def test_lecture_gives_no_solution_away() -> None:
    from autograder.percent import Kind

    text = LECTURE.read_text("utf-8")
    for cell in locate("ps01_backprop", ROOT).notebook.of(Kind.SOLUTION):
        assert f"def {cell.grade_id}(" not in text
