"""``python -m course.gallery``: runs the exhibits with a progress bar and writes one page."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from course.gallery.kept import Visit

EXIT_DOES_NOT_HOLD = 4
"""Everything ran, and a figure does not keep its bound."""
EXIT_INTERRUPTED = 130
"""By Ctrl-C; what was run is kept."""


def gallery(
    names: Annotated[list[str] | None, typer.Argument(help="Exhibits; by default all.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.")] = Path("build/gallery.html"),
    fast: Annotated[bool, typer.Option(help="A few seconds each: little training.")] = False,
    seed: Annotated[int, typer.Option(help="Of data and training.")] = 0,
    again: Annotated[bool, typer.Option("--again", help="Also what was run before with this code.")] = False,
    table: Annotated[bool, typer.Option("--table", help="Print the README's table and run nothing.")] = False,
) -> None:
    """Train every system of the decks and write one page of pictures and figures.

    What was run stays beside the page: the same command goes on after an interruption.

    Exit code 0: every figure keeps its bound. 4: one does not. 1: it could not be run. 130: interrupted.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Every exhibit makes models of its own: that each is traced anew is no mistake.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from course.errors import CourseError
    from course.gallery.hall import chosen, markdown_table, visits
    from course.gallery.kept import Kept
    from course.gallery.page import page

    console = Console()
    try:
        found = chosen(names or [])
    except CourseError as error:
        typer.echo(f"gallery: {error}", err=True)
        raise typer.Exit(1) from None
    if table:
        print(markdown_table(found))
        return
    kept = Kept(output.with_name(f"{output.name}.kept"), fast=fast, seed=seed, again=again)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    done: list[Visit] = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(found[0].title, total=len(found))
        try:
            with _interruption() as asked:
                for visit in visits(found, kept):
                    done.append(visit)
                    for line in _lines(visit):
                        progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
                    coming = found[len(done)].title if len(done) < len(found) else ""
                    progress.update(task, description=coming, completed=len(done))
                    if asked.is_set():
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            typer.echo(f"gallery: interrupted after {len(done)}; the same command goes on", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(page(done, fast=fast, seed=seed), "utf-8")
    console.print(f"page: {output}", highlight=False, soft_wrap=True)
    if not all(visit.holds for visit in done):
        raise typer.Exit(EXIT_DOES_NOT_HOLD)


@contextmanager
def _interruption() -> Iterator[Event]:
    """Set by Ctrl-C, whose exception may meet a callback that ignores every exception, and be lost."""
    asked = Event()

    def interrupt(*_: object) -> None:
        asked.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _lines(visit: Visit) -> list[str]:
    return [
        f"{visit.exhibit.name}: {measure.what} {measure.value:.4g} {measure.unit} ({measure.bound}): "
        f"{'holds' if measure.holds else 'DOES NOT HOLD'}{', run before' if visit.kept else ''}"
        for measure in visit.measures
    ]


if __name__ == "__main__":
    typer.run(gallery)
