"""Floods of output, and messages that no kernel sends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.errors import CallTimeout, KernelDied

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    "source",
    [
        "while True: print('x' * 1000)",
        "print('x' * 50_000_000)",
        "from IPython.display import display\nwhile True: display(1)",
        "import os\nwhile True: os.write(1, b'x' * 4096)",
        "from IPython.display import display, HTML\ndisplay(HTML('x' * 3_000_000))",
        "raise ValueError('x' * 3_000_000)",
    ],
    ids=["endless", "one huge print", "endless displays", "raw descriptor", "huge html", "huge error"],
)
def test_a_flood_of_output_ends_the_kernel_and_is_cut(sandbox, source):
    kernel = sandbox(cell_seconds=20.0, output_bytes=500_000, output_messages=300, message_bytes=100 << 20)
    run = kernel.run_cell(f"print('before', flush=True)\n{source}")
    assert run.status == "output_limit", run
    assert (
        run.reason == "a cell printed or displayed more than 500,000 bytes" or "more than 300" in run.reason
    )
    assert len(repr(run.outputs)) < 1_000_000
    assert not kernel.alive


def test_a_message_over_the_size_limit_is_never_read(sandbox):
    # The connection is closed instead; the cell then runs into its time limit, or loses this one output.
    kernel = sandbox(cell_seconds=2.0, message_bytes=1 << 20)
    run = kernel.run_cell("print('x' * 50_000_000)")
    assert len(repr(run.outputs)) < 1 << 20


def test_output_of_the_whole_notebook_is_bounded(sandbox):
    kernel = sandbox(notebook_output_bytes=400_000)
    runs = [kernel.run_cell("print('x' * 100_000)").status for _ in range(6)]
    assert runs[:3] == ["ok"] * 3 and runs[-1] == "output_limit"


def test_output_during_calls_cannot_fill_the_grader(sandbox):
    kernel = sandbox(call_seconds=2.0)
    kernel.run_cell("def f():\n    while True: print('x' * 1000)")
    before = resident()
    # The call is out of time, or its kernel ends over one output beyond limits.message_bytes.
    with pytest.raises((CallTimeout, KernelDied)):
        kernel.call("f", (), {})
    assert resident() - before < 100 << 20


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


FORGER = """
from functools import partial
shell = get_ipython().kernel
session, iopub = shell.session, shell.iopub_socket
send = partial(session.send, iopub, parent=shell.get_parent())
deep = 1
for _ in range(400): deep = [deep]
deep = {'name': 'stdout', 'text': deep}
"""
FORGERIES = [
    "send('stream', content={'name': 5, 'text': {'a': []}})",
    "send('display_data', content={'data': 7, 'metadata': 1, 'transient': 3})",
    "send('display_data', content={'data': {'text/html': 3}, 'metadata': {}})",
    "send('status', content={})",
    "send('comm_open', content={'data': 3, 'comm_id': []})",
    "send('error', content={'ename': 1, 'evalue': [], 'traceback': 'x'})",
    "iopub.send_multipart([b'nonsense'])",
    "iopub.send_multipart([b'kernel', b'<IDS|MSG>', b'', b'{', b'{', b'{', b'{'])",
    "send('stream', content=deep)",
    "send('clear_output', content={'wait': []}, parent=7)",
    "send('update_display_data', content={'data': {}, 'transient': {'display_id': []}})",
    "session.pack = lambda obj: b'[[[[1]]]]'",
    "session.key = b'other'",
    "import json; json.dumps = lambda *a, **k: '7'",
]


@pytest.mark.slow
def test_malformed_messages_end_the_kernel_and_not_the_grader(sandbox):
    for forgery in FORGERIES:
        kernel = sandbox(cell_seconds=2.0)
        run = kernel.run_cell(FORGER + forgery)
        assert run.status in ("ok", "error", "died", "timeout"), forgery
        for output in run.outputs:
            assert output["output_type"] in ("stream", "display_data", "execute_result", "error"), forgery
            if output["output_type"] == "stream":
                assert isinstance(output["text"], str), forgery
        kernel.run_cell("1")
        kernel.close()
