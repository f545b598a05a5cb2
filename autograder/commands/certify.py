"""The command that proves a problem set: ``certify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands.common import (
    EXIT_INTERRUPTED,
    EXIT_NOT_CERTIFIED,
    RootOption,
    console_of_output,
)


def certify(
    problem_set: Annotated[str | None, typer.Argument(help="By default every one of the checkout.")] = None,
    course: RootOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for <name>.certificate.json and .html.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON: a list of certificates.")] = False,
    repetitions: Annotated[
        int, typer.Option(min=2, help="Hidden inputs that every mistake and correct route meets.")
    ] = 25,
    trials: Annotated[
        int, typer.Option(min=0, help="Statistical decisions about every route, at alpha 1e-3.")
    ] = 10_000,
) -> None:
    """Prove a problem set: the stub scores 0, every route passes, every mistake fails and is named.

    Exit code 0: certified. 4: measured, and not certified; says where. 1: it could not be measured.
    """
    from autograder.certify.certificate import Settings
    from autograder.certify.certify import certify as measure
    from autograder.problem_sets import all_problem_sets, locate
    from autograder.reports.certificate import to_terminal, write
    from autograder.reports.progress import step_progress

    found = [locate(problem_set, course)] if problem_set else all_problem_sets(course)
    console = Console(stderr=True) if json else console_of_output()
    settings = Settings(repetitions=repetitions, trials=trials)
    certificates = []
    try:
        for chosen in found:
            with step_progress(console, chosen.name) as begin:
                certificates.append(measure(chosen, settings, begin))
            if not json:
                console.print(to_terminal(certificates[-1]))
            if output is not None:
                for path in write(certificates[-1], output):
                    console.print(f"written: {path}", highlight=False, soft_wrap=True)
    except KeyboardInterrupt:
        console.print("interrupted; certificates that were finished are kept, others are not written")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if json:
        print("[" + ",\n".join(certificate.to_json() for certificate in certificates) + "]")
    if not all(certificate.certified for certificate in certificates):
        raise typer.Exit(EXIT_NOT_CERTIFIED)
