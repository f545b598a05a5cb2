"""The command that grades one notebook: ``mark``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import (
    EXIT_SOME_UNGRADED,
    RootOption,
    console_of_output,
    isolation_named,
    warn_without_sandbox,
)


def mark(
    notebook: Annotated[Path, typer.Argument(help="A student's .ipynb file.")],
    problem_set: Annotated[str, typer.Option("--problem-set", "-p", help="What it is a submission to.")],
    course: RootOption = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON (report.schema.json).")
    ] = False,
    sandbox: Annotated[
        str, typer.Option(help="'bubblewrap', or 'none' for work that you trust.")
    ] = "bubblewrap",
) -> None:
    """Grade one notebook; no classroom and no gradebook.

    Constants that differ by student have the author's own values here: a classroom knows whose are whose.
    """
    from autograder.grading.settings import GradingSettings
    from autograder.marking import mark as grade_one
    from autograder.reports.tables import remarks, report_table

    settings = GradingSettings.fresh(isolation_named(sandbox))
    warn_without_sandbox(settings.isolation)
    report = grade_one(notebook, problem_set, root=course, settings=settings)
    if json:
        print(report.to_json(indent=2))
    else:
        console = console_of_output()
        console.print(report_table(report))
        console.print(
            remarks(report) if report.not_gradable else f"score: {report.score:g} of {report.points:g}"
        )
    if report.not_gradable:
        raise typer.Exit(EXIT_SOME_UNGRADED)
