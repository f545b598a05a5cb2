"""Secrets and sockets of the tests' own for attacks to aim at, and a watch over what is left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograder.demo import hand_in
from autograder.nbgrader.build import submission_notebook, to_bytes
from autograder.nbgrader.classroom import Classroom, init
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet, locate
from autograder.sandbox.isolation import Status, doctor

ROOT = Path(__file__).parents[2]
COURSE = Path(__file__).parent / "course"
NAME = "ps00_guarded"
_PR_SET_CHILD_SUBREAPER = 36


def fresh_word(kind: str) -> str:
    """A text that stands nowhere else."""
    return f"{kind}-{uuid.uuid4().hex}"


@dataclass
class Range:
    """What the attacks aim at; all of it made by the tests.

    Args:
        folder: holds the classroom and what is planted.
        port: of a server on this machine.
        solutions: one of the checkout's own worked solutions.
        canaries: texts of the planted secrets.
    """

    folder: Path
    port: int
    solutions: Path
    canaries: list[str] = field(default_factory=list)

    def canary(self) -> str:
        self.canaries.append(fresh_word("canary"))
        return self.canaries[-1]

    @property
    def gradebook(self) -> Path:
        return self.folder / "room" / "gradebook.db"

    @property
    def neighbour(self) -> Path:
        return self.folder / "room" / "submitted" / "ada" / NAME / f"{NAME}.ipynb"

    @property
    def planted(self) -> Path:
        """A file that no attack may ever make."""
        return self.folder / "planted"

    def names(self, ran: str, flag: str, marker: str) -> dict[str, str]:
        """Values of the names between @ signs. Expressions, so that a copy of the source is no evidence."""
        return {
            "RAN": f'"".join({tuple(ran.partition("-"))!r})',
            "FLAG": f'"".join({tuple(flag.partition("-"))!r})',
            "MARKER": marker,
            "PORT": str(self.port),
            "GRADEBOOK": str(self.gradebook),
            "NEIGHBOUR": str(self.neighbour),
            "CLASSROOM": str(self.folder / "room"),
            "SOLUTIONS": str(self.solutions),
            "PLANTED": str(self.planted),
        }

    def state(self) -> dict[str, bytes]:
        """Every planted file, for comparison."""
        return {str(p): p.read_bytes() for p in sorted(self.folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="session")
def isolated() -> None:
    missing = [layer for layer in doctor() if layer.status is Status.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}: {missing[0].detail}")


@pytest.fixture(scope="session")
def problem_set() -> ProblemSet:
    return locate(NAME, COURSE)


@pytest.fixture(scope="session")
def firing_range(tmp_path_factory: pytest.TempPathFactory, problem_set: ProblemSet) -> Iterator[Range]:
    folder = tmp_path_factory.mktemp("range")
    server = socket.create_server(("127.0.0.1", 0))
    server.setblocking(False)
    # A worked solution that the checkout has anyway: a run that is killed leaves nothing behind there.
    worked = next(ROOT.glob("solutions/*/reference.py"))
    made = Range(folder, server.getsockname()[1], worked)
    made.canaries.append(worked.read_text("utf-8").splitlines()[0])
    made.neighbour.parent.mkdir(parents=True)
    notebook = submission_notebook(problem_set)
    notebook.cells[0].source += f"\n{made.canary()}"
    made.neighbour.write_bytes(to_bytes(notebook))
    with sqlite3.connect(made.gradebook) as gradebook:
        gradebook.execute("CREATE TABLE grade (auto_score REAL, note TEXT)")
        gradebook.execute("INSERT INTO grade VALUES (0, ?)", [made.canary()])
    gradebook.close()
    secret = folder / "room" / ".autograder" / "secret"
    secret.parent.mkdir()
    secret.write_text(made.canary())
    os.environ["AUTOGRADER_HOSTILE_CANARY"] = made.canary()
    try:
        # Words of the reference and the checks that are really used here.
        made.canaries += ["canary_of_the_worked_solution", "canary_of_the_hidden_inputs"]
        yield made
        with pytest.raises(BlockingIOError):
            server.accept()  # nobody ever came
    finally:
        server.close()
        del os.environ["AUTOGRADER_HOSTILE_CANARY"]


@pytest.fixture(scope="module", autouse=True)
def orphans_come_home() -> Iterator[None]:
    """What a dead sandbox leaves behind becomes this process's child, where it is seen.

    Only while these files run: other tests of the process count its children.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    bury()


def descendants() -> set[int]:
    """Live processes below this one."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(path.parent.name)] = int(fields[1])
    found: set[int] = set()
    level = {os.getpid()}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level} - found
        found |= level
    return found


def bury() -> None:
    """Collects the dead that have come home; whoever still waits for one of them learns that it is gone."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] == "Z" and int(fields[1]) == os.getpid():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(int(path.parent.name), os.WNOHANG)


def processes_with(marker: str) -> list[str]:
    """Processes of the machine with a text in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


@dataclass(frozen=True)
class Class:
    """The odd class, graded: by one command or the other."""

    classroom: Classroom
    log: str = ""

    def scores(self, student: str) -> dict[str, float | None]:
        """What the gradebook has of each graded cell."""
        with self.classroom.gradebook(NAME) as gradebook:
            found = gradebook.find_submission_notebook(NAME, NAME, student)
            return {grade.name: grade.auto_score for grade in found.grades}

    def total(self, student: str) -> float:
        return sum(score or 0.0 for score in self.scores(student).values())

    def comment(self, student: str) -> str:
        """The gradebook's words to a student, on the last function."""
        with self.classroom.gradebook(NAME) as gradebook:
            return gradebook.find_comment("scaled", NAME, NAME, student).comment or ""

    def page(self, student: str) -> Path:
        """The executed notebook."""
        return self.classroom.autograded / student / NAME / f"{NAME}.ipynb"


def autograde(classroom: Classroom) -> Class:
    """``nbgrader autograde`` with the classroom's configuration."""
    from nbgrader.converters import Autograde
    from nbgrader.utils import capture_log

    coursedir = classroom.coursedir
    coursedir.assignment_id = NAME
    step = Autograde(coursedir=coursedir, config=classroom.config)
    step.force = True
    result = capture_log(step)
    return Class(classroom, str(result.get("log", "")) + str(result.get("error", "")))


LIMITS = {
    "cell_seconds": 5.0,
    "call_seconds": 2.0,
    "notebook_seconds": 45.0,
    "output_bytes": 100_000,
    "processes": 96,
}


def odd_classroom(folder: Path, problem_set: ProblemSet, handed_in: dict[str, bytes | None]) -> Classroom:
    """A classroom whose secret is known, with a submission for each student; None is an empty folder."""
    made = init(folder, COURSE)
    config = folder / "nbgrader_config.py"
    config.write_text(f"{config.read_text('utf-8')}\nc.ExpectedGradient.limits = {LIMITS!r}\n", "utf-8")
    (folder / ".autograder" / "secret").write_bytes(bytes(range(32)))
    for student, data in handed_in.items():
        if data is None:
            (made.submitted / student / NAME).mkdir(parents=True)
        else:
            hand_in(made, NAME, student, data)
    opened = Classroom.open(folder)
    release(opened, problem_set)
    return opened
