"""The class page: one static file that a browser shows without asking anybody for anything."""

from __future__ import annotations

from autograder.reports.class_figures import BINS, ClassFigures
from autograder.reports.templating import render

HARD = 0.4
"""Mean share of the points below which a check is marked as hard."""
TELLS_LITTLE = 0.1
"""Discrimination below which a check is marked: who does well elsewhere does no better here."""


def class_page(figures: ClassFigures) -> str:
    """The page as HTML: inline style and picture, no script, everything escaped."""
    return render(
        "class.html",
        figures=figures,
        columns=_columns(figures),
        hard=HARD,
        tells_little=TELLS_LITTLE,
    )


def _columns(figures: ClassFigures) -> list[tuple[str, int, float]]:
    """Label, count and relative height of each column of the histogram."""
    highest = max((*figures.histogram, 1))
    edges = [figures.points * k / BINS for k in range(BINS + 1)]
    return [
        (f"{edges[k]:g} to {edges[k + 1]:g}", count, count / highest)
        for k, count in enumerate(figures.histogram)
    ]
