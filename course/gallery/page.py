"""The gallery as one page that asks nothing of the network."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from course.gallery.hall import Visit


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
    template = environment.get_template("page.html")
    return template.render(visits=visits, fast=fast, seed=seed, picture=data_uri)


def data_uri(figure: Figure) -> str:
    """A figure as a PNG inside the page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
