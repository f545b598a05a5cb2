"""Measures warm and cold kernels: start, memory, processor time, what they leave behind, whether forks work.

Run by hand; rewrites the table beside this file in some minutes::

    python tests/benchmarks/kernels.py

Processor time is that of the processes in the sandbox, read from ``/proc`` before they are ended: a warm
kernel's starts at its fork. The memory of a warm kernel is what all processes below the zygote's bubblewrap
take together (PSS) while it runs, less what they took before. PSS also charges a kernel alone with the pages
of TensorFlow's files that it is the first to touch; the rows of memory of its own leave files out.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np

from autograder.grading.settings import GradingSettings
from autograder.grading.submission import grade_bytes
from autograder.nbgrader.build import submission_notebook
from autograder.problem_sets import locate
from autograder.sandbox import files, zygote_client
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.kernel import SandboxedKernel
from autograder.sandbox.limits import Limits
from autograder.sandbox.memory import descendants

ROOT = Path(__file__).parents[2]
PROBLEM_SET = "ps05_estimators"
WAYS = {"warm": Isolation.BUBBLEWRAP, "cold": Isolation.BUBBLEWRAP_COLD}

STARTS, FORKS, SUBMISSIONS, GRADED, KERNELS = 20, 50, 200, 5, 5

EVERYTHING = """
import tensorflow as tf, keras, tensorflow_probability as tfp
x = tf.random.normal([64, 4])
y = tf.reduce_sum(x**2, axis=1, keepdims=True)
f = lambda a: tf.reduce_sum(tf.sin(a))
assert abs(tf.function(f)(x) - tf.function(f, jit_compile=True)(x)) < 1e-3
rows = tf.data.Dataset.from_tensor_slices(x).shuffle(64).batch(8).prefetch(2)
assert sum(1 for _ in rows.map(lambda a: a * 2, num_parallel_calls=2)) == 8
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
model.compile("adam", "mse")
assert len(model.fit(x, y, epochs=2, verbose=0).history["loss"]) == 2
law = tfp.distributions.MultivariateNormalDiag(tf.zeros([2]), tf.ones([2]))
chain = tfp.mcmc.HamiltonianMonteCarlo(law.log_prob, 0.1, 2)
tfp.mcmc.sample_chain(5, tf.zeros([2]), kernel=chain, trace_fn=None)
"""


def proportional(field: str = "Pss") -> int:
    """PSS of all processes of the zygote's in bytes; ``Pss_Anon`` is the part that is no file's."""
    total = 0
    for pid in descendants(zygote_client.shared().pid):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))
    return total


def settled(field: str) -> int:
    """What the zygote takes alone: a kernel that has just ended still shares its pages for a moment."""
    before, taken = 0, proportional(field)
    while abs(taken - before) > 1 << 20:
        time.sleep(0.5)
        before, taken = taken, proportional(field)
    return taken


def processor_seconds(first_pid: int) -> float:
    """Processor time of a sandbox's processes, and of those that they have collected."""
    ticks = 0
    for pid in descendants(first_pid):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def starts(isolation: Isolation) -> list[float]:
    """Seconds from the request to the first reply."""
    seconds = []
    for _ in range(STARTS):
        kernel = SandboxedKernel({}, isolation=isolation)
        started = time.perf_counter()
        kernel.start()
        seconds.append(time.perf_counter() - started)
        kernel.close()
    return seconds


def memory(source: str, field: str = "Pss") -> float:
    """Bytes beyond the zygote, once a kernel has run a cell; the median of some kernels."""
    taken = []
    for _ in range(KERNELS):
        before = settled(field)
        with SandboxedKernel({}, Limits(cell_seconds=120.0)) as kernel:
            assert kernel.run_cell(source).status == "ok"
            taken.append(proportional(field) - before)
    return float(np.median(taken))


