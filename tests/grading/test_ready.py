"""Workers are forked from a server that has imported much and started nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grading import worker_imports
from autograder.grading.ready import libraries_of
from autograder.grading.remote import ENVIRONMENT

LOOK = """
import json, os, sys
import autograder.grading.worker_imports
from tensorflow.python.eager import context
state = context._context
print(json.dumps({
    "threads": len(os.listdir("/proc/self/task")),
    "runtime": state is not None and state._initialized,
    "loaded": [m for m in ("keras", "autograder.grading.submission", "nbgrader") if m in sys.modules],
    "variable": os.environ.get("AUTOGRADER_WORKER_IMPORTS"),
}))
pid = os.fork()
if pid == 0:
    import tensorflow as tf
    assert float(tf.reduce_sum(tf.function(lambda x: x * x)(tf.ones(3)))) == 3.0
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.slow
def test_the_server_of_workers_has_no_thread_and_has_run_no_operation() -> None:
    environment = os.environ | ENVIRONMENT | {worker_imports.VARIABLE: "keras tensorflow"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    said, ended = done.stdout.splitlines()
    assert json.loads(said) == {
        "threads": 1,
        "runtime": False,
        "loaded": ["keras", "autograder.grading.submission"],  # a second of nbgrader is nothing for a worker
        "variable": None,
    }
    assert ended == "7"  # TensorFlow works in a fork


def test_importing_the_module_elsewhere_imports_nothing() -> None:
    probe = (
        "import sys, autograder.grading.worker_imports\n"
        "print([m for m in ('tensorflow', 'distributed', 'nbformat') if m in sys.modules])"
    )
    environment = {name: value for name, value in os.environ.items() if name != worker_imports.VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_what_solutions_import_is_read_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "reference.py").write_text(
        "import os\nimport tensorflow as tf\nraise SystemExit\ndef f():\n    from keras.layers import Dense\n"
    )
    (tmp_path / "checks.py").write_text(
        "from . import reference\nfrom scipy import stats\nimport unknown_library\n"
    )
    (tmp_path / "variants.py").write_text("this does not parse (\n")
    assert libraries_of(tmp_path) == ["keras", "scipy", "tensorflow"]
    assert libraries_of(tmp_path / "missing") == []
