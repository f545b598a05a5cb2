"""The command line: which commands there are; each lies in a file of ``autograder/commands``."""

from __future__ import annotations

import os
import sys

import typer

from autograder import light_imports
from autograder.commands.certify import certify
from autograder.commands.classroom import init, release
from autograder.commands.common import EXIT_FAILED
from autograder.commands.doctor import doctor
from autograder.commands.export import export
from autograder.commands.extend import extend
from autograder.commands.grade import demo, grade
from autograder.commands.mark import mark
from autograder.commands.pages import feedback, report
from autograder.errors import AutograderError

app = typer.Typer(
    help="Grade deep-learning notebooks: from numbers, in a sandbox, with the mistake named.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (init, release, grade, extend, feedback, report, export, mark, certify, demo, doctor):
    app.command()(_command)


def main() -> None:
    """Runs a command; an error of ours is one line on standard error and exit code 1."""
    light_imports.without_grammars()
    # The trusted side computes on the CPU, and TensorFlow's greetings are no part of our output.
    os.environ.update(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3")
    try:
        app()
    except AutograderError as error:
        print(f"autograder: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(EXIT_FAILED) from None
