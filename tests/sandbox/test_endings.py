"""Cells and calls that do not end, and kernels that end or are ended."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

from autograder.errors import CallTimeout, KernelDied

pytestmark = pytest.mark.sandbox


def processes_with(marker: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "import time\nwhile True:\n    try: time.sleep(100)\n    except BaseException: pass",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "def f():\n    f()\nwhile True:\n    try: f()\n    except RecursionError: pass",
    ],
    ids=["loop", "swallowed interrupt", "stopped process", "recursion"],
)
def test_a_cell_that_does_not_end_is_killed_at_its_limit(sandbox, source):
    kernel = sandbox(cell_seconds=1.0)
    run = kernel.run_cell(f"import time\nprint('before', flush=True)\ntime.sleep(0.3)\n{source}")
    assert run.status == "timeout"
    assert run.reason == "a cell did not finish within 1 s"
    assert run.outputs[0]["text"].startswith("before")
    assert not kernel.alive
    assert kernel.run_cell("1").reason == "not run: a cell did not finish within 1 s"


def test_a_call_that_does_not_return_is_killed_at_its_limit(sandbox):
    kernel = sandbox(call_seconds=0.5)
    kernel.run_cell("def f():\n    while True: pass")
    with pytest.raises(
        CallTimeout, match=r"`f` did not return within 0.5 s; the limit is limits.call_seconds"
    ):
        kernel.call("f", (), {})
    assert not kernel.alive
    with pytest.raises(KernelDied, match="`f` was not called: `f` did not return"):
        kernel.call("f", (), {})


def test_a_reply_that_drips_does_not_outlast_the_limit(sandbox):
    kernel = sandbox(call_seconds=1.0)
    kernel.run_cell(
        "import struct, time\nfrom autograder.sandbox import agent\n"
        "def f():\n    agent._send(struct.pack('<I', 1000))\n    while True:\n"
        "        agent._send(b' ')\n        time.sleep(0.05)"
    )
    with pytest.raises(CallTimeout):
        kernel.call("f", (), {})


def test_all_cells_and_calls_together_have_a_limit(sandbox):
    kernel = sandbox(notebook_seconds=4.0, cell_seconds=4.0, call_seconds=4.0)
    kernel.run_cell("import time\ndef f(): time.sleep(1.5)")
    kernel.call("f", (), {})
    assert kernel.run_cell("time.sleep(1.5)").status == "ok"
    # On a busy machine the second that is left may be gone before the call.
    with pytest.raises((CallTimeout, KernelDied), match=r"limits.notebook_seconds|notebook used up its"):
        kernel.call("f", (), {})
    assert kernel.run_cell("1").status == "timeout"


@pytest.mark.slow
def test_processor_time_has_a_limit_of_its_own(sandbox):
    run = sandbox(cpu_seconds=2).run_cell("while True: pass")
    assert run.status == "died" and "limits.cpu_seconds" in run.reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("os._exit(0)", "exit status 0"),
        ("os._exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "it was killed"),
        ("os.abort()", "it aborted"),
        ("import ctypes; ctypes.string_at(0)", "segmentation fault"),
    ],
)
def test_a_cell_that_ends_the_kernel_says_how(sandbox, source, reason):
    kernel = sandbox()
    run = kernel.run_cell(f"import os, time\nprint('before', flush=True)\ntime.sleep(0.3)\n{source}")
    assert run.status == "died" and reason in run.reason
    assert run.outputs[0]["text"].startswith("before")
    assert run.seconds < 5


def test_a_call_that_ends_the_kernel_is_told_apart_from_one_that_raises(sandbox):
    kernel = sandbox()
    kernel.run_cell("import os\ndef f(): os._exit(0)")
    with pytest.raises(KernelDied, match="`f` ended the notebook's kernel before it answered"):
        kernel.call("f", (), {})
    assert not kernel.alive


def test_nothing_outlives_the_kernel(sandbox):
    marker = f"12345.{uuid.uuid4().int % 10**12}"
    kernel = sandbox()
    kernel.run_cell(
        "import os, subprocess, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen(['/usr/bin/setsid', '/bin/sleep', '{marker}'])\n"
        "if os.fork() == 0:\n    os.setsid()\n"
        f"    os.execv('/bin/sleep', ['sleep', '{marker}'])"
    )
    deadline = time.monotonic() + 5
    while len(processes_with(marker)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(processes_with(marker)) == 2  # the test sees them while they live
    run_folder = kernel._cells.provisioner.run_folder
    kernel.close()
    assert processes_with(marker) == []
    assert not run_folder.exists()


def test_nothing_outlives_a_kernel_that_was_killed_at_its_limit(sandbox):
    marker = f"12345.{uuid.uuid4().int % 10**12}"
    kernel = sandbox(cell_seconds=1.0)
    kernel.run_cell(f"import subprocess\nsubprocess.run(['/bin/sleep', '{marker}'])")
    kernel.close()
    assert processes_with(marker) == []


def test_nothing_outlives_a_grader_that_is_killed(isolation):
    marker = f"12345.{uuid.uuid4().int % 10**12}"
    source = f"import subprocess; child = subprocess.Popen(['/usr/bin/setsid', '/bin/sleep', '{marker}'])"
    grader = (
        "import sys, time\nfrom autograder.sandbox.isolation import Isolation\n"
        "from autograder.sandbox.kernel import SandboxedKernel\n"
        "kernel = SandboxedKernel({}, isolation=Isolation(sys.argv[2]))\n"
        "kernel.start()\nkernel.run_cell(sys.argv[1])\n"
        "print(kernel._cells.provisioner.run_folder, flush=True)\ntime.sleep(60)"
    )
    command = [sys.executable, "-c", grader, source, isolation.value]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = process.stdout.readline().strip()
        # The marker is in the grader's own command line too: what counts is what sleeps.
        assert len(processes_with(f"sleep\0{marker}")) == 1
        process.kill()
    deadline = time.monotonic() + 5
    while processes_with(f"sleep\0{marker}") and time.monotonic() < deadline:
        time.sleep(0.02)
    left = processes_with(f"sleep\0{marker}")
    shutil.rmtree(folder)
    assert left == []


def test_kernels_leave_no_descriptors_threads_or_children_behind(sandbox):
    sandbox().close()  # what is made once, is made
    gc.collect()
    others = children()  # the zygote, and what other tests of this process keep
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    for source in ("1", "import os; os._exit(1)"):
        kernel = sandbox()
        kernel.run_cell(source)
        kernel.close()
    gc.collect()
    deadline = time.monotonic() + 5  # the thread that reads stderr ends a moment later
    while threading.active_count() > before[1] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before
    # Nothing waits to be collected, and no sandbox runs but those that ran before. A helper that another
    # test of this process keeps (a Dask worker, say) may start at any time and is not ours to count.
    left = {pid: what for pid, what in children().items() if pid not in others}
    assert [what for what in left.values() if not what or "bwrap" in what] == []


def children() -> dict[int, str]:
    """The processes that this one started and has not collected; a dead one's command line is empty."""
    found = {}
    for thread in Path("/proc/self/task").iterdir():
        try:
            for pid in (thread / "children").read_text().split():
                found[int(pid)] = Path("/proc", pid, "cmdline").read_text().replace("\0", " ")
        except OSError:  # the thread, or the child, ended between the two looks
            continue
    return found
