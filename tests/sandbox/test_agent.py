"""Students who replace the agent."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.errors import StudentError

pytestmark = pytest.mark.sandbox


REPLACED = [
    ("from autograder import wire\nwire.dumps = lambda *a, **k: b'garbage'", "."),
    ("from autograder import wire\nwire.read = lambda *a, **k: {'bye': 1}", "."),
    ("from autograder import calling\ncalling.call = lambda *a: 42", None),
    (
        "from autograder.sandbox import agent\nagent._answer = lambda *a: b'\\xff' * 100",
        "answer that cannot be read",
    ),
    (
        "from autograder.sandbox import agent\nagent._answer = lambda *a: b'\\2\\0\\0\\0{}'",
        "answer that cannot be read",
    ),
    ("from autograder.sandbox import agent\nagent.serve = lambda: None", "."),
    ("import json\njson.dumps = lambda *a, **k: 'null'", "."),
    (
        "from autograder import wire\nfrom autograder.sandbox import agent\n"
        "agent._answer = lambda *a: wire.dumps({'id': 99, 'value': 1})",
        "`f` gave an answer that is not the reply to its call",
    ),
    (
        "from autograder import wire\nfrom autograder.sandbox import agent\n"
        "agent._answer = lambda *a: wire.dumps({'id': 1, 'value': 1, 'passed': True})",
        "`f` gave an answer that is not the reply to its call",
    ),
    (
        "from autograder import wire\nfrom autograder.sandbox import agent\n"
        "agent._answer = lambda *a: wire.dumps({'id': 1, 'error': [1]})",
        "`f` gave an answer that is not the reply to its call",
    ),
]


@pytest.mark.parametrize(("source", "error"), REPLACED)
def test_who_replaces_the_agent_changes_no_more_than_their_own_answers(sandbox, source, error):
    kernel = sandbox(call_seconds=1.0)
    kernel.run_cell(f"def f(x): return x\n{source}")
    if error is None:
        assert kernel.call("f", (1.0,), {}) == 42
    else:
        with pytest.raises(StudentError, match=error):
            kernel.call("f", (1.0,), {})
        assert not kernel.alive


def test_a_reply_written_in_advance_is_taken_for_an_answer_once_and_then_ends_the_kernel(sandbox):
    kernel = sandbox()
    kernel.run_cell(
        "from autograder import wire\nfrom autograder.sandbox import agent\n"
        "agent._send(wire.dumps({'id': 1, 'value': 'forged'}))\ndef f(): return 'true'"
    )
    assert kernel.call("f", (), {}) == "forged"
    with pytest.raises(StudentError, match="not the reply to its call"):
        kernel.call("f", (), {})
    assert not kernel.alive


def test_code_and_larger_arrays_than_allowed_are_not_accepted_from_inside(sandbox):
    for reply in (
        "wire.dumps({'id': 1, 'value': Code('lambda: 1')})",
        "header({'dict': {'id': 1, 'value': {'array': ['<f8', [1 << 30]]}}})",
        "header({'dict': {'id': 1, 'value': {'array': ['|O', [1]]}}})",
        "header({'dict': {'id': 1, 'value': {'array': ['<f8', [-1]]}}})",
        "struct.pack('<I', 1 << 31)",
    ):
        kernel = sandbox(call_seconds=2.0)
        kernel.run_cell(
            "import json, struct\nfrom autograder import wire\nfrom autograder.callables import Code\n"
            "from autograder.sandbox import agent\n"
            "def header(h):\n    h = json.dumps(h).encode()\n    return struct.pack('<I', len(h)) + h\n"
            f"agent._answer = lambda *a: {reply}\ndef f(): pass"
        )
        with pytest.raises(StudentError, match="gave an answer that cannot be read"):
            kernel.call("f", (), {})
        assert not kernel.alive


def test_two_processes_that_answer_one_call_end_the_kernel(sandbox):
    kernel = sandbox()
    kernel.run_cell("import os\ndef f():\n    os.fork()\n    return 1")
    assert kernel.call("f", (), {}) == 1
    with pytest.raises(StudentError):
        for _ in range(3):
            kernel.call("f", (), {})
    assert not kernel.alive


def test_patched_numpy_changes_only_what_is_sent(sandbox):
    kernel = sandbox(call_seconds=1.0)
    kernel.run_cell(
        "import numpy as np\nnp.asarray = lambda *a, **k: 'fooled'\nnp.frombuffer = None\ndef f(x): return x"
    )
    with pytest.raises(StudentError):
        kernel.call("f", (np.ones(3),), {})
    assert np.asarray([1.0]).sum() == 1.0
