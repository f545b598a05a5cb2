"""What the commands share: exit codes, options, and the ways to a console, a classroom and a problem set."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from autograder.grading.plain import PlainAssignment
    from autograder.nbgrader.classroom import Classroom
    from autograder.problem_sets import ProblemSet
    from autograder.sandbox.isolation import Isolation

EXIT_FAILED = 1
"""The command could not be carried out; nothing was lost."""

EXIT_SOME_UNGRADED = 3
"""The run succeeded, but some submissions have a reason in place of a grade."""

EXIT_NOT_CERTIFIED = 4
"""The measurement succeeded, and a problem set does not keep what it promises."""

EXIT_INTERRUPTED = 130
"""Stopped by Ctrl-C; the journal has what was graded."""

ProblemSetArgument = Annotated[str, typer.Argument(help="For example ps05_estimators.")]
ClassroomOption = Annotated[Path, typer.Option("--classroom", "-c", help="The classroom's folder.")]
RootOption = Annotated[
    Path | None,
    typer.Option("--course", help="The checkout with assignments/ and solutions/; found if not given."),
]
WorkersOption = Annotated[int, typer.Option("--workers", "-w", min=1, help="Processes that grade.")]


def console_of_output() -> Console:
    """The console of standard output."""
    # Colours and bars switch off by themselves when the output is not a terminal; then lines may be long.
    return Console(width=None if sys.stdout.isatty() else 160)


def open_classroom(directory: Path) -> Classroom:
    """Opens a classroom; see :meth:`autograder.nbgrader.classroom.Classroom.open`."""
    from autograder.nbgrader.classroom import Classroom

    return Classroom.open(directory)


def find_problem_set(name: str, root: Path | None) -> ProblemSet:
    """The problem set of a checkout; see :func:`autograder.problem_sets.locate`."""
    from autograder.problem_sets import locate

    return locate(name, root)


def find_assignment(classroom: Classroom, name: str) -> ProblemSet | PlainAssignment:
    """What a name means in a classroom; see :func:`autograder.nbgrader.assignments.find`."""
    from autograder.nbgrader.assignments import find

    return find(classroom, name)


def isolation_named(name: str) -> Isolation:
    """The isolation of a name.

    Raises:
        ConfigurationError: there is none of that name.
    """
    from autograder.errors import ConfigurationError
    from autograder.sandbox.isolation import Isolation

    # A kernel as another user is for containers of one submission, which no person types commands in.
    known = {each.value: each for each in Isolation if each is not Isolation.OTHER_USER}
    if name not in known:
        raise ConfigurationError("unknown sandbox", expected=" or ".join(known), received=repr(name))
    return known[name]


def warn_without_sandbox(isolation: Isolation) -> None:
    """Says on standard error, where it is so, that nothing keeps the student's code apart."""
    if isolation.value == "none":
        Console(stderr=True).print(
            "[bold red]NO SANDBOX:[/] the notebook runs as you, with your files and your network."
            " Only for work that you trust."
        )
