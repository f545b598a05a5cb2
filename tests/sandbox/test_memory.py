"""Memory and processes; each bomb runs with its limits set."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.sandbox


def test_memory_of_a_process_is_bounded(sandbox):
    kernel = sandbox(memory_bytes=512 << 20)
    run = kernel.run_cell("x = bytearray(700 << 20)")
    assert run.status == "error" and run.reason.startswith("MemoryError")
    assert kernel.run_cell("y = bytearray(100 << 20)").status == "ok"


def test_memory_of_all_processes_is_bounded(sandbox):
    kernel = sandbox(memory_bytes=512 << 20, total_memory_bytes=400 << 20, cell_seconds=20.0)
    run = kernel.run_cell(
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        held = bytearray(os.urandom(1)) * (150 << 20)\n        time.sleep(60)\n"
        "        os._exit(0)\ntime.sleep(15)"
    )
    assert run.status == "died" and run.reason == "the notebook took more than 400 MiB of memory"


def test_shared_pages_of_forked_workers_count_once(sandbox):
    kernel = sandbox(memory_bytes=1 << 30, total_memory_bytes=400 << 20)
    run = kernel.run_cell(
        "import os, time\nheld = bytearray(os.urandom(1)) * (150 << 20)\n"
        "pids = []\nfor _ in range(4):\n    pid = os.fork()\n    if pid == 0:\n"
        "        time.sleep(1)\n        os._exit(0)\n"
        "    pids.append(pid)\nfor pid in pids: os.waitpid(pid, 0)"
    )
    assert run.status == "ok", run


def test_a_fork_bomb_hits_the_process_limit(sandbox):
    kernel = sandbox(processes=64, cell_seconds=10.0)
    run = kernel.run_cell(
        "import os, time\nn = 0\ntry:\n    while n < 500:\n        if os.fork() == 0:\n"
        "            time.sleep(5)\n            os._exit(0)\n"
        "        n += 1\nexcept BlockingIOError:\n    print('stopped at', n)"
    )
    assert run.outputs[0]["text"].startswith("stopped at")
    assert int(run.outputs[0]["text"].split()[-1]) < 64


def test_threads_count_as_processes(sandbox):
    kernel = sandbox(processes=64)
    run = kernel.run_cell(
        "import threading, time\n"
        "for _ in range(200): threading.Thread(target=time.sleep, args=(3,), daemon=True).start()"
    )
    assert run.status == "error" and "can't start new thread" in run.reason


def test_the_peak_is_what_was_held_at_most_and_stays_known(sandbox):
    kernel = sandbox(memory_bytes=2 << 30)
    assert kernel.run_cell("1").status == "ok"
    before = kernel.peak_bytes
    assert kernel.run_cell("x = bytearray(b'a') * (300 << 20); del x").status == "ok"
    kernel.close()
    # The pages were given back before anybody looked; the kernel's own high-water mark has them.
    assert 290 << 20 <= kernel.peak_bytes - before <= 400 << 20
