"""The command ``grade``: its exit codes and what it says before it begins."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli import app
from autograder.errors import ConfigurationError
from autograder.grading.classroom_run import ClassRun
from autograder.grading.observer import Line, Observer
from autograder.nbgrader.classroom import Classroom
from autograder.results import CheckResult, Outcome, Report

from .conftest import NAME

DONE = Report(NAME, "abc", (CheckResult("check_f", "f", 2.0, (Outcome("close", True, "right"),)),))
NONE = Report(NAME, not_gradable="no notebook")


def grade(room: Classroom, *options: str) -> Result:
    return CliRunner().invoke(app, ["grade", NAME, "-c", str(room.directory), *options])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[ClassRun]]:
    """Has a run tell some lines, and end as it is told to; gives the runs."""

    def tell(*lines: Line, end: BaseException | None = None, idle: bool = True) -> list[ClassRun]:
        runs: list[ClassRun] = []

        def run(self: ClassRun, observer: Observer) -> None:
            runs.append(self)
            observer.began(len(lines))
            for line in lines:
                observer.line(line)
            self.idle = idle
            if end is not None:
                raise end

        monkeypatch.setattr(ClassRun, "grade", run)
        return runs

    return tell


@pytest.mark.parametrize(
    ("options", "lines", "end", "idle", "code", "words"),
    [
        ([], [Line("ada", DONE)], None, True, 0, "1 submission: 1 graded"),
        ([], [Line("ada", DONE), Line("eve", NONE)], None, True, 3, "1 to look at"),
        ([], [Line("ada", DONE)], KeyboardInterrupt(), False, 130, "the same command goes on from here"),
        (["--watch"], [Line("ada", DONE)], KeyboardInterrupt(), True, 0, "1 submission: 1 graded"),
        (["--watch"], [Line("eve", NONE)], KeyboardInterrupt(), True, 3, "1 to look at"),
        (["--watch"], [Line("ada", DONE)], KeyboardInterrupt(), False, 130, "the same command goes on"),
    ],
)
def test_exit_codes(
    room: Classroom,
    told: Callable[..., Any],
    options: list[str],
    lines: list[Line],
    end: BaseException | None,
    idle: bool,
    code: int,
    words: str,
) -> None:
    told(*lines, end=end, idle=idle)
    done = grade(room, *options)
    assert (done.exit_code, words in done.stdout) == (code, True), done.output


def test_lines_for_machines_are_alone_on_standard_output(room: Classroom, told: Callable[..., Any]) -> None:
    told(Line("ada", DONE), Line("old", DONE, cached=True))
    done = grade(room, "--json-lines")
    assert [json.loads(line)["cached"] for line in done.stdout.splitlines()] == [False, True]
    assert "2 submissions: 1 graded, 1 cached" in done.stderr


def test_a_cluster_is_what_was_named(room: Classroom, told: Callable[..., list[ClassRun]]) -> None:
    runs = told(Line("ada", DONE))
    done = grade(room, "--scheduler", "tcp://10.0.0.7:8786", "--resources", "GPU=1,SLOT=0.5")
    assert done.exit_code == 0 and "Not encrypted" in done.stderr and "tls://" in done.stderr
    cluster = runs[0].cluster
    assert cluster is not None and cluster.address == "tcp://10.0.0.7:8786"
    assert cluster.resources == {"GPU": 1.0, "SLOT": 0.5}
    for quiet in ("tls://10.0.0.7:8786", "tcp://127.0.0.1:8786", "tcp://[::1]:8786"):
        assert "Not encrypted" not in grade(room, "--scheduler", quiet).stderr


@pytest.mark.parametrize("resources", ["GPU", "GPU=", "=1", "GPU=0", "GPU=-1", "GPU=inf", "GPU=one"])
def test_wrong_resources_are_wrong_arguments(room: Classroom, resources: str) -> None:
    done = grade(room, "--scheduler", "tcp://127.0.0.1:1", "--resources", resources)
    assert done.exit_code == 2 and "NAME=NUMBER" in done.stderr


def test_resources_without_a_cluster_say_where_they_belong(room: Classroom) -> None:
    done = grade(room, "--resources", "GPU=1")
    assert isinstance(done.exception, ConfigurationError) and "--scheduler" in str(done.exception)


def test_help_names_every_exit_code(room: Classroom) -> None:
    said = " ".join(CliRunner().invoke(app, ["grade", "--help"]).stdout.split())
    for words in ("code 0: every submission has a grade", "1: the run failed", "2: wrong", "3: some", "130:"):
        assert words in said
