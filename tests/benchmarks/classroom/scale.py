"""Drives coordinator and writer with many recorded results, and grades 500 submissions by 1 and by 2 workers.

Run by hand; rewrites ``classroom_scale.md`` beside this folder, in about twelve minutes on two quiet cores::

    python tests/benchmarks/classroom/scale.py
    python tests/benchmarks/classroom/scale.py --recorded 2000 --students 40

In the first part the workers alone are simulated: they answer at once with results that real ones have given.
Reading what was handed in, the journal, the gradebook, ``autograded/`` and the progress are as ever. In the
second part everything is real; memory is that of the coordinator's process, sampled. One worker is measured
twice: with all cores, of which the coordinator then takes a second one, and with everything on one core.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sample

from autograder.grading import classroom_run
from autograder.grading.classroom_run import ClassRun
from autograder.grading.journal import Entry, Journal
from autograder.grading.observer import Line, Observer
from autograder.grading.workers import Finished, Task
from autograder.grading.writer import Writer
from autograder.nbgrader.classroom import Classroom
from autograder.nbgrader.release import release

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "tests" / "benchmarks" / "classroom_scale.md"
KINDS = 8
SAMPLES = 5


def resident(pid: int | str = "self") -> float:
    """Memory of a process that is no file's, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1000


class Recorded(Observer):
    """Memory after every so many lines."""

    def __init__(self, every: int) -> None:
        self.every, self.done, self.memory = every, 0, list[float]()

    def line(self, line: Line) -> None:
        self.done += 1
        if self.done % self.every == 0:
            self.memory.append(resident())


class Simulated:
    """Workers that answer at once; the part of ``Pool`` that the coordinator uses."""

    client = None

    def __init__(self, results: list[Entry]) -> None:
        self._results, self._tasks = results, list[Task]()

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    @property
    def room(self) -> int:
        return 6 - len(self._tasks)

    def students(self) -> set[str]:
        return {task.student for task in self._tasks}

    def running(self) -> dict[str, float]:
        return {}

    def hand_out(self, task: Task) -> None:
        self._tasks.append(task)

    def take(self, seconds: float) -> Finished:
        task = self._tasks.pop(0)
        result = self._results[int(task.student[1:]) % len(self._results)]
        return Finished(task.student, task.key, task.note, result.report, result.notebook, "simulated")


class TimedWriter(Writer):
    """Keeps the time that goes into the gradebook and ``autograded/``."""

    wall = cpu = 0.0

    def flush(self) -> None:
        started, processor = time.perf_counter(), time.process_time()
        super().flush()
        TimedWriter.wall += time.perf_counter() - started
        TimedWriter.cpu += time.process_time() - processor


def results_of(folder: Path) -> list[Entry]:
    """Graded submissions of each kind, from the sandbox."""
    classroom = sample.our_classroom(folder, KINDS)
    release(classroom, sample.problem_set())
    ClassRun(classroom, sample.problem_set(), workers=2).run()
    journal = Journal(classroom.results)
    keys = [journal.delivered(sample.NAME, student) for student in sample.points(KINDS)]
    return [entry for entry in map(journal.get, keys) if entry is not None]


