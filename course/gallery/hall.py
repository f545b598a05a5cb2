"""All exhibits, and running them one after the other."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Iterable, Iterator

from course.errors import ArgumentError
from course.gallery import rows
from course.gallery.exhibit import Exhibit
from course.gallery.kept import Kept, Visit, drawn


def exhibits() -> list[Exhibit]:
    """Every exhibit, in the order of the problem sets."""
    found = [
        importlib.import_module(f"{rows.__name__}.{module.name}").EXHIBIT
        for module in pkgutil.iter_modules(rows.__path__)
    ]
    return sorted(found, key=lambda exhibit: (exhibit.problem_set, exhibit.name))


def chosen(names: Iterable[str]) -> list[Exhibit]:
    """The exhibits of some names; without names, all.

    Raises:
        ArgumentError: there is no exhibit of a name.
    """
    known = {exhibit.name: exhibit for exhibit in exhibits()}
    wanted = list(names)
    for name in wanted:
        if name not in known:
            raise ArgumentError(
                "there is no exhibit of that name", expected=f"one of {', '.join(known)}", received=name
            )
    return [known[name] for name in wanted] or list(known.values())


def visits(found: Iterable[Exhibit], kept: Kept) -> Iterator[Visit]:
    """Runs exhibits one after the other, but those that were run before.

    Args:
        found: which.
        kept: where they are kept, and how they are run.
    """
    for exhibit in found:
        visit = kept.get(exhibit)
        if visit is None:
            started = time.perf_counter()
            shown = exhibit.run(kept.fast, kept.seed)
            visit = drawn(exhibit, shown, time.perf_counter() - started)
            kept.put(visit)
        yield visit


def markdown_table(found: Iterable[Exhibit]) -> str:
    """Where each system is: a row an exhibit, with its slides, module, lecture and problem set.

    Args:
        found: which.
    """
    lines = ["| system | deck: slide | module | lecture | problem set |", "|---|---|---|---|---|"]
    for exhibit in found:
        slides = "; ".join(f"{slide.deck}: {slide.title}" for slide in exhibit.slides)
        lecture = exhibit.lecture or "–"
        lines.append(
            f"| {exhibit.title} | {slides} | `{exhibit.module}` | {lecture} | {exhibit.problem_set} |"
        )
    return "\n".join(lines)
