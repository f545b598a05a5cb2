"""Every exhibit runs in fast mode and its figures hold; the page needs nothing but itself."""

from __future__ import annotations

import importlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from course.errors import ArgumentError
from course.gallery.baselines import unigram_cross_entropy
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.gallery.hall import Visit, chosen, exhibits, markdown_table
from course.gallery.page import page

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("exhibit", exhibits(), ids=lambda exhibit: exhibit.name)
def test_an_exhibit_proves_its_figures_in_fast_mode(exhibit: Exhibit) -> None:
    shown = exhibit.run(True, 0)
    for measure in shown.measures:
        assert measure.holds, f"{measure.what}: {measure.value} ({measure.bound})"
    for picture in shown.pictures:
        picture.figure.canvas.draw()


@pytest.mark.parametrize("exhibit", exhibits(), ids=lambda exhibit: exhibit.name)
def test_an_exhibit_says_where_it_comes_from(exhibit: Exhibit) -> None:
    importlib.import_module(exhibit.module)
    assert exhibit.slides
    assert exhibit.problem_set.startswith("ps")
    if exhibit.lecture:
        assert (ROOT / "course" / "lectures" / f"{exhibit.lecture}.py").is_file()


def test_the_readme_has_the_table_of_systems() -> None:
    # To renew it: python -m course.gallery --table
    text = (ROOT / "README.md").read_text("utf-8")
    table = text.split("<!-- gallery -->")[1].split("<!-- /gallery -->")[0].strip()
    assert table == markdown_table(exhibits())


def test_names_are_unique_and_an_unknown_one_is_refused() -> None:
    names = [exhibit.name for exhibit in exhibits()]
    assert len(set(names)) == len(names)
    assert [exhibit.name for exhibit in chosen(["vae"])] == ["vae"]
    with pytest.raises(ArgumentError, match=r"no exhibit of that name.*vae.*received autoencodre"):
        chosen(["autoencodre"])


class _Requests(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href") and value and not value.startswith(("#", "data:image/png;")):
                self.asked.append(value)
        assert tag != "script"


def test_the_page_is_whole_and_says_which_figure_does_not_hold() -> None:
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    measures = (Measure("a < b", 1.5, "≤ 2", True), Measure("c", 3.0, "≤ 2", False, "nats"))
    exhibit = Exhibit(
        "x", "X & Y", "course.models.vae", (Slide("Batra", "VAE"),), "ps07_vae", lambda f, s: None
    )
    html = page([Visit(exhibit, Shown(measures, (Picture("p", figure),)), 1.0)], fast=True, seed=3)
    requests = _Requests()
    requests.feed(html)
    assert requests.asked == []
    assert (
        "X &amp; Y" in html and "a &lt; b" in html and "does not hold" in html and "seed 3, fast mode" in html
    )


def test_an_exhibit_without_a_figure_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"at least one of each.*0 measures and 0 pictures"):
        Shown((), ())


def test_words_drawn_alone_cost_the_entropy_of_their_frequencies() -> None:
    # Two sentences of equal probability: a b end, a end. Of the expected 2.5 tokens a and end are 1 each.
    rows = np.array([[1, 4, 5, 2], [1, 4, 2, 0]])
    expected = 2.5 * stats.entropy([1.0, 0.5, 1.0])
    assert unigram_cross_entropy(rows, np.array([0.5, 0.5])) == pytest.approx(expected)