def recorded(folder: Path, results: list[Entry], count: int) -> Iterator[str]:
    """A class of ``count`` through coordinator and writer."""
    classroom = sample.our_classroom(folder, count)
    release(classroom, sample.problem_set())
    observer = Recorded(count // SAMPLES)

    @contextmanager
    def pool(*_: Any) -> Iterator[Simulated]:
        yield Simulated(results)

    with (
        mock.patch.object(ClassRun, "_pool", pool),
        mock.patch.object(classroom_run, "Writer", TimedWriter),
        mock.patch.object(classroom_run, "dashboard", lambda client: ""),
    ):
        before, started, processor = resident(), time.perf_counter(), time.process_time()
        ClassRun(classroom, sample.problem_set()).grade(observer)
        wall, cpu = time.perf_counter() - started, time.process_time() - processor
    found = sample.totals(classroom.directory / "gradebook.db")
    if found != sample.points(count):
        raise SystemExit("the gradebook has other scores than were recorded")
    size = (classroom.directory / "gradebook.db").stat().st_size
    at = ", ".join(f"{m:.0f}" for m in observer.memory)
    yield f"| results | {count:,} |"
    yield f"| coordinator's own memory after each fifth, MB (before: {before:.0f}) | {at} |"
    for what, seconds, spent in (
        ("gradebook and autograded/", TimedWriter.wall, TimedWriter.cpu),
        ("everything in the coordinator", wall, cpu),
    ):
        yield f"| {what}, a submission | {1e3 * seconds / count:.1f} ms, {1e3 * spent / count:.1f} CPU-ms |"
    yield f"| gradebook.db | {size / 1e6:.0f} MB |"
    grown = (observer.memory[-1] - observer.memory[0]) / (count * (SAMPLES - 1) / SAMPLES)
    yield (
        f"| 100,000, derived by proportion | {100_000 * wall / count / 60:.0f} min of the coordinator, "
        f"{100_000 * cpu / count / 60:.0f} min of one processor, "
        f"{size * 100_000 / count / 1e9:.1f} GB gradebook.db, "
        f"{max(0.0, grown) * 100_000:.0f} MB more memory |"
    )


def graded(
    folder: Path, students: int, workers: int, cores: set[int]
) -> tuple[float, float, list[float], dict[str, float]]:
    """A whole class by the command: wall, seconds from the first to the last line, memory, scores."""
    classroom: Classroom = sample.our_classroom(folder, students)
    release(classroom, sample.problem_set())
    program = f"import os; os.sched_setaffinity(0, {cores}); from autograder.cli import main; main()"
    command = [sys.executable, "-c", program, "grade", sample.NAME, "-w", str(workers), "--json-lines"]
    memory: list[float] = []
    times: list[float] = []
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        over = threading.Event()

        def watch() -> None:
            while not over.wait(1.0):
                taken = resident(process.pid) if times else 0.0
                if taken:  # a process that has just ended takes none
                    memory.append(taken)

        watching = threading.Thread(target=watch)
        watching.start()
        assert process.stdout is not None
        for _ in process.stdout:
            times.append(time.perf_counter())
        over.set()
        watching.join()
    if process.returncode or len(times) != students:
        raise SystemExit(f"{workers} workers: exit status {process.returncode}, {len(times)} results")
    scores = sample.totals(folder / "gradebook.db")
    return time.perf_counter() - started, times[-1] - times[0], memory, scores


def real(base: Path, students: int) -> Iterator[str]:
    """The same class by one worker, by one on a single core, and by two."""
    steady, found = {}, {}
    every = os.sched_getaffinity(0)
    for name, workers, cores in (
        ("1 worker", 1, every),
        ("2 workers", 2, every),
        ("1 worker, everything on one core", 1, {min(every)}),
    ):
        folder = base / name.replace(" ", "-")
        wall, steady[name], memory, found[name] = graded(folder, students, workers, cores)
        fifth = max(1, len(memory) // SAMPLES)
        at = ", ".join(f"{median(memory[i : i + fifth]):.0f}" for i in range(0, fifth * SAMPLES, fifth))
        yield (
            f"| {name}; {students} submissions | {wall:.0f} s, "
            f"{60 * (students - 1) / steady[name]:.0f} a minute after the first result; "
            f"coordinator's memory by fifths, MB: {at} |"
        )
    if any(scores != sample.points(students) for scores in found.values()):
        raise SystemExit("the scores are not the author's")
    yield f"| scores of all three | equal, all {students} |"
    one, two, single = steady.values()
    yield f"| efficiency of 2 workers against 1 | {100 * one / two / 2:.0f} % |"
    yield f"| efficiency of 2 workers on 2 cores against 1 on 1 | {100 * single / two / 2:.0f} % |"


def main() -> None:
    """Measures and writes the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recorded", type=int, default=10_000, help="results for the simulated workers")
    parser.add_argument("--students", type=int, default=500, help="real submissions; 0 for none")
    parser.add_argument("--output", type=Path, default=TABLE)
    chosen = parser.parse_args()
    lines = [
        "# Classes of many",
        "",
        f"Written by `python {Path(__file__).relative_to(ROOT)}`. {os.cpu_count()} cores, Linux"
        f" {os.uname().release}, load average at the start {os.getloadavg()[0]:.1f}.",
        "",
        "| | |",
        "|---|---|",
    ]
    with tempfile.TemporaryDirectory(prefix="scale-") as temporary:
        base = Path(temporary)
        parts = [recorded(base / "recorded", results_of(base / "kinds"), chosen.recorded)]
        if chosen.students:
            parts.append(real(base, chosen.students))
        for part in parts:
            for line in part:
                lines.append(line)
                print(line, flush=True)
                chosen.output.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
