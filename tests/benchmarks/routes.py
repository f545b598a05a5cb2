"""Runs every correct route of every problem set on many hidden inputs, and counts how often it passes.

Run by hand; rewrites the table beside this file::

    python tests/benchmarks/routes.py [--inputs 200] [PROBLEM_SET ...]

A certificate meets some of these inputs; a class of a thousand meets five times as many. A model that a set's
own code trains is trained once a process: how far seeds of training lie apart is measured where its bound is
set (``solutions/ps07_vae/checks.py``).
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import warnings
from pathlib import Path

os.environ.update(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3")

from rich.console import Console
from rich.progress import track

from autograder.checks.answers import Student, in_namespace
from autograder.checks.run import run_check, seed_for
from autograder.problem_sets import ProblemSet, all_problem_sets, locate
from autograder.results import Status

ROOT = Path(__file__).parents[2]
SECRET = b"routes of the benchmarks"


def passes(problem_set: ProblemSet, check_name: str, inputs: int, console: Console) -> list[tuple[str, int]]:
    """How often each route passes one check, by name; the reference first."""
    suite = problem_set.suite
    check = suite.checks[check_name]
    counts = []
    for route in (None, *suite.variants_of(check)):
        name = "reference" if route is None else route.name
        passed = 0
        for number in track(range(inputs), f"{check_name}: {name}", console=console, transient=True):
            result = run_check(
                suite,
                check,
                Student(in_namespace(suite.namespace(route))),
                seed=seed_for(SECRET, str(number), check.name),
                grade_id=check.name,
                points=1.0,
                observed={},  # names nobody: a mistake's name is not asked for
            )
            passed += result.status is Status.PASSED
        counts.append((name, passed))
    return counts


def main() -> None:
    """Measures and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="problem sets; by default all")
    parser.add_argument("--inputs", type=int, default=200)
    parser.add_argument("--checks", nargs="*", help="only these checks")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".md"))
    arguments = parser.parse_args()
    console = Console(stderr=True)
    # Student code may warn; what is asked here is whether it passes.
    warnings.simplefilter("ignore")
    found = [locate(name, ROOT) for name in arguments.names] or all_problem_sets(ROOT)
    lines, ran, passed, started = [], 0, 0, time.process_time()
    for problem_set in found:
        for name in arguments.checks or problem_set.suite.checks:
            counts = passes(problem_set, name, arguments.inputs, console)
            missed = [f"{route} {count}" for route, count in counts if count < arguments.inputs]
            total, of = sum(count for _, count in counts), arguments.inputs * len(counts)
            ran, passed = ran + of, passed + total
            lines.append(
                f"| {problem_set.name} | {name} | {len(counts)} | {total} of {of} "
                f"| {', '.join(missed) or 'none'} |"
            )
            console.print(lines[-1], markup=False)
    seconds = time.process_time() - started
    arguments.output.write_text(
        "# Correct routes on hidden inputs\n\n"
        f"Written by `python tests/benchmarks/routes.py --inputs {arguments.inputs}`: {passed} of {ran} runs "
        f"passed, {seconds:.0f} CPU-s on {platform.machine()} with {os.cpu_count()} cores.\n\n"
        "| problem set | check | routes | passed | routes that missed |\n|---|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
