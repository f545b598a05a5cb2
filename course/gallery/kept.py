"""What an exhibit has shown, on disk: a gallery that was interrupted goes on where it stopped."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import course
from course.gallery.exhibit import Exhibit, Measure, Shown

_LIBRARIES = ("keras", "numpy", "scikit-learn", "tensorflow", "tensorflow-probability")
_WIDE = 2.2
"""Width over height from which a picture would be too small on half a page."""


@dataclass(frozen=True)
class Drawn:
    """A picture as the page has it.

    Args:
        caption: its alternative text as well.
        png: the image, in base64.
        wide: whether it needs the page's whole width.
    """

    caption: str
    png: str
    wide: bool = False


@dataclass(frozen=True)
class Visit:
    """An exhibit that was run.

    Args:
        exhibit: which.
        measures: its figures.
        pictures: drawn.
        seconds: wall time of the run.
        kept: whether it was run before and is shown again.
    """

    exhibit: Exhibit
    measures: tuple[Measure, ...]
    pictures: tuple[Drawn, ...]
    seconds: float
    kept: bool = False

    @property
    def holds(self) -> bool:
        """Whether every measure keeps its bound."""
        return all(measure.holds for measure in self.measures)


def drawn(exhibit: Exhibit, shown: Shown, seconds: float) -> Visit:
    """Draws the pictures of a run."""
    pictures = []
    for picture in shown.pictures:
        buffer = io.BytesIO()
        picture.figure.savefig(buffer, format="png", dpi=110)
        width, height = picture.figure.get_size_inches()
        png = base64.b64encode(buffer.getvalue()).decode("ascii")
        pictures.append(Drawn(picture.caption, png, bool(width > _WIDE * height)))
    return Visit(exhibit, shown.measures, tuple(pictures), seconds)


class Kept:
    """Visits in a folder, one file each; those of other code, another seed or mode do not count.

    Args:
        folder: made when something is put there.
        fast: a few seconds each instead of up to a minute.
        seed: of data and training.
        again: take nothing from the folder.
    """

    def __init__(self, folder: Path, *, fast: bool, seed: int, again: bool = False) -> None:
        self.folder, self.fast, self.seed, self._again = folder, fast, seed, again
        libraries = {name: metadata.version(name) for name in _LIBRARIES}
        self._identity = {"code": _code(), "libraries": libraries, "fast": fast, "seed": seed}

    def get(self, exhibit: Exhibit) -> Visit | None:
        """The visit, if there was one."""
        if self._again:
            return None
        try:
            found: dict[str, Any] = json.loads(self._file(exhibit).read_text("utf-8"))
        except (OSError, ValueError):
            return None  # never run, or half written by somebody else
        if found.pop("of", None) != self._identity:
            return None
        return Visit(
            exhibit,
            tuple(Measure(**measure) for measure in found["measures"]),
            tuple(Drawn(**picture) for picture in found["pictures"]),
            found["seconds"],
            kept=True,
        )

    def put(self, visit: Visit) -> None:
        """Keeps it, in one step."""
        values = {
            "of": self._identity,
            "seconds": visit.seconds,
            "measures": [asdict(measure) for measure in visit.measures],
            "pictures": [asdict(picture) for picture in visit.pictures],
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        half = self._file(visit.exhibit).with_suffix(".part")
        # NumPy's numbers are not JSON's.
        half.write_text(json.dumps(values, default=lambda number: number.item()), "utf-8")
        os.replace(half, self._file(visit.exhibit))

    def _file(self, exhibit: Exhibit) -> Path:
        return self.folder / f"{exhibit.name}.json"


def _code() -> str:
    """SHA-256 of this library's sources."""
    root = Path(course.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
