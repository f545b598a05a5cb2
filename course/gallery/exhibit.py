"""What one row of the gallery is, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from course.errors import ArgumentError


@dataclass(frozen=True)
class Measure:
    """One measured figure with the bound that proves something.

    Args:
        what: what was measured, for example ``"held-out accuracy"``.
        value: the figure.
        bound: in words, with where it comes from, for example ``"≥ 0.95"`` or ``"exact: 1.386 nats"``.
        holds: whether the value keeps the bound.
        unit: of the value; empty for a pure number.
    """

    what: str
    value: float
    bound: str
    holds: bool
    unit: str = ""


@dataclass(frozen=True)
class Picture:
    """A figure with its caption.

    Args:
        caption: one sentence: what to look at. It is the picture's alternative text as well.
        figure: drawn with :mod:`course.plotting`, made by ``matplotlib.figure.Figure``: pyplot would keep
            it.
    """

    caption: str
    figure: Figure


@dataclass(frozen=True)
class Shown:
    """The result of a run.

    Args:
        measures: at least one.
        pictures: at least one.
    """

    measures: tuple[Measure, ...]
    pictures: tuple[Picture, ...]

    def __post_init__(self) -> None:
        if not self.measures or not self.pictures:
            raise ArgumentError(
                "an exhibit shows a figure and a picture",
                expected="at least one of each",
                received=f"{len(self.measures)} measures and {len(self.pictures)} pictures",
            )


@dataclass(frozen=True)
class Slide:
    """Where a deck speaks of the exhibit.

    Args:
        deck: ``"Damianou"``, ``"Ivanov"``, ``"Batra"`` or ``"Aziz"``.
        title: the slide's.
    """

    deck: str
    title: str


@dataclass(frozen=True)
class Exhibit:
    """One row of the gallery.

    Args:
        name: of its file in :mod:`course.gallery.rows`.
        title: a few words.
        module: the dotted name of what is shown, for example ``"course.models.vae"``.
        slides: where the decks speak of it.
        problem_set: for example ``"ps07_vae"``.
        run: trains and measures; takes ``fast`` (a few seconds, for tests) and ``seed``.
        lecture: name of the notebook in ``course/lectures``; empty when none shows it yet.
    """

    name: str
    title: str
    module: str
    slides: tuple[Slide, ...]
    problem_set: str
    run: Callable[[bool, int], Shown]
    lecture: str = ""
