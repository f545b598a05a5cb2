"""Grades one sample class by stock nbgrader, by hand-tuned nbgrader and by this grader; one table.

Run by hand on a quiet machine; rewrites ``classroom.md`` beside this folder in a quarter of an hour::

    python tests/benchmarks/classroom/run.py
    python tests/benchmarks/classroom/run.py --students 24 --few 8 --rounds 1 --only stock ours-2
    python tests/benchmarks/classroom/run.py --otter /path/to/environment

Every system grades the same small TensorFlow notebooks into a gradebook and writes the feedback pages; its
scores must be the right ones. Systems take turns, round by round; release and set-up are not timed, start-up
is. The slow systems grade the first few of the class only: theirs is a cost by submission, with nothing to
share. Processor time is that of all processes (``measure.py``).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import otter_class
import sample
from measure import Cost, measure

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "tests" / "benchmarks" / "classroom.md"
BIN = Path(sys.executable).parent
NAME = sample.NAME
IMMEDIATE = 'c.Execute.shutdown_kernel = "immediate"'
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    # Without it stock nbgrader gives everybody 0: TensorFlow greets on standard error.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


@dataclass(frozen=True)
class System:
    """One way to grade the class.

    Args:
        title: what the table calls it.
        course: which of ``COURSES`` it grades.
        commands: what is timed, one after the other.
        few: whether it grades the first few only.
        scores: points of every student, from the folder.
    """

    title: str
    course: str
    commands: Sequence[Sequence[str]]
    few: bool = True
    scores: Callable[[Path], dict[str, float]] = lambda folder: sample.totals(folder / "gradebook.db")


def stock(settings: str = "") -> Callable[[Path, int], None]:
    """Prepares an ordinary nbgrader course."""

    def prepare(folder: Path, count: int) -> None:
        sample.stock_course(folder, count, settings)
        run(folder, "nbgrader", "generate_assignment", NAME)

    return prepare


def ours(settings: str = "") -> Callable[[Path, int], None]:
    """Prepares a classroom of ours."""

    def prepare(folder: Path, count: int) -> None:
        sample.our_classroom(folder, count)
        with (folder / "nbgrader_config.py").open("a") as config:
            config.write(f"\n{settings}\n")
        run(folder, "autograder", "release", NAME)

    return prepare


def run(folder: Path, program: str, *arguments: str) -> None:
    """Runs a program that is not timed."""
    command = [str(BIN / program), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def environment(folder: Path) -> dict[str, str]:
    """Variables of a program, with a home of its own."""
    return ENVIRONMENT | {"HOME": str(folder)}


AUTOGRADE, PAGES = ["nbgrader", "autograde", NAME], ["nbgrader", "generate_feedback", NAME]
HALVES = [f"nbgrader autograde {NAME} --student='s*[{digits}]'" for digits in ("02468", "13579")]


def grade(workers: int) -> list[list[str]]:
    """Our commands."""
    return [["autograder", "grade", NAME, "--workers", str(workers), "--feedback"]]


COURSES = {
    "stock": stock(),
    "immediate": stock(IMMEDIATE),
    "ours": ours(),
    "cold": ours('c.ExpectedGradient.isolation = "bubblewrap-cold"'),
    "otter": otter_class.prepare,
}

SYSTEMS = {
    "stock": System("nbgrader, stock", "stock", [AUTOGRADE, PAGES]),
    "immediate": System("nbgrader, kernels shut down at once", "immediate", [AUTOGRADE, PAGES]),
    "two": System(
        "nbgrader, two processes by hand, kernels shut down at once",
        "immediate",
        [["sh", "-c", f"{HALVES[0]} & {HALVES[1]} & wait"], PAGES],
    ),
    "configured": System("nbgrader with our configuration, sandboxed", "ours", [AUTOGRADE, PAGES]),
    "cold-2": System("this grader, 2 workers, cold kernels", "cold", grade(2)),
    "few-2": System("this grader, 2 workers, the same few", "ours", grade(2)),
    "ours-1": System("this grader, 1 worker", "ours", grade(1), few=False),
    "ours-2": System("this grader, 2 workers", "ours", grade(2), few=False),
}


def once(system: System, prepared: Path, folder: Path, right: dict[str, float]) -> Cost:
    """Grades a fresh copy of the class.

    Raises:
        SystemExit: it failed, or somebody has another score than the right one.
    """
    shutil.copytree(prepared, folder, symlinks=True)
    costs = []
    for command in system.commands:
        costs.append(measure(command, folder, environment(folder)))
        if costs[-1].status:
            raise SystemExit(f"{system.title}: {' '.join(command)}:\n{costs[-1].output[-3000:]}")
    found = system.scores(folder)
    if found != right:
        wrong = {s: (found.get(s), right[s]) for s in right if found.get(s) != right[s]}
        raise SystemExit(f"{system.title}: scores found and right: {wrong}\n{costs[0].output[-3000:]}")
    shutil.rmtree(folder)
    return Cost(
        sum(cost.wall for cost in costs),
        sum(cost.cpu for cost in costs),
        max(cost.peak for cost in costs),
        0,
        "",
    )


def report(rows: dict[str, list[Cost]], systems: dict[str, System], few: int, students: int) -> str:
    """The table; medians over the rounds."""
    counts = {name: _count(systems[name], few, students) for name in rows}
    middle = {
        name: Cost(
            *(median(getattr(cost, part) for cost in costs) for part in ("wall", "cpu", "peak")), 0, ""
        )
        for name, costs in rows.items()
    }
    rates = {name: counts[name] * 60 / cost.wall for name, cost in middle.items()}
    rounds = max(map(len, rows.values()))
    lines = [
        "# A class, graded",
        "",
        f"Written by `python {Path(__file__).relative_to(ROOT)}`; {rounds} rounds, medians.",
        f"{os.cpu_count()} cores, Linux {os.uname().release}, Python {sys.version.split()[0]}, "
        f"load average at the end {os.getloadavg()[0]:.1f}.",
        "",
        "| system | submissions | a minute | × stock | × two processes | wall s | CPU-s each | peak MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, cost in middle.items():
        times = [f"{rates[name] / rates[base]:.1f}" if base in rates else "–" for base in ("stock", "two")]
        lines.append(
            f"| {systems[name].title} | {counts[name]} | {rates[name]:.1f} | {times[0]} | {times[1]}"
            f" | {cost.wall:.1f} | {cost.cpu / counts[name]:.2f} | {cost.peak / 1e6:.0f} |"
        )
    if {"few-2", "ours-2"} <= set(rows) and students > few:
        more = students - few
        wall, cpu = (
            getattr(middle["ours-2"], part) - getattr(middle["few-2"], part) for part in ("wall", "cpu")
        )
        lines += [
            "",
            f"Each further submission, from the two rows of 2 warm workers: {cpu / more:.2f} CPU-s, "
            f"{more * 60 / wall:.0f} a minute.",
        ]
    return "\n".join(lines) + "\n"


def _count(system: System, few: int, students: int) -> int:
    return few if system.few else students


def main() -> None:
    """Prepares, takes turns, writes the table after every round."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=120, help="the class")
    parser.add_argument("--few", type=int, default=12, help="of them, for the slow systems")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--otter", type=Path, help="an environment that has otter-grader and TensorFlow")
    parser.add_argument("--output", type=Path, default=TABLE)
    chosen = parser.parse_args()
    systems = {name: SYSTEMS[name] for name in chosen.only}
    if chosen.otter:
        systems = {"otter": _otter(chosen.otter), **systems}
    rows: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory(prefix="class-") as temporary:
        prepared: dict[tuple[str, int], Path] = {}
        # Configurations name the place that they were made in: copies are graded there.
        place = Path(temporary, "course")
        for system in systems.values():
            key = system.course, _count(system, chosen.few, chosen.students)
            if key not in prepared:
                print(f"preparing {key[0]} for {key[1]}", flush=True)
                COURSES[key[0]](place, key[1])
                prepared[key] = place.rename(Path(temporary, f"{key[0]}-{key[1]}"))
        for number in range(chosen.rounds):
            for name, system in systems.items():
                count = _count(system, chosen.few, chosen.students)
                cost = once(system, prepared[system.course, count], place, sample.points(count))
                rows.setdefault(name, []).append(cost)
                each = f"{cost.wall:.1f} s, {cost.cpu / count:.2f} CPU-s each"
                print(f"round {number + 1}: {name}: {each}", flush=True)
            chosen.output.write_text(report(rows, systems, chosen.few, chosen.students), "utf-8")


def _otter(place: Path) -> System:
    return System(
        "otter-grader, `otter run`, one after the other",
        "otter",
        [[sys.executable, str(Path(otter_class.__file__)), str(place / "bin" / "otter")]],
        scores=otter_class.scores,
    )


if __name__ == "__main__":
    main()
