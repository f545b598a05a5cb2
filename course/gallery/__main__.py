"""``python -m course.gallery``: runs the exhibits with a progress bar and writes one page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

EXIT_DOES_NOT_HOLD = 4
"""Everything ran, and a figure does not keep its bound."""


def gallery(
    names: Annotated[list[str] | None, typer.Argument(help="Exhibits; by default all.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.")] = Path("build/gallery.html"),
    fast: Annotated[bool, typer.Option(help="A few seconds each: little training.")] = False,
    seed: Annotated[int, typer.Option(help="Of data and training.")] = 0,
    table: Annotated[bool, typer.Option("--table", help="Print the README's table and run nothing.")] = False,
) -> None:
    """Train every system of the decks and write one page of pictures and figures.

    Exit code 0: every figure keeps its bound. 4: one does not. 1: it could not be run.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from course.errors import CourseError
    from course.gallery.exhibit import Exhibit
    from course.gallery.hall import chosen, markdown_table, visit
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
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(found))
        started: list[Exhibit] = []

        def begin(exhibit: Exhibit) -> None:
            progress.update(task, description=exhibit.title, completed=len(started))
            started.append(exhibit)

        visits = visit(found, fast=fast, seed=seed, begin=begin)
    for one in visits:
        for measure in one.shown.measures:
            said = f"{one.exhibit.name}: {measure.what} {measure.value:.4g} {measure.unit} ({measure.bound})"
            console.print(
                f"{said}: {'holds' if measure.holds else 'DOES NOT HOLD'}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(page(visits, fast=fast, seed=seed), "utf-8")
    console.print(f"page: {output}", highlight=False, soft_wrap=True)
    if not all(one.holds for one in visits):
        raise typer.Exit(EXIT_DOES_NOT_HOLD)


if __name__ == "__main__":
    typer.run(gallery)
