"""The lecture of ps05 runs, labels its axes, and has every section that a hint sends students to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jupytext
import pytest

from autograder.percent import Kind
from autograder.problem_sets import locate

ROOT = Path(__file__).resolve().parents[2]
LECTURE = ROOT / "course" / "lectures" / "ps05_estimators.py"
problem_set = locate("ps05_estimators", ROOT)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning")
def test_lecture_runs_labels_its_axes_and_prints_what_it_says(
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
    assert labels and all(x and y for x, y in labels)
    printed = capsys.readouterr().out
    # Noise that is seeded inside shows as no spread at all.
    assert re.search(r"^seeded inside +spread of the averages 0\.000$", printed, re.M)
    # 1e5 draws of a fixed seed: the gradient is 4 ± 9.33/√1e5 = 0.03 when both are held, and a constant in
    # log p moves it by 3·2θ = 12 when f is left open.
    found = {
        name.strip(): float(g) for name, g in re.findall(r"^(.+?) +gradient +([+-][\d.]+),", printed, re.M)
    }
    assert found["both held"] == pytest.approx(4.0, abs=0.2)
    assert found["both held, log p + 3"] == found["both held"]
    assert found["f left open, log p + 3"] - found["f left open"] == pytest.approx(12.0, abs=0.2)
    assert found["z in log p left open"] == 0


def test_every_mistake_points_to_a_section_of_the_lecture() -> None:
    sections = set(re.findall(r"^# ## (.+)$", LECTURE.read_text("utf-8"), re.M))
    cited = {mistake.lecture.removeprefix("ps05 lecture, ") for mistake in problem_set.suite.mistakes}
    assert cited <= sections
    assert sections - cited == {"Sources"}


def test_lecture_gives_no_solution_away() -> None:
    text = LECTURE.read_text("utf-8")
    for cell in problem_set.notebook.of(Kind.SOLUTION):
        assert f"def {cell.grade_id}(" not in text
