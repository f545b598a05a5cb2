"""Kernels forked from a zygote: that they work, and that nothing passes from one to the next.

What holds for warm and cold kernels alike is tested beside, on both.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from ast import literal_eval
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.errors import SandboxError
from autograder.grading import submission
from autograder.grading.execution import Execution
from autograder.grading.repair import Repaired
from autograder.grading.settings import GradingSettings
from autograder.results import Report
from autograder.sandbox import bubblewrap, files, zygote_client
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.kernel import SandboxedKernel
from autograder.sandbox.limits import Limits
from autograder.sandbox.memory import descendants

pytestmark = pytest.mark.sandbox

Open = Callable[..., SandboxedKernel]


@pytest.fixture
def warm(isolated: None) -> Iterator[Open]:
    """Opens warm kernels, and closes them after the test."""
    try:
        zygote_client.shared()
    except SandboxError as error:
        pytest.skip(f"no warm kernels on this machine: {error}")
    opened: list[SandboxedKernel] = []

    def start(files: dict[str, bytes] | None = None, **limits: Any) -> SandboxedKernel:
        opened.append(SandboxedKernel(files or {}, Limits(**limits)))
        opened[-1].start()
        assert opened[-1].kind == "bubblewrap (warm)"
        return opened[-1]

    yield start
    for kernel in opened:
        kernel.close()


def printed(kernel: SandboxedKernel, source: str) -> Any:
    """The value of what a cell prints."""
    run = kernel.run_cell(source)
    assert run.status == "ok", run
    return literal_eval("".join(output.get("text", "") for output in run.outputs))


EVERYTHING = """
import numpy as np, tensorflow as tf, keras, tensorflow_probability as tfp
x = tf.random.normal([64, 4])
y = tf.reduce_sum(x**2, axis=1, keepdims=True)
eager = tf.linalg.matmul(x, x, transpose_b=True)
graph = tf.function(lambda a: tf.reduce_sum(tf.sin(a)))(x)
compiled = tf.function(lambda a: tf.reduce_sum(tf.sin(a)), jit_compile=True)(x)
rows = tf.data.Dataset.from_tensor_slices(x).shuffle(64).batch(8).prefetch(2)
batches = sum(1 for _ in rows.map(
    lambda a: a * 2, num_parallel_calls=2))
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
model.compile("adam", "mse")
history = model.fit(x, y, epochs=2, verbose=0).history["loss"]
law = tfp.distributions.MultivariateNormalDiag(tf.zeros([2]), tf.ones([2]))
chain = tfp.mcmc.HamiltonianMonteCarlo(law.log_prob, 0.1, 2)
draws = tfp.mcmc.sample_chain(5, tf.zeros([2]), kernel=chain, trace_fn=None)
solved = np.linalg.solve(np.eye(300) * 2, np.ones(300))
print((bool(abs(graph - compiled) < 1e-3), batches, len(history), tuple(draws.shape), float(solved[0]),
       tuple(eager.shape)))
