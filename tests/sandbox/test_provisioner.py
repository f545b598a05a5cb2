"""The sandbox as a kernel like any other, for nbclient and its relatives."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from autograder.sandbox.isolation import Isolation
from autograder.sandbox.kernelspec import NAME, SandboxSpecManager, write_specification
from autograder.sandbox.limits import Limits

pytestmark = pytest.mark.sandbox

PROBE = "import os\nprint(os.getcwd(), os.getuid(), os.path.exists('/home'), open('beside.txt').read())"


def executed(client: NotebookClient) -> str:
    client.owns_km = True  # so that it ends the kernel, wherever the manager came from
    text = client.execute().cells[0].outputs[0]["text"]
    assert isinstance(text, str)
    return text


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "beside.txt").write_text("data")
    (tmp_path / "link").symlink_to("/etc/shadow")
    return tmp_path


def test_a_plain_nbclient_runs_in_the_sandbox_through_a_written_specification(
    isolated, folder, tmp_path_factory, monkeypatch
):
    data = tmp_path_factory.mktemp("jupyter")
    path = write_specification(data, Limits(open_files=77))
    assert (
        json.loads(path.read_text())["metadata"]["kernel_provisioner"]["config"]["limits"]["open_files"] == 77
    )
    monkeypatch.setenv("JUPYTER_PATH", str(data))
    notebook = new_notebook(
        cells=[new_code_cell(PROBE + "\nimport resource\nprint(resource.getrlimit(resource.RLIMIT_NOFILE))")]
    )
    client = NotebookClient(
        notebook, kernel_name=NAME, resources={"metadata": {"path": str(folder)}}, timeout=60
    )
    assert executed(client) == "/submission 1000 False data\n(77, 77)\n"


def test_a_specification_manager_serves_it_under_any_name(isolated, folder):
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=SandboxSpecManager(Limits()))
    notebook = new_notebook(cells=[new_code_cell(PROBE)])
    client = NotebookClient(notebook, km=manager, resources={"metadata": {"path": str(folder)}}, timeout=60)
    assert executed(client) == "/submission 1000 False data\n"


def test_an_interrupt_at_a_timeout_of_nbclients_own_reaches_the_kernel(isolated, folder):
    manager = AsyncKernelManager(kernel_spec_manager=SandboxSpecManager(Limits()))
    notebook = new_notebook(
        cells=[
            new_code_cell(
                "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('interrupted')"
            ),
            new_code_cell("print('next')"),
        ]
    )
    client = NotebookClient(notebook, km=manager, timeout=2, interrupt_on_timeout=True)
    assert executed(client) == "interrupted\n"
    assert notebook.cells[1].outputs[0]["text"] == "next\n"


ORDINARY = """
    import json, os, sys
    from autograder.sandbox.isolation import Isolation, doctor
    from autograder.sandbox.kernel import SandboxedKernel
    with SandboxedKernel({"a.txt": b"x"}, isolation=Isolation(sys.argv[1])) as kernel:
        source = "import os\\nprint(os.getuid(), open('a.txt').read(), os.listdir('/submission'))"
        printed = kernel.run_cell(source).outputs[0]["text"]
        kernel.run_cell("def f(x): return x * 2")
        value = kernel.call("f", (21,), {})
        folder = kernel._cells.provisioner.run_folder
        kind = kernel.kind
        first = kernel._cells.provisioner.first_pid
    print(json.dumps({
        "uid": os.geteuid(), "printed": printed, "value": value, "kind": kind,
        "statuses": sorted({layer.status for layer in doctor()}),
        "left": os.path.exists(folder) or os.path.exists(f"/proc/{first}"),
    }))
"""

LEND_A_USER = Path(__file__).parents[1] / "hostile" / "ordinary_user.py"


def test_an_ordinary_user_gets_the_same_sandbox(isolation):
    script = textwrap.dedent(ORDINARY)
    command = [sys.executable, str(LEND_A_USER), sys.executable, "-c", script, isolation.value]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["uid"] != 0
    assert said["kind"] == ("bubblewrap (warm)" if isolation is Isolation.BUBBLEWRAP else "bubblewrap")
    assert said["printed"] == "1000 x ['a.txt']\n" and said["value"] == 42
    assert "missing" not in said["statuses"]
    assert not said["left"]