def graded(isolation: Isolation) -> tuple[float, float]:
    """Processor seconds in the sandbox and wall seconds of one perfect submission, medians."""
    problem_set = locate(PROBLEM_SET, ROOT)
    data = nbformat.writes(submission_notebook(problem_set)).encode()
    spent: list[float] = []
    close = SandboxedKernel.close

    def measured(self: SandboxedKernel) -> None:
        if self._cells is not None and self._cells.provisioner.first_pid:
            spent.append(processor_seconds(self._cells.provisioner.first_pid))
        close(self)

    wall = []
    SandboxedKernel.close = measured  # type: ignore[method-assign]
    try:
        for _ in range(GRADED + 1):
            report = grade_bytes(data, problem_set, GradingSettings.fresh(isolation)).report
            assert report.score == report.points, report
            wall.append(report.seconds)
    finally:
        SandboxedKernel.close = close  # type: ignore[method-assign]
    # The first one also imports TensorFlow on the trusted side.
    return float(np.median(spent[1:])), float(np.median(wall[1:]))


def forks() -> int:
    """Kernels of FORKS that run everything that starts threads in TensorFlow."""
    worked = 0
    for _ in range(FORKS):
        with SandboxedKernel({}, Limits(cell_seconds=120.0)) as kernel:
            worked += kernel.kind.endswith("(warm)") and kernel.run_cell(EVERYTHING).status == "ok"
    return worked


def traces() -> dict[str, int]:
    """What kernels could leave behind, counted."""
    sockets = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines()]
    return {
        "processes": len(set(descendants(os.getpid()))),
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "folders": len(files._owned),
        "sockets": sum(Path(path).parent in files._owned for path in sockets),
    }


def left_behind() -> dict[str, int]:
    """What SUBMISSIONS kernels leave, every fourth of which ends itself."""
    with SandboxedKernel({}):
        pass
    time.sleep(2)  # a supervisor ends a moment after it has reported
    before = traces()
    for number in range(SUBMISSIONS):
        with SandboxedKernel({"n.txt": b"1"}) as kernel:
            kernel.run_cell("import subprocess\nsubprocess.Popen(['/bin/sleep', '60'])")
            if number % 4 == 0:
                kernel.run_cell("import os\nos._exit(1)")
    time.sleep(2)
    return {name: count - before[name] for name, count in traces().items()}


def main() -> None:
    """Measures everything and writes the table."""
    path = Path(__file__).with_suffix(".md")
    lines = [
        "# Warm and cold kernels",
        "",
        f"Written by `python {path.with_suffix('.py').relative_to(ROOT)}`.",
    ]
    load = f"load average at the start {os.getloadavg()[0]:.1f}"
    machine = f"{os.cpu_count()} cores, Linux {os.uname().release}, Python {sys.version.split()[0]}"
    lines += [f"{machine}, {load}.", ""]
    lines += ["| | warm | cold |", "|---|---|---|"]

    def row(name: str, *figures: str) -> None:
        lines.append(f"| {name} | {' | '.join(figures)} |")
        print(lines[-1], flush=True)
        path.write_text("\n".join(lines) + "\n", "utf-8")

    started = time.perf_counter()
    zygote_client.shared()
    row("start of the zygote, once a process, s", f"{time.perf_counter() - started:.1f}", "none")
    both: Callable[[Isolation], list[float]] = starts
    figures = {way: both(isolation) for way, isolation in WAYS.items()}
    row("start to first reply, median s", *(f"{np.median(f):.2f}" for f in figures.values()))
    row("start to first reply, longest s", *(f"{max(f):.2f}" for f in figures.values()))
    for what, taken in {
        "idle": memory("import tensorflow as tf, keras, tensorflow_probability"),
        "after fit, XLA, MCMC": memory(EVERYTHING),
        "idle, memory of its own": memory("import tensorflow as tf", "Pss_Anon"),
        "after fit, XLA, MCMC, memory of its own": memory(EVERYTHING, "Pss_Anon"),
    }.items():
        row(f"memory beyond the zygote, {what}, MB", f"{taken / 1e6:.0f}", "not applicable")
    spent = [graded(isolation) for isolation in WAYS.values()]
    row(f"{PROBLEM_SET}, perfect: processor s in the sandbox", *(f"{cpu:.2f}" for cpu, _ in spent))
    row(f"{PROBLEM_SET}, perfect: wall s", *(f"{wall:.2f}" for _, wall in spent))
    row(
        "forks that run eager, fit, tf.function, XLA, tf.data, TFP", f"{forks()} of {FORKS}", "not applicable"
    )
    left = ", ".join(f"{count} {name}" for name, count in left_behind().items())
    row(f"left behind by {SUBMISSIONS} submissions", left, "not measured")


if __name__ == "__main__":
    main()
