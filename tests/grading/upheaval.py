"""Kills processes of a class run at random moments, and tells two gradebooks apart row by row."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from autograder.demo import hand_in
from autograder.nbgrader.build import submission_notebook
from autograder.nbgrader.classroom import Classroom, init
from autograder.nbgrader.release import release
from autograder.problem_sets import locate

NAME = "ps00_tiny"
COURSE = Path(__file__).parents[1] / "nbgrader" / "tiny_course"
KINDS = ("coordinator", "worker", "zygote", "kernel")

_ZYGOTE = "autograder.sandbox.zygote"
_KERNEL = ("autograder.sandbox.launch", "ipykernel")


def make_room(folder: Path, students: int) -> Classroom:
    """A classroom of the tiny course in which a class has handed in work of several kinds."""
    problem_set = locate(NAME, COURSE)
    room = init(folder, COURSE)
    release(room, problem_set)
    for index in range(students):
        student = f"s{index:03}"
        if index % 20 == 7:
            hand_in(room, NAME, student, b"%PDF-1.7 my homework, as a scan\n")
            continue
        wrong = {1: {"scaled": None}, 2: {"sum_of_squares": None}}.get(index % 4, {})
        notebook = submission_notebook(problem_set, wrong)
        notebook.cells[0].source += f"\nby {student}"
        if index % 20 == 11:
            # Ends its own kernel, every time: its check counts 0 however often it is tried.
            cell = next(c for c in notebook.cells if c.source.startswith("def scaled"))
            cell.source = "def scaled(x, factor=2.0):\n    import os\n    os.kill(os.getpid(), 9)"
        hand_in(room, NAME, student, notebook)
    return room


def command(room: Path, *options: str) -> list[str]:
    """The command that grades a classroom."""
    program = str(Path(sys.executable).parent / "autograder")
    return [program, "grade", NAME, "--classroom", str(room), *options]


@dataclass
class Upheaval:
    """Grades a class while its processes are killed.

    Args:
        room: the classroom.
        kills: how many.
        seed: of the moments and the victims.
        kinds: of processes to kill.
    """

    room: Path
    kills: int
    seed: int
    kinds: tuple[str, ...] = KINDS
    done: Counter[str] = field(default_factory=Counter)

    def run(self, students: int) -> None:
        """Kills, starts the coordinator again whenever it is gone, and ends with an undisturbed rerun."""
        chance = random.Random(self.seed)
        due = sorted(chance.randrange(0, max(1, students - 2)) for _ in range(self.kills))
        victims = [chance.choice(self.kinds) for _ in due]
        process = self._start()
        try:
            for threshold, kind in zip(due, victims, strict=True):
                while not self._kill_one(kind, chance, process, threshold):
                    if process.poll() is not None:
                        assert process.returncode in (0, 3, -signal.SIGKILL), process.returncode
                        # All is graded before its last kills came: once more, from the beginning.
                        process = self._start(*(["--force"] if process.returncode >= 0 else []))
                    time.sleep(0.05)
                if kind == "coordinator":
                    process.wait()
                    process = self._start()
            process.wait()
        finally:
            process.kill()
            process.wait()
        subprocess.run(command(self.room), check=False, capture_output=True, timeout=600)

    def _kill_one(
        self, kind: str, chance: random.Random, process: subprocess.Popen[bytes], threshold: int
    ) -> bool:
        """Kills a process of a kind, if enough is graded and there is one; says whether it did."""
        if self._graded() < threshold or not self._victims(process, kind):
            return False
        time.sleep(chance.uniform(0.0, 0.5))
        found = self._victims(process, kind)
        if found:
            chance.choice(found).kill()
            self.done[kind] += 1
        return bool(found)

    def _start(self, *options: str) -> subprocess.Popen[bytes]:
        with (self.room.parent / "run.log").open("ab") as log:
            return subprocess.Popen(command(self.room, *options), stdout=log, stderr=log)

    def _graded(self) -> int:
        return sum(1 for _ in (self.room / "results").glob("*.json"))

    def _victims(self, coordinator: subprocess.Popen[bytes], kind: str) -> list[psutil.Process]:
        """Processes of a kind in the tree of the coordinator, which this object has started itself."""
        if coordinator.poll() is not None:
            return []
        found = []
        try:
            root = psutil.Process(coordinator.pid)
            if kind == "coordinator":
                return [root]
            for child in root.children(recursive=True):
                if _kind(child) == kind:
                    found.append(child)
        except psutil.Error:
            pass
        return found


def _kind(process: psutil.Process) -> str:
    try:
        words = " ".join(process.cmdline())
        parent = process.parent()
        above = " ".join(parent.cmdline()) if parent is not None else ""
    except psutil.Error:
        return ""
    if _ZYGOTE in words and "bwrap" not in words.split(" ")[0]:
        # A kernel is a fork of its zygote, with the same words.
        return "kernel" if _ZYGOTE in above and "bwrap" not in above.split(" ")[0] else "zygote"
    if any(word in words for word in _KERNEL) and "bwrap" not in words.split(" ")[0]:
        return "kernel"
    if "multiprocessing" in words and "resource_tracker" not in words:
        # With a fork server, the workers are its forks.
        return "worker" if "forkserver" not in words or "forkserver" in above else ""
    return ""


def rows(room: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a gradebook, sorted, with names in place of ids that are drawn."""
    with closing(sqlite3.connect(room / "gradebook.db")) as connection:
        connection.row_factory = sqlite3.Row
        names = [
            name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        ]
        tables = {
            name: [dict(row) for row in connection.execute(f'select * from "{name}"')] for name in names
        }
    known: dict[object, str] = {}
    for row in tables["submitted_assignment"]:
        known[row["id"]] = f"{row['student_id']} {row['assignment_id']}"
    for row in tables["submitted_notebook"]:
        known[row["id"]] = f"{known[row['assignment_id']]} {row['notebook_id']}"
    for table in ("grade", "comment"):
        for row in tables[table]:
            known[row["id"]] = f"{known[row['notebook_id']]} {row['cell_id']}"
    return {
        name: sorted((tuple(known.get(value, value) for value in row.values()) for row in found), key=repr)
        for name, found in tables.items()
    }


def differences(one: Path, other: Path) -> list[str]:
    """What two gradebooks do not agree in; nothing when they are equal row by row."""
    first, second = rows(one), rows(other)
    found = []
    for table in sorted(first.keys() | second.keys()):
        here, there = Counter(map(repr, first.get(table, []))), Counter(map(repr, second.get(table, [])))
        found += [f"{table}: only undisturbed: {row}" for row in (here - there).elements()]
        found += [f"{table}: only disturbed: {row}" for row in (there - here).elements()]
    return found


def copy_of(room: Path, target: Path) -> Path:
    """The same classroom, with the same secret, for another run."""
    return shutil.copytree(room, target, symlinks=True)
