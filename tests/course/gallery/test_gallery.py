"""Every exhibit runs in fast mode and its figures hold; the page needs nothing but itself."""

from __future__ import annotations

import contextlib
import importlib
import signal
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import typer
from matplotlib.figure import Figure
from scipy import stats
from typer.testing import CliRunner

from course.errors import ArgumentError
from course.gallery import hall, kept
from course.gallery.__main__ import EXIT_DOES_NOT_HOLD, EXIT_INTERRUPTED, gallery
from course.gallery.baselines import unigram_cross_entropy
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.gallery.hall import chosen, exhibits, markdown_table, visits
from course.gallery.kept import Kept, drawn
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
    html = page([drawn(exhibit, Shown(measures, (Picture("p", figure),)), 1.0)], fast=True, seed=3)
    requests = _Requests()
    requests.feed(html)
    assert requests.asked == []
    assert (
        "course.<wbr>models.<wbr>vae" in html
        and "X &amp; Y" in html
        and "a &lt; b" in html
        and "does not hold" in html
        and "seed 3, fast mode" in html
    )


def test_what_was_run_is_kept_until_code_seed_or_mode_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []

    def run(fast: bool, seed: int) -> Shown:
        runs.append((fast, seed))
        if len(runs) == 2:
            raise KeyboardInterrupt
        figure = Figure(figsize=(1, 1))
        measure = Measure("m", np.float32(1.5), "≤ 2", np.bool_(True), "nats")  # as exhibits give them
        return Shown((measure,), (Picture("ü", figure),))

    slides = (Slide("Batra", "VAE"),)
    pair = [Exhibit(name, name, "course.models.vae", slides, "ps07_vae", run) for name in ("a", "b")]

    def visit(fast: bool = True, seed: int = 3) -> list[kept.Visit]:
        return list(visits(pair, Kept(tmp_path / "x.kept", fast=fast, seed=seed)))

    with pytest.raises(KeyboardInterrupt):
        visit()
    first, second = visit()
    assert (first.kept, second.kept) == (True, False) and len(runs) == 3
    assert first.measures[0] == Measure("m", 1.5, "≤ 2", True, "nats")
    assert first.pictures == second.pictures and first.pictures[0].caption == "ü"
    visit(seed=4)
    visit(seed=4, fast=False)
    assert len(runs) == 7
    (tmp_path / "x.kept" / "a.json").write_text("{")
    visit(seed=4, fast=False)
    monkeypatch.setattr(kept, "_code", lambda: "other")
    visit(seed=4, fast=False)
    assert len(runs) == 10


def test_the_command_goes_on_after_an_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(fast: bool, seed: int) -> Shown:
        asked.append((fast, seed))
        if len(asked) == 1:
            with contextlib.suppress(KeyboardInterrupt):  # as a callback of weakref does
                signal.raise_signal(signal.SIGINT)
        return Shown((Measure("m", 3.0, "≤ 2", False),), (Picture("p", Figure(figsize=(1, 1))),))

    slides = (Slide("Batra", "VAE"),)
    pair = [Exhibit(name, name, "course.models.vae", slides, "ps07_vae", run) for name in ("a", "b")]
    monkeypatch.setattr(hall, "exhibits", lambda: pair)
    app, output = typer.Typer(), tmp_path / "page.html"
    app.command()(gallery)

    def gives(*more: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["--fast", "--seed", "5", "--output", str(output), *more])
        return result.exit_code, result.output

    status, said = gives()
    assert status == EXIT_INTERRUPTED and "interrupted after 1; the same command goes on" in said
    assert not output.exists()
    status, said = gives()
    assert status == EXIT_DOES_NOT_HOLD and output.exists() and asked == [(True, 5)] * 2
    assert "a: m 3  (≤ 2): DOES NOT HOLD, run before" in said and "b: m 3  (≤ 2): DOES NOT HOLD\n" in said
    gives("b", "--again")
    assert len(asked) == 3
    assert "a: m 3  (≤ 2): DOES NOT HOLD, run before" in gives()[1] and len(asked) == 3


def test_an_exhibit_without_a_figure_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"at least one of each.*0 measures and 0 pictures"):
        Shown((), ())


def test_words_drawn_alone_cost_the_entropy_of_their_frequencies() -> None:
    # Two sentences of equal probability: a b end, a end. Of the expected 2.5 tokens a and end are 1 each.
    rows = np.array([[1, 4, 5, 2], [1, 4, 2, 0]])
    expected = 2.5 * stats.entropy([1.0, 0.5, 1.0])
    assert unigram_cross_entropy(rows, np.array([0.5, 0.5])) == pytest.approx(expected)
