"""One zygote for several processes: they share its imports and nothing else, and outlive it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import zygote_client
from autograder.sandbox.kernel import SandboxedKernel
from autograder.sandbox.zygote_connection import WarmKernel
from autograder.sandbox.zygote_door import door
from autograder.sandbox.zygote_visit import DOOR_VARIABLE, Visit, visit

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("isolated")]

WORKER = """
import json, sys
from autograder.sandbox import zygote_client
from autograder.sandbox.kernel import SandboxedKernel
with SandboxedKernel({}) as kernel:
    kernel.run_cell("open('/tmp/mine', 'x')\\nimport tensorflow as tf\\nx = float(tf.reduce_sum(tf.ones(3)))")
    said = kernel.run_cell("import os\\nprint(sorted(os.listdir('/proc/self/fd')), x)").outputs[0]["text"]
    state = [kernel.kind, type(zygote_client.shared()).__name__, zygote_client.state()["started"], said]
    print(json.dumps(state), flush=True)
    sys.stdin.readline()
"""


def worker(variables: dict[str, str]) -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-c", WORKER], subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ | variables)


@pytest.mark.slow
def test_processes_share_a_zygote_and_its_kernels_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with door() as variables:
        monkeypatch.setenv(DOOR_VARIABLE, variables[DOOR_VARIABLE])
        workers = [worker(variables), worker(variables)]
        said = [json.loads(process.stdout.readline()) for process in workers]  # type: ignore[union-attr]
        # Both at once, each with a /tmp of its own; neither has started a zygote.
        for kind, connection, started, output in said:
            assert (kind, connection, started) == ("bubblewrap (warm)", "Visit", 0)
            assert output.endswith("3.0\n")
        # Which descriptors a kernel holds does not depend on who else has come through the door.
        assert said[0][3] == said[1][3]
        visited = visit()
        assert visited is not None and visited.alive
        for process in workers:
            process.communicate("\n")
            assert process.returncode == 0
        assert visited.alive  # others leave, and it stays
    assert not visited.alive
    visited.close()
    assert not Path(variables[DOOR_VARIABLE]).exists()


@pytest.mark.slow
def test_whoever_loses_a_shared_zygote_starts_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    zygote_client.close()
    with door() as variables:
        monkeypatch.setenv(DOOR_VARIABLE, variables[DOOR_VARIABLE])
        with SandboxedKernel({}) as kernel:
            shared = zygote_client.shared()
            assert isinstance(shared, Visit) and kernel.kind == "bubblewrap (warm)"
            launched = kernel._cells.provisioner  # type: ignore[union-attr]
            assert isinstance(launched.process, WarmKernel)
            # Its parent is the supervisor, and that one's is the zygote.
            zygote = parent(parent(launched.first_pid))
            os.kill(zygote, signal.SIGKILL)
            with pytest.raises(SandboxError, match="lost with the zygote"):
                kernel.run_cell("import time\ntime.sleep(60)")
        assert not shared.alive
        with SandboxedKernel({}) as kernel:
            assert kernel.kind == "bubblewrap (warm)"
            assert isinstance(zygote_client.shared(), zygote_client.Zygote)
    zygote_client.close()


def parent(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_closed_door_is_no_error_but_a_zygote_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visit() is None
    monkeypatch.setenv(DOOR_VARIABLE, str(tmp_path / "z"))
    assert visit() is None
    with pytest.raises(SandboxError, match="nobody answers at a zygote's door"):
        Visit(str(tmp_path / "z"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "z"))
        listener.listen()
        monkeypatch.setenv("AUTOGRADER_GPU", "0")
        assert visit() is None  # the zygote behind the door has no such device
