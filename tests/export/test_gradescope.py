"""The Gradescope zip, unpacked as Gradescope does, and its run_autograder executed for real."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import ConfigurationError
from autograder.export.gradescope_run import results
from autograder.export.gradescope_zip import gradescope_zip
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.nbgrader.classroom import Classroom, init
from autograder.problem_sets import ProblemSet, locate
from autograder.results import CheckResult, Outcome, Report, Show

TESTS = Path(__file__).parents[1]
NAME = "ps00_tiny"
RESULT_KEYS = {"tests", "output", "output_format", "execution_time", "stdout_visibility"}
TEST_KEYS = {"name", "score", "max_score", "status", "output", "output_format", "visibility"}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tiny = TESTS / "nbgrader" / "tiny_course"
    folder = tmp_path_factory.mktemp("gradescope") / "course"
    shutil.copytree(tiny, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TESTS.parent / "requirements.lock", folder)
    return folder


@pytest.fixture(scope="module")
def problem_set(course: Path) -> ProblemSet:
    return locate(NAME, course)


@pytest.fixture(scope="module")
def room(course: Path) -> Classroom:
    return init(course.parent / "room", course)


@pytest.fixture(scope="module")
def zipped(room: Classroom, problem_set: ProblemSet) -> Path:
    path = room.directory / "autograder.zip"
    path.write_bytes(gradescope_zip(room, problem_set))
    return path


@pytest.fixture
def base(tmp_path: Path, zipped: Path) -> Path:
    """Laid out as Gradescope's /autograder; this environment stands for the one that setup.sh makes."""
    base = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        (base / name).mkdir(parents=True)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(base / "source")
        for entry in archive.infolist():
            (base / "source" / entry.filename).chmod(0o644 | (entry.external_attr >> 16 & 0o111))
    shutil.copy(base / "source" / "run_autograder", base)
    (base / "submission_metadata.json").write_text("{}")
    # Before anybody has looked after it, all of it is open to everybody.
    tmp_path.parent.chmod(0o755)
    tmp_path.chmod(0o755)
    return base


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(base: Path) -> Run:
    def run(*prefix: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/bin:/bin", "EXPECTED_GRADIENT_PYTHON": sys.executable}
        command = [*prefix, str(base / "run_autograder"), str(base)]
        return subprocess.run(command, cwd=base, env=environment, capture_output=True, text=True, timeout=240)

    return run


def read(base: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((base / "results" / "results.json").read_text("utf-8"))
    assert set(said) == RESULT_KEYS
    for test in said["tests"]:
        assert set(test) == TEST_KEYS
        assert 0 <= test["score"] <= test["max_score"]
    assert isinstance(said["execution_time"], int) and said["stdout_visibility"] == "hidden"
    return said


def without_bubblewrap(folder: Path) -> tuple[str, ...]:
    """A prefix: a container that lends no namespaces, whose Python everybody may run."""
    if os.geteuid() != 0:
        pytest.skip("only root can make what stands for a container")
    spec = importlib.util.spec_from_file_location("ordinary_user", TESTS / "hostile" / "ordinary_user.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder.mkdir()
    folder.chmod(0o755)
    hide = 'mount --bind /bin/false "$(command -v bwrap)"; exec "$@"'
    return (*module._opened(folder), "/bin/sh", "-euc", hide, "sh")


@pytest.mark.sandbox
def test_a_submission_is_graded_in_the_sandbox_where_there_is_one(
    base: Path, run: Run, problem_set: ProblemSet
) -> None:
    wrong = submission_notebook(problem_set, {"scaled": problem_set.suite.mistakes[1]})
    (base / "submission" / "my homework.ipynb").write_bytes(to_bytes(wrong))
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    said = read(base)
    scores = [(test["name"], test["score"], test["max_score"], test["status"]) for test in said["tests"]]
    assert scores == [("sum_of_squares", 3.0, 3.0, "passed"), ("scaled", 0.0, 2.0, "failed")]
    assert "if the factor were left out" in said["tests"][1]["output"]
    assert "handed in as 'my homework.ipynb'" in said["output"]
    for name in ("source", "results", "submission"):
        assert (base / name).stat().st_mode & 0o077 == 0


def test_a_container_without_a_sandbox_grades_nothing_unless_that_was_chosen(
    base: Path, run: Run, problem_set: ProblemSet
) -> None:
    (base / "submission" / f"{NAME}.ipynb").write_bytes(to_bytes(submission_notebook(problem_set)))
    (base / "results" / "results.json").write_text('{"score": 100}')
    done = run(*without_bubblewrap(base.parent / "opened"))
    assert done.returncode == 1
    assert "no sandbox, no grading" in done.stdout
    assert "--container-only" in done.stdout
    assert not (base / "results" / "results.json").exists()


LOOKING = """
def looks(paths):
    found = []
    for path in paths:
        try:
            open(path, "rb").read(1)
            found.append(path)
        except OSError:
            pass
    return found


seen = looks({paths!r})
if not seen:
    raise RuntimeError("nothing to be seen")
"""


def test_as_another_user_of_the_container_no_answer_no_secret_and_no_result_can_be_reached(
    base: Path, run: Run, problem_set: ProblemSet
) -> None:
    settings = base / "source" / "settings.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"container_only": True}))
    closed = [
        str(path)
        for path in [*base.rglob("*"), Path("/proc/1/environ"), Path("/proc/self/../1/mem")]
        if not path.is_dir()
    ]
    assert any("reference.py" in path for path in closed)
    notebook = submission_notebook(problem_set)
    scaled = next(cell for cell in notebook.cells if cell.id == "scaled")
    # What it sees decides what it answers, so that the scores tell: right where it sees, missing elsewhere.
    squares = next(cell for cell in notebook.cells if cell.id == "sum_of_squares")
    squares.source = LOOKING.format(paths=closed) + squares.source
    scaled.source = LOOKING.format(paths=[sys.executable, "/etc/hostname", "/etc/passwd"]) + scaled.source
    (base / "submission" / f"{NAME}.ipynb").write_bytes(to_bytes(notebook))
    done = run(*without_bubblewrap(base.parent / "opened"))
    assert done.returncode == 0, done.stdout + done.stderr
    scores = {test["name"]: test["score"] for test in read(base)["tests"]}
    assert scores == {"sum_of_squares": 0.0, "scaled": 2.0}
    assert "nothing to be seen" in read(base)["tests"][0]["output"]


def test_what_cannot_be_graded_says_so_to_its_student(base: Path, run: Run) -> None:
    (base / "submission" / "essay.pdf").write_bytes(b"%PDF")
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    said = read(base)
    assert [test["score"] for test in said["tests"]] == [0.0, 0.0]
    assert "Not graded: there is no notebook in the folder" in said["output"]


def test_the_zip_has_all_that_it_needs_and_the_classrooms_secret_stays(
    zipped: Path, room: Classroom, problem_set: ProblemSet
) -> None:
    with zipfile.ZipFile(zipped) as archive:
        names = set(archive.namelist())
        content = b"".join(archive.read(name) for name in names)
        for script in ("setup.sh", "run_autograder"):
            assert archive.getinfo(script).external_attr >> 16 & 0o111 == 0o111
            subprocess.run(["bash", "-n"], input=archive.read(script), check=True)
        setup = archive.read("setup.sh").decode()
    assert {"requirements.lock", "settings.json", f"course/assignments/{NAME}/{NAME}.py"} <= names
    assert {f"course/solutions/{NAME}/{part}.py" for part in ("reference", "checks", "mistakes")} <= names
    (wheel,) = [name for name in names if name.endswith(".whl")]
    assert wheel.startswith("expected_gradient-")
    assert "--require-hashes -r requirements.lock" in setup
    secret = room.settings.secret
    assert secret not in content and secret.hex().encode() not in content
    again = zipped.with_suffix(".whl")
    with zipfile.ZipFile(zipped) as archive:
        again.write_bytes(archive.read(wheel))
    same = again.rename(again.with_name(wheel))
    assert gradescope_zip(room, problem_set, same) == zipped.read_bytes()


def test_what_nobody_is_shown_is_hidden_and_a_verdict_alone_has_no_message() -> None:
    outcome = (Outcome("close", False, "the secret message"),)
    shown = {show: CheckResult("c", "f", 2.0, outcome, show=show) for show in Show}
    tests = {show: results(Report(NAME, checks=(check,)))["tests"][0] for show, check in shown.items()}
    assert {show for show, test in tests.items() if test["visibility"] == "hidden"} == {Show.NOTHING}
    assert {show for show, test in tests.items() if "secret message" in test["output"]} == {
        Show.FULL,
        Show.MESSAGE,
    }


def test_a_zip_that_could_not_grade_is_not_made(
    room: Classroom, problem_set: ProblemSet, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="the wheel is a file"):
        gradescope_zip(room, problem_set, tmp_path / "none.whl")
    bare = ProblemSet(NAME, TESTS / "nbgrader" / "tiny_course")
    with pytest.raises(ConfigurationError, match=r"comes from a lock .*requirements\.lock"):
        gradescope_zip(room, bare, tmp_path / "none.whl")
