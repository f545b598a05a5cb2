"""The gallery as one page that asks nothing of the network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from course.gallery.kept import Visit


def page(visits: Sequence[Visit], *, fast: bool, seed: int) -> str:
    """HTML of the gallery: a table of decks and figures, then each exhibit with its pictures.

    Args:
        visits: what was run.
        fast: whether in fast mode, which the page says.
        seed: which the page says.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html").render(visits=visits, fast=fast, seed=seed)