"""


@pytest.mark.slow
def test_forks_run_eager_compiled_and_parallel_code(warm):
    # A fork of a process that had run one operation waits for threads that are not there: every time.
    for _ in range(3):
        said = printed(warm(cell_seconds=60.0), EVERYTHING)
        assert said == (True, 8, 2, (5, 2), 0.5, (64, 64))


def test_forks_draw_different_numbers(warm):
    # A generator that the zygote had started would give all of its forks the same stream.
    source = (
        "import random, uuid, tempfile, numpy as np, tensorflow as tf, keras, tensorflow_probability as tfp\n"
        "print([random.random(), float(np.random.normal()), float(np.random.default_rng().normal()),\n"
        "       float(tf.random.normal([])), float(tf.random.get_global_generator().normal([])),\n"
        "       float(keras.random.normal([])), float(tfp.distributions.Normal(0., 1.).sample()),\n"
        "       str(uuid.uuid4()), tempfile.mktemp(), int.from_bytes(__import__('os').urandom(4), 'big')])"
    )
    first, second = printed(warm(), source), printed(warm(), source)
    assert [a for a, b in zip(first, second, strict=True) if a == b] == []


def test_nothing_of_one_kernel_reaches_the_next(warm):
    spoil = (
        "import builtins, os, pathlib, sys, numpy, tensorflow as tf, keras\n"
        "numpy.asarray = builtins.mine = tf.constant = lambda *a, **k: 'mine'\n"
        "from autograder import wire\nwire.loads = None\n"
        "os.environ['MINE'] = '1'; sys.path.insert(0, '/mine'); sys.modules['mine'] = sys\n"
        "keras.utils.set_random_seed(7); keras.config.set_floatx('float64')\n"
        "for folder in ('/tmp', '/tmp/home', '/dev/shm', '/submission'):\n"
        "    pathlib.Path(folder, 'mine').write_text('x')\n"
        "terminal = os.openpty()\n"
        "print(sorted(os.listdir('/dev/pts')))"
    )
    look = (
        "import builtins, os, pathlib, sys, numpy, tensorflow as tf, keras\n"
        "from autograder import wire\n"
        "print([hasattr(builtins, 'mine'), int(numpy.asarray([1]).sum()) == 1, wire.loads is None,\n"
        "       'MINE' in os.environ, '/mine' in sys.path, 'mine' in sys.modules, keras.config.floatx(),\n"
        "       [f for f in ('/tmp', '/tmp/home', '/dev/shm', '.') if os.path.exists(f'{f}/mine')],\n"
        "       sorted(os.listdir('/dev/pts'))])"
    )
    first = warm()  # it stays open: what runs at the same time is kept apart as well
    assert printed(first, spoil) == ["0", "ptmx"]
    assert printed(warm(), look) == [False, True, False, False, False, False, "float32", [], ["ptmx"]]
    first.close()
    assert printed(warm(), look) == [False, True, False, False, False, False, "float32", [], ["ptmx"]]


def test_a_kernel_holds_nothing_of_the_zygotes(warm):
    source = (
        "import os, socket, stat\nfound = []\n"
        "for name in os.listdir('/proc/self/fd'):\n"
        "    try: mode = os.fstat(int(name)).st_mode\n    except OSError: continue\n"
        "    target = os.readlink('/proc/self/fd/' + name)\n"
        "    if stat.S_ISSOCK(mode):\n"
        "        s = socket.socket(fileno=os.dup(int(name)))\n"
        "        if s.type == socket.SOCK_SEQPACKET: found.append('control')\n"
        "        s.close()\n"
        "    elif 'memfd' in target or 'pidfd' in target or 'stage' in target: found.append(target)\n"
        "try: found.append(os.listdir('/proc/1/fd'))\nexcept PermissionError: pass\n"
        "print(found)"
    )
    assert printed(warm({"a.txt": b"a"}), source) == []


SEEN = """
import os, resource, socket, sys
print({
    "environment": dict(os.environ), "folder": os.getcwd(),
    "ids": (os.getuid(), os.getgid(), os.getgroups()),
    "host": socket.gethostname(), "path": sys.path, "umask": os.umask(0o22),
    "root": sorted(set(os.listdir("/")) - {"run"}), "dev": sorted(os.listdir("/dev")),
    "etc": sorted(os.listdir("/etc")),
    "files": sorted(os.listdir(".")), "session": os.getsid(0),
    "history": get_ipython().history_manager.hist_file,
    "limits": {n: resource.getrlimit(getattr(resource, "RLIMIT_" + n))
               for n in ("NPROC", "NOFILE", "FSIZE", "CPU", "CORE", "MSGQUEUE", "STACK", "AS", "MEMLOCK")},
    "signals": [line for line in open("/proc/self/status") if line.startswith(("SigBlk", "SigIgn"))],
    "frozen": __import__("gc").get_threshold(),
})
"""


def test_a_warm_kernel_looks_like_a_cold_one(warm):
    with SandboxedKernel({"a.txt": b"a"}, isolation=Isolation.BUBBLEWRAP_COLD) as kernel:
        cold = printed(kernel, SEEN)
    seen = printed(warm({"a.txt": b"a"}), SEEN)
    assert {name: (seen[name], cold[name]) for name in seen if seen[name] != cold[name]} == {}


def test_a_warm_kernel_may_take_its_memory_limit_beyond_what_it_shares(warm):
    source = "import resource\nprint(resource.getrlimit(resource.RLIMIT_DATA))"
    limit = (1 << 30) + zygote_client.shared().data_bytes
    assert printed(warm(memory_bytes=1 << 30), source) == (limit, limit)


def own_memory(pids: set[int]) -> int:
    """Memory that is no file's: who pays for pages of a file depends on who else on the machine maps it."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it has just ended
        total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss_Anon:"))
    return total


