"""The lecture of ps07 runs in fast mode, labels its axes, and has every section that a hint points to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jupytext
import pytest

from autograder.percent import Kind
from autograder.problem_sets import locate

ROOT = Path(__file__).resolve().parents[2]
LECTURE = ROOT / "course" / "lectures" / "ps07_vae.py"


@pytest.mark.slow
def test_lecture_runs_labels_its_axes_and_shows_the_slides_extra_q(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import matplotlib.pyplot as plt

    labels: list[tuple[str, str]] = []

    def show() -> None:
        labels.extend((axes.get_xlabel(), axes.get_ylabel()) for axes in plt.gcf().axes)
        plt.close("all")

    monkeypatch.setattr(plt, "show", show)
    monkeypatch.setenv("EXPECTED_GRADIENT_FAST", "1")
    namespace: dict[str, Any] = {}
    for cell in jupytext.read(LECTURE).cells:
        if cell.cell_type == "code":
            exec(cell.source, namespace)
    assert labels and all(x and y for x, y in labels)
    text = capsys.readouterr().out
    (evidence,) = re.findall(r"^log p\(x\) +(\S+)$", text, re.M)
    (right,) = re.findall(r"^data term .* (\S+)$", text, re.M)
    (slide,) = re.findall(r"^with the slide's .* (\S+)$", text, re.M)
    assert evidence == right != slide


def test_every_mistake_points_to_a_section_of_the_lecture() -> None:
    sections = set(re.findall(r"^# ## (.+)$", LECTURE.read_text("utf-8"), re.M))
    suite = locate("ps07_vae", ROOT).suite
    assert {mistake.lecture.removeprefix("ps07 lecture, ") for mistake in suite.mistakes} <= sections


def test_lecture_gives_no_solution_away() -> None:
    text = LECTURE.read_text("utf-8")
    for cell in locate("ps07_vae", ROOT).notebook.of(Kind.SOLUTION):
        assert f"def {cell.grade_id}(" not in text
