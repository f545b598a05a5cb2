"""The command that looks at this machine: ``doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import EXIT_FAILED, console_of_output


def doctor(
    release: Annotated[
        Path | None,
        typer.Option(help="A released problem set: compare this environment with the graders' instead."),
    ] = None,
) -> None:
    """Say which layers of isolation this machine has, and what to do about the others.

    With --release, for students: whether this environment is the one that work is graded in. Exit code 0:
    nothing is missing, or nothing that the course uses differs.
    """
    if release is not None:
        _compare(release)
        return
    from rich.table import Table

    from autograder.sandbox.isolation import doctor as examine

    table = Table(header_style="bold")
    for column in ("layer", "state", "what it means"):
        table.add_column(column, overflow="fold")
    layers = examine()
    for layer in layers:
        table.add_row(layer.name, layer.status.value, layer.detail)
    console_of_output().print(table)
    if any(layer.status.value == "missing" for layer in layers):
        raise typer.Exit(EXIT_FAILED)


def _compare(release: Path) -> None:
    from autograder.environment import compare
    from autograder.reports.environment import to_text

    comparison = compare(release)
    console_of_output().print(to_text(comparison), markup=False, highlight=False, soft_wrap=True)
    if any(difference.direct for difference in comparison.differences):
        raise typer.Exit(EXIT_FAILED)