def alone(zygote: int) -> int:
    """What the zygote takes alone: a kernel that is just ending still shares its pages, and is no child."""
    before, taken = 0, own_memory(set(descendants(zygote)))
    for _ in range(40):
        if taken - before < 1 << 20:
            break
        time.sleep(0.5)
        before, taken = taken, own_memory(set(descendants(zygote)))
    return taken


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the memory of a sandbox's first process")
def test_a_warm_kernel_costs_little_memory_beyond_the_zygote(warm):
    zygote = zygote_client.shared().pid
    before = alone(zygote)
    kernel = warm()
    assert kernel.run_cell("import tensorflow as tf").status == "ok"
    assert own_memory(set(descendants(zygote))) - before < 150 << 20


def test_a_zygote_that_dies_takes_its_kernel_and_is_replaced(warm):
    kernel = warm()
    zygote = zygote_client.shared()
    killer = threading.Timer(0.5, os.kill, (zygote.pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(SandboxError, match=r"lost with the zygote .*worth another try"):
        kernel.run_cell("import time\ntime.sleep(20)")
    killer.join()
    assert not zygote.alive and not kernel.alive
    assert printed(warm(), "print(1)") == 1
    assert zygote_client.shared() is not zygote


def test_a_call_during_which_the_zygote_dies_is_not_the_students_fault(warm):
    kernel = warm()
    kernel.run_cell("import time\ndef f(): time.sleep(20)")
    killer = threading.Timer(0.5, os.kill, (zygote_client.shared().pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(SandboxError, match="lost with the zygote"):
        kernel.call("f", (), {})
    killer.join()


def test_a_kernel_that_ends_itself_is_not_lost(warm):
    kernel = warm()
    assert kernel.run_cell("import os\nos.kill(os.getpid(), 9)").reason == "the kernel ended: it was killed"


@pytest.fixture
def fresh(isolated: None) -> Iterator[None]:
    """A test that starts without a zygote, and after which the next one gets another."""
    zygote_client.close()
    yield
    zygote_client.close()


def test_where_the_zygote_may_make_no_namespaces_kernels_are_cold(isolated, fresh, monkeypatch):
    options = bubblewrap.Sandbox._isolation
    monkeypatch.setattr(bubblewrap.Sandbox, "_isolation", lambda self: [*options(self), "--disable-userns"])
    for _ in range(2):
        with SandboxedKernel({"a.txt": b"a"}) as kernel:
            assert kernel.kind == "bubblewrap"
            assert "new namespaces" in kernel._cells.provisioner.cold_because
            assert printed(kernel, "print(open('a.txt').read() == 'a')") is True
    assert zygote_client.state()["started"] == 1  # it is not tried again and again
    assert not zygote_client.state()["alive"]


def test_where_no_zygote_starts_kernels_are_cold_and_say_why(isolated, fresh, monkeypatch):
    monkeypatch.setattr(zygote_client, "_MODULE", "autograder.no_such_module")
    with SandboxedKernel({}) as kernel:
        assert kernel.kind == "bubblewrap"
        assert "a zygote did not start" in kernel._cells.provisioner.cold_because
        assert "no_such_module" in kernel._cells.provisioner.cold_because
        assert printed(kernel, "print(1)") == 1
    assert not files._owned


def test_a_zygote_that_dies_again_and_again_is_given_up(fresh, monkeypatch):
    monkeypatch.setattr(zygote_client, "MAX_ZYGOTES", 0)
    with pytest.raises(SandboxError, match="a zygote has died too often"):
        zygote_client.shared()
    with pytest.raises(SandboxError, match=r"no zygote runs here .*too often"):
        zygote_client.shared()


def traces() -> dict[str, object]:
    """What a kernel could leave behind; of this process only, since others may grade beside it."""
    folders = set(files._owned)
    sockets = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines()]
    return {
        "processes": set(descendants(os.getpid())),
        "mounts": Path("/proc/self/mountinfo").read_text(),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "folders": {path for path in folders if path.exists()},
        "sockets": {path for path in sockets if Path(path).parent in folders},
    }


def test_twenty_submissions_leave_nothing_behind(warm):
    warm().close()
    before = settled(None)
    for number in range(20):
        with SandboxedKernel({"n.txt": str(number).encode()}) as kernel:
            assert len(traces()["sockets"]) == 5  # they are seen while they are there
            kernel.run_cell("import subprocess\nsubprocess.Popen(['/bin/sleep', '60'])\nopen('/tmp/x', 'w')")
            if number % 4 == 0:
                kernel.run_cell("import os\nos._exit(1)")
    assert settled(before) == before


def settled(expected: dict[str, object] | None) -> dict[str, object]:
    """The traces once they are as expected, or have stayed the same for a while: a supervisor ends a moment
    after it has reported."""
    deadline, last = time.monotonic() + 5, traces()
    while last != expected and time.monotonic() < deadline:
        time.sleep(0.5)
        last, before = traces(), last
        if expected is None and last == before:
            break
    return last


def test_a_zygote_ends_with_a_grader_that_is_killed(isolated):
    grader = (
        "import os, time\nfrom autograder.sandbox import zygote_client\n"
        "from autograder.sandbox.memory import descendants\n"
        "zygote_client.shared()\nprint(*set(descendants(os.getpid())) - {os.getpid()}, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", grader], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = process.stdout.readline().split()
        assert len(pids) >= 3  # bubblewrap, its first process, the zygote
        process.kill()
    deadline = time.monotonic() + 5
    while (left := [pid for pid in pids if running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []


def running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("losses", [1, 2])
def test_a_submission_whose_kernel_was_lost_is_tried_once_more(monkeypatch, losses):
    calls = []

    def grade_cells(notebook, problem_set, settings):
        calls.append(notebook["cells"][0])
        notebook["cells"][0] = "executed"
        if len(calls) <= losses:
            raise SandboxError("a kernel was lost")
        return submission.Graded(Report("ps"), notebook)

    monkeypatch.setattr(submission, "read_submission", lambda data: data)
    monkeypatch.setattr(submission, "repair", lambda data, release: Repaired({"cells": ["as it came"]}, ()))
    monkeypatch.setattr(submission, "grade_cells", grade_cells)
    problem_set: Any = SimpleNamespace(release_notebook=None)
    if losses == 1:
        assert submission.grade_bytes(b"", problem_set, GradingSettings(b"x")).report.problem_set == "ps"
    else:
        with pytest.raises(SandboxError, match="a kernel was lost"):
            submission.grade_bytes(b"", problem_set, GradingSettings(b"x"))
    # The second attempt starts from the notebook as it was handed in.
    assert calls == ["as it came"] * 2


def test_a_check_that_takes_a_lost_kernel_for_the_students_fault_is_not_believed(monkeypatch):
    execution = Execution({}, GradingSettings(b"x"))

    def lost(*args):
        raise SandboxError("a kernel was lost")

    gone = SimpleNamespace(call=lost, close=lambda: None, killed=False, peak_bytes=0)
    monkeypatch.setattr(execution, "_kernel", gone)
    with execution, pytest.raises(SandboxError):
        execution.call("f", (), {})
    assert str(execution.lost) == "a kernel was lost"
