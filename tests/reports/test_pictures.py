"""Pictures: drawn from few plain numbers, with words for those who do not see them, where allowed."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from autograder.checks import (
    Answer,
    close,
    law,
    trained,
    unbiased,
    unbiased_stream,
    variance,
    variance_ratio,
)
from autograder.reports import pictures
from autograder.reports.outcomes import to_html
from autograder.results import CheckResult, Outcome, Report, Show

RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(6, 4))
VECTOR = RNG.normal(size=9)
DRAWS = RNG.normal(1.0, 2.0, size=4000)


def answer(value: Any) -> Answer:
    return Answer(lambda: value)


def wrong_outcomes() -> dict[str, Outcome]:
    off = TABLE.copy()
    off[:, 2] += 1.0
    bent = VECTOR.copy()
    bent[[1, 4]] *= 3
    curves = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.5, 2.6]}
    return {
        "error_map": close(answer(off), TABLE, terms=np.abs(TABLE)).outcome(),
        "entries": close(answer(bent), VECTOR, terms=np.abs(VECTOR)).outcome(),
        "histogram": unbiased(answer(DRAWS), draws=4000, mean=0.0, variances=[4.0, 4.0]).outcome(),
        "law": law(answer(DRAWS), "norm", draws=4000).outcome(),
        "stream": unbiased_stream(
            answer(lambda: RNG.normal(3.0)), mean=0.0, variances=[1.0, 1.0], shift=1.0
        ).outcome(),
        "variance_curve": variance(answer(DRAWS), draws=4000, mean=1.0, variance=1.0, kurtosis=3.0).outcome(),
        "ratio": variance_ratio(
            answer(DRAWS), DRAWS, draws=4000, mean=1.0, ratio=0.1, deviation_variances=[1.0, 1.0]
        ).outcome(),
        "loss_curves": trained(
            answer([0, 0]), [1, 1], metric="accuracy", bound=0.9, margin=0.0, history=answer(curves)
        ).outcome(),
    }


WRONG = wrong_outcomes()


def result(*outcomes: Outcome, show: Show = Show.FULL) -> CheckResult:
    return CheckResult("check_f", "f", 4.0, outcomes, show)


@pytest.mark.parametrize("name", WRONG)
def test_every_kind_that_fails_has_a_picture_and_words_for_it(name: str) -> None:
    picture = WRONG[name].evidence["picture"]
    png = pictures.to_png(picture)
    assert png is not None and png.startswith(b"\x89PNG")
    assert struct.unpack(">2I", png[16:24]) == (int(pictures.WIDTH * pictures.DPI), int(2.5 * pictures.DPI))
    assert len(pictures.alt_text(picture)) > 30
    assert pictures.to_png(picture) == png  # the same numbers, the same bytes


@pytest.mark.parametrize("name", WRONG)
def test_a_picture_survives_the_report(name: str) -> None:
    report = Report("ps", checks=(result(WRONG[name]),))
    text = report.to_json()
    again = Report.from_json(text).checks[0].outcomes[0].evidence["picture"]
    assert pictures.to_png(again) == pictures.to_png(WRONG[name].evidence["picture"])
    assert len(text) < 20_000


@pytest.mark.parametrize("shape", [(3000, 2000), (200_000,), (50, 40, 30)])
def test_a_picture_of_a_large_array_is_small(shape: tuple[int, ...]) -> None:
    right = RNG.normal(size=shape)
    outcome = close(answer(right + 1), right, terms=np.abs(right)).outcome()
    assert len(json.dumps(outcome.evidence["picture"])) < 20_000


def test_words_say_which_entries_are_wrong() -> None:
    assert pictures.alt_text(WRONG["error_map"].evidence["picture"]) == (
        "Map of the errors of an array of 6 by 4: 6 of 24 cells are wrong, in all rows and column 2."
    )
    assert pictures.alt_text(WRONG["entries"].evidence["picture"]) == (
        "Your numbers beside the right ones: 2 of the 9 shown are wrong, at indices 1, 4."
    )
    assert pictures.alt_text(WRONG["loss_curves"].evidence["picture"]) == (
        "Losses over 3 epochs: loss 3 to 1, val_loss 3 to 2.6."
    )


def test_an_error_map_masks_what_is_right_and_keeps_the_worst_of_neighbours() -> None:
    axes = pictures.error_map(WRONG["error_map"].evidence["picture"]["magnitude"], Figure().add_subplot())
    shown = axes.images[0].get_array()
    assert (~np.ma.getmaskarray(shown)).any(axis=0).tolist() == [False, False, True, False]
    right = np.ones((640, 480))
    one = right.copy()
    one[333, 77] = 2.0
    table = np.array(close(answer(one), right, terms=right).outcome().evidence["picture"]["magnitude"])
    assert table.shape == (32, 48) and np.argwhere(table > 0).tolist() == [[333 // 20, 77 // 10]]


def test_the_axes_and_words_of_a_map_count_the_array_s_own_rows() -> None:
    right = np.ones((8, 80, 480))
    off = right.copy()
    off[4, 13, 77] = 2.0  # row 333 of the stacked blocks
    picture = close(answer(off), right, terms=right).outcome().evidence["picture"]
    axes = pictures.error_map(picture["magnitude"], Figure().add_subplot(), shape=picture["shape"])
    assert axes.images[0].get_extent() == [-0.5, 479.5, 639.5, -0.5]
    assert axes.get_ylabel() == "row of all blocks"
    assert pictures.alt_text(picture) == (
        "Map of the errors of an array of 8 by 80 by 480: 1 of 1536 groups of neighbours are wrong,"
        " in row 320 and column 70."
    )


def test_long_training_is_drawn_by_its_epochs() -> None:
    claim = trained(
        answer([0]),
        [1],
        metric="accuracy",
        bound=0.9,
        margin=0.0,
        history=answer([1.0 / k for k in range(1, 1001)]),
    )
    picture = claim.outcome().evidence["picture"]
    axes = pictures.loss_curves(picture["curves"], Figure().add_subplot(), step=picture["step"])
    (line,) = axes.lines
    assert len(line.get_xdata()) <= 120
    assert line.get_ydata() == pytest.approx(1 / line.get_xdata(), rel=1e-3)
    assert pictures.alt_text(picture).startswith("Losses over 1000 epochs")


def test_a_histogram_counts_every_draw_and_marks_both_means() -> None:
    picture = WRONG["histogram"].evidence["picture"]
    assert sum(picture["counts"]) + picture["outside"] == 4000
    assert picture["estimate"] == pytest.approx(DRAWS.mean())
    assert picture["half_width"] == pytest.approx(4 * DRAWS.std(ddof=1) / 4000**0.5)
    axes = pictures.histogram(picture["counts"], picture["edges"], Figure().add_subplot(), mean=0.0)
    assert [line.get_xdata()[0] for line in axes.lines] == [0.0]


def test_the_measured_variance_of_averages_falls_as_theory_says() -> None:
    # Oracle: averages of N independent draws have variance 4/N; with 8 or more averages of each size a ratio
    # outside (0.1, 4) has probability below 1e-3 (chi-square with 8 degrees of freedom).
    picture = WRONG["variance_curve"].evidence["picture"]
    assert picture["sizes"][:3] == [1, 4, 16]
    ratios = np.array(picture["measured"]) * picture["sizes"] / 4.0
    assert np.all((ratios > 0.1) & (ratios < 4))
    assert picture["theory"] == pytest.approx([1 / n for n in picture["sizes"]], rel=1e-3)


@pytest.mark.parametrize(
    ("show", "images"), [(Show.FULL, 1), (Show.MESSAGE, 0), (Show.VERDICT, 0), (Show.NOTHING, 0)]
)
def test_only_a_check_that_is_shown_in_full_shows_pictures(show: Show, images: int) -> None:
    html = to_html(result(WRONG["entries"], show=show))
    assert html.count("<img ") == html.count("data:image/png;base64,") == html.count('alt="Your') == images


def test_a_check_shows_a_few_pictures_at_most_and_none_of_what_passed() -> None:
    many = [Outcome("close", False, f"{n}", evidence=WRONG["entries"].evidence) for n in range(6)]
    passed = Outcome("close", True, "right", evidence=WRONG["entries"].evidence)
    assert to_html(result(passed, *many)).count("<img ") == pictures.MAX_PICTURES
    assert "<img" not in to_html(result(passed))


@pytest.mark.parametrize("size", [1e300, 1e-300, 5e-324])
def test_numbers_at_the_ends_of_the_range_cost_at_most_the_picture(size: float) -> None:
    outcomes = [
        close(answer(VECTOR * size), VECTOR, terms=np.abs(VECTOR)).outcome(),
        close(answer(TABLE * size), TABLE, terms=np.abs(TABLE)).outcome(),
        unbiased(answer(DRAWS * size), draws=4000, mean=5.0, variances=[1.0, 1.0]).outcome(),
        variance(answer(DRAWS * size), draws=4000, mean=5.0, variance=1.0, kurtosis=3.0).outcome(),
    ]
    assert not any(outcome.passed or "cannot be judged" in outcome.message for outcome in outcomes)
    assert "not yet" in to_html(result(*outcomes))


@pytest.mark.parametrize("history", [None, 3.0, "text", {"a": "b"}, [[1], [2, 3]], [1.0], {}])
def test_whatever_stands_for_losses_decides_nothing(history: Any) -> None:
    claim = trained(answer([0]), [1], metric="accuracy", bound=0.9, margin=0.0, history=answer(history))
    outcome = claim.outcome()
    assert not outcome.passed and "picture" not in outcome.evidence
    assert (
        trained(answer([1]), [1], metric="accuracy", bound=0.9, margin=0.0, history=answer(1))
        .outcome()
        .passed
    )


def test_names_of_curves_are_text() -> None:
    axes = pictures.loss_curves({"$\\frac{": [1.0, 2.0], "_hidden": [1.0, np.nan]}, Figure().add_subplot())
    picture = {"kind": "loss_curves", "curves": {"$\\frac{": [1.0, 2.0]}, "epochs": 2, "step": 1}
    png = pictures.to_png(picture)
    assert png is not None
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["\\$\\frac{", "hidden"]


def test_what_passes_does_not_wait_for_matplotlib() -> None:
    probe = (
        "import sys, numpy as np\n"
        "from autograder.checks import Answer, close\n"
        "from autograder.reports.outcomes import to_html\n"
        "from autograder.results import CheckResult\n"
        "right = close(Answer(lambda: np.ones(4)), np.ones(4), terms=np.ones(4)).outcome()\n"
        "to_html(CheckResult('a', 'a', 1.0, (right,)))\n"
        "print('matplotlib' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
