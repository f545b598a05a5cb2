"""The command line: one line for what is wrong, an exit code for scripts, JSON that follows its schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import nbformat
import pytest

import autograder
from autograder.environment import LOCK, release_lock
from autograder.errors import ConfigurationError
from autograder.nbgrader.build import submission_notebook
from autograder.problem_sets import locate
from autograder.results import Report, schema

ROOT = Path(__file__).parents[1]
NAME = "ps05_estimators"


def run(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "autograder"), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def perfect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("work") / "any name.ipynb"
    nbformat.write(submission_notebook(locate(NAME, ROOT)), path)
    return path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grade", NAME, "-c", "{tmp}"], ["this is not a classroom", "autograder init"]),
        (["release", NAME, "-c", "{tmp}"], ["this is not a classroom"]),
        (["mark", "{tmp}/none.ipynb", "-p", NAME], ["readable file", "No such file"]),
        (["mark", "{tmp}", "-p", NAME], ["regular file"]),
        (["mark", "{tmp}/x.ipynb", "-p", "ps99_nothing"], ["no such problem set", NAME]),
        (
            ["mark", "{tmp}/x.ipynb", "-p", NAME, "--sandbox", "jail"],
            ["unknown sandbox", "bubblewrap or bubblewrap-cold or none"],
        ),
        (["init", "{tmp}", "--course", "/nowhere"], ["assignments and solutions", "/nowhere"]),
        (["report", NAME, "-c", "{tmp}"], ["this is not a classroom"]),
        (["doctor", "--release", "{tmp}"], ["expected requirements.lock", "from the release again"]),
        (["demo", "{tmp}/full"], ["only replaces a folder that it made"]),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_1(
    arguments: list[str], words: list[str], tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    done = run(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("autograder: ")
    assert all(word in done.stderr for word in words)
    assert (tmp_path / "full" / "thesis.txt").read_text() == "years of work"


def test_doctor_says_whether_a_students_environment_is_the_graders(tmp_path: Path) -> None:
    lock = release_lock(ROOT)
    assert lock is not None
    (tmp_path / LOCK).write_bytes(lock)
    done = run("doctor", "--release", tmp_path)
    assert done.returncode == 0 and "is the graders'" in done.stdout
    (tmp_path / LOCK).write_bytes(lock.replace(b"\nkeras==", b"\nkeras==0."))
    done = run("doctor", "--release", tmp_path)
    assert done.returncode == 1 and "  keras: " in done.stdout


def test_an_unknown_command_is_exit_code_2() -> None:
    assert run("grad").returncode == 2


def test_a_file_that_is_no_notebook_is_json_with_a_reason_and_exit_code_3(tmp_path: Path) -> None:
    path = tmp_path / "homework.ipynb"
    path.write_text("see attached")
    done = run("mark", path, "-p", NAME, "--json")
    assert done.returncode == 3
    report = json.loads(done.stdout)
    jsonschema.validate(report, schema())
    assert report["score"] is None and "JSON" in report["not_gradable"]
    assert {check["status"] for check in report["checks"]} == {"not_run"}


@pytest.mark.sandbox
@pytest.mark.slow
def test_one_notebook_is_graded_without_a_classroom(perfect: Path) -> None:
    done = run("mark", perfect, "-p", NAME, "--json", cwd=perfect.parent)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    jsonschema.validate(report, schema())
    assert report["score"] == report["points"] == 38
    assert report["isolation"] in ("bubblewrap (warm)", "bubblewrap")
    for check in report["checks"]:
        assert {"grade_id", "score", "points", "status"} <= set(check)
        for outcome in check["outcomes"]:
            assert {"kind", "passed", "message", "mistakes", "evidence"} <= set(outcome)


@pytest.mark.sandbox
@pytest.mark.slow
def test_python_and_the_command_line_say_the_same(perfect: Path) -> None:
    report = autograder.mark(perfect, NAME, root=ROOT)
    assert isinstance(report, Report)
    assert report.score == 38
    table = run("mark", perfect, "-p", NAME)
    assert "score: 38 of 38" in table.stdout and "\x1b" not in table.stdout


@pytest.mark.slow
def test_work_that_one_trusts_runs_without_a_sandbox_and_a_loud_word(perfect: Path) -> None:
    done = run("mark", perfect, "-p", NAME, "--sandbox", "none")
    assert "NO SANDBOX" in done.stderr
    assert "score: 38 of 38" in done.stdout


def test_a_link_is_not_followed(perfect: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.ipynb"
    link.symlink_to(perfect)
    with pytest.raises(ConfigurationError, match="not a link"):
        autograder.mark(link, NAME, root=ROOT)
