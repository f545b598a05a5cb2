"""nbgrader's exchange, with its own commands: out to a student, back, graded, and the feedback out again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet

NAME = "ps00_tiny"
BIN = Path(sys.executable).parent


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., str]:
    """Runs a command of the instructor or of the student in a folder of theirs; each has a home."""
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)

    def run(folder: Path, *arguments: str) -> str:
        home = folder.with_name(f"home-of-{folder.name}")
        home.mkdir(exist_ok=True)
        environment = {
            "HOME": str(home),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "USER": "jo",
        }
        done = subprocess.run(
            [str(BIN / arguments[0]), *arguments[1:]],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.sandbox
@pytest.mark.slow
def test_work_goes_out_and_comes_back_through_nbgraders_exchange(
    classroom: Classroom, problem_set: ProblemSet, tmp_path: Path, command: Callable[..., str]
) -> None:
    shared = f'c.CourseDirectory.course_id = "dl101"\nc.Exchange.root = {str(tmp_path / "exchange")!r}\n'
    room = classroom.directory
    with (room / "nbgrader_config.py").open("a") as file:
        file.write(shared)
    student = tmp_path / "student"
    student.mkdir()
    (student / "nbgrader_config.py").write_text(f"c = get_config()\n{shared}")

    command(room, "autograder", "release", NAME)
    command(room, "nbgrader", "release_assignment", NAME)
    command(student, "nbgrader", "fetch_assignment", NAME)
    fetched = student / NAME
    assert {path.name for path in fetched.iterdir()} >= {f"{NAME}.ipynb", f"{NAME}.checks"}
    (fetched / f"{NAME}.ipynb").write_bytes(to_bytes(submission_notebook(problem_set, {"scaled": None})))
    command(student, "nbgrader", "submit", NAME)

    command(room, "nbgrader", "collect", NAME)
    (collected,) = (room / "submitted").iterdir()
    assert (collected / NAME / "timestamp.txt").is_file()
    # Work that came by mail, and a secret that is none, keep no feedback back from the others.
    for other, secret in (("mail", None), ("odd", b"\xff\x00")):
        folder = room / "submitted" / other / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(to_bytes(submission_notebook(problem_set)))
        if secret is not None:
            (folder / "submission_secret.txt").write_bytes(secret)
    said = command(room, "autograder", "grade", NAME, "--workers", "1", "--feedback", "--json-lines")
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert {line["student"]: line["report"]["score"] for line in lines} == {
        collected.name: 3.0,
        "mail": 5.0,
        "odd": 5.0,
    }
    assert [line["cached"] for line in lines] == [False] * 3
    command(room, "nbgrader", "release_feedback", NAME)
    command(student, "nbgrader", "fetch_feedback", NAME)
    (page,) = (fetched / "feedback").rglob("*.html")
    assert "3.0 / 7.0" in page.read_text("utf-8")

    command(room, "autograder", "report", NAME)
    page = (room / "reports" / f"{NAME}.html").read_text("utf-8")
    assert "3 submissions, 3 graded; mean 4.33, median 5 of 5 points" in page
