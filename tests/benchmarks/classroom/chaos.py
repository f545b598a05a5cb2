"""Twenty ``kill -9`` over a class of sixty: the gradebook must equal the undisturbed one, row by row.

Run by hand, on Linux with a sandbox:

    python tests/benchmarks/classroom/chaos.py [--students 60] [--kills 20] [--seeds 0 1 2]

Victims are the coordinator, workers, zygotes and kernels, drawn with the seed, each when a drawn number of
submissions has been graded. Only processes of the run's own tree are killed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from subprocess import run

sys.path.insert(0, str(Path(__file__).parents[3]))

from autograder.grading.events import read_events
from tests.grading.upheaval import NAME, Upheaval, command, copy_of, differences, make_room


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        fresh = make_room(Path(folder) / "fresh", options.students).directory
        calm = copy_of(fresh, Path(folder) / "calm")
        run(command(calm), check=False, capture_output=True)
        print("| seed | killed | the journal says | rows that differ | CPU-s |\n|---|---|---|---|---|")
        for seed in options.seeds:
            before = _cpu()
            room = copy_of(fresh, Path(folder) / f"seed-{seed}" / "room")
            upheaval = Upheaval(room, options.kills, seed)
            upheaval.run(options.students)
            found = differences(calm, room)
            told = Counter(e["event"] for e in read_events(room / "results" / f"{NAME}.events.jsonl"))
            said = ", ".join(
                f"{told[name]} {name}" for name in ("unfinished", "worker_lost", "retried") if told[name]
            )
            killed = ", ".join(f"{number} {kind}" for kind, number in sorted(upheaval.done.items()))
            print(f"| {seed} | {killed} | {said} | {len(found)} | {_cpu() - before:.0f} |", flush=True)
            for line in found[:10]:
                print(f"  {line}")
            failed += bool(found)
    return int(failed > 0)


def _cpu() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
