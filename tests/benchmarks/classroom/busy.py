"""Grades a class with one submission that keeps sixty processes busy, and times the others.

Run by hand; rewrites ``busy.md`` beside it, in about two minutes on two quiet cores::

    python tests/benchmarks/classroom/busy.py
    python tests/benchmarks/classroom/busy.py --students 40

Once without that submission, once with it, and once with it and workers that share all cores, as they would
without ``autograder/grading/worker_cores.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sample
from nbformat.v4 import new_code_cell

from autograder.demo import hand_in
from autograder.grading import cluster, worker_cores
from autograder.grading.classroom_run import ClassRun
from autograder.nbgrader.release import release

TABLE = Path(__file__).resolve().with_name("busy.md")
WHO = "s0001"
SECONDS = 12
SOURCE = f"""\
import os, time
end = time.time() + {SECONDS}
for _ in range(60):
    if os.fork() == 0:
        while time.time() < end: pass
        os._exit(0)
time.sleep({SECONDS + 1})
"""


def times(students: int, busy: bool, shared: bool) -> list[float]:
    """Seconds that each submission but one took, in a class that two workers grade."""
    # A worker that believes it is one of very many takes all cores.
    variables = {worker_cores.COUNT: "1000"} if shared else {}
    instead = SimpleNamespace(COUNT="UNUSED", __name__=worker_cores.__name__) if shared else worker_cores
    with (
        tempfile.TemporaryDirectory(prefix="busy-") as temporary,
        mock.patch.dict(os.environ, variables),
        mock.patch.object(cluster, "worker_cores", instead),
    ):
        classroom = sample.our_classroom(Path(temporary) / "class", students)
        release(classroom, sample.problem_set())
        if busy:
            notebook = sample.submissions(students)[WHO]
            notebook.cells.insert(1, new_code_cell(SOURCE))
            hand_in(classroom, sample.NAME, WHO, notebook)
        lines = ClassRun(classroom, sample.problem_set(), workers=2).run()
        found = {line.student: line.report.score for line in lines}
        if found != sample.points(students):
            raise SystemExit("the scores are not the author's")
        return [line.report.seconds for line in lines if line.student != WHO]


def main() -> None:
    """Measures and writes the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=24)
    chosen = parser.parse_args()
    lines = [
        "# A submission that keeps sixty processes busy",
        "",
        f"Written by `python tests/benchmarks/classroom/busy.py`; {chosen.students} submissions, 2 workers, "
        f"{os.cpu_count()} cores, Linux {os.uname().release}. Seconds that each of the others took.",
        "",
        "| | median | longest |",
        "|---|---|---|",
    ]
    for name, busy, shared in (
        ("without it", False, False),
        ("with it", True, False),
        ("with it, and workers that share all cores", True, True),
    ):
        took = times(chosen.students, busy, shared)
        lines.append(f"| {name} | {median(took):.2f} | {max(took):.2f} |")
        print(lines[-1], flush=True)
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
