"""Which GPUs a kernel sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import ConfigurationError
from autograder.sandbox import bubblewrap, gpu, zygote_client
from autograder.sandbox.limits import Limits


def test_without_a_gpu_of_its_own_a_worker_shows_none(monkeypatch):
    monkeypatch.delenv(gpu.VARIABLE, raising=False)
    assert gpu.owned() == () and gpu.devices(()) == []
    assert bubblewrap.environment(Limits())["CUDA_VISIBLE_DEVICES"] == "-1"
    assert "--dev-bind" not in bubblewrap.Sandbox(Limits()).command(["inner"], "/run/stage")


def test_a_worker_shows_its_own_gpu_and_no_other(monkeypatch, tmp_path):
    for name in ("nvidia0", "nvidia1", "nvidia2", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    monkeypatch.setenv(gpu.VARIABLE, "1, 2")
    assert gpu.owned() == (1, 2)
    shown = [str(tmp_path / name) for name in ("nvidia1", "nvidia2", "nvidiactl", "nvidia-uvm")]
    assert gpu.devices(gpu.owned(), tmp_path) == shown
    variables = bubblewrap.environment(Limits())
    assert variables["CUDA_VISIBLE_DEVICES"] == "1,2" and variables["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    monkeypatch.setattr(gpu, "devices", lambda numbers: shown)
    arguments = bubblewrap.Sandbox(Limits()).command(["inner"], "/run/stage")
    bound = [arguments[i + 1 : i + 3] for i, word in enumerate(arguments) if word == "--dev-bind"]
    assert bound == [[device, device] for device in shown]
    # /dev is closed after them.
    assert arguments.index("--remount-ro") > max(i for i, w in enumerate(arguments) if w == "--dev-bind")


@pytest.mark.parametrize("text", ["all", "-1", "0;1", "0,,1"])
def test_what_is_no_number_is_refused(monkeypatch, text):
    monkeypatch.setenv(gpu.VARIABLE, text)
    with pytest.raises(ConfigurationError, match=r"AUTOGRADER_GPU: a worker's GPUs are numbers .*received"):
        gpu.owned()


def test_a_gpu_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"this machine has no such GPU .*nvidia7"):
        gpu.devices((7,), tmp_path)


@pytest.mark.gpu
@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.skipif(not Path("/dev/nvidia0").exists(), reason="no GPU on this machine")
def test_a_kernel_computes_on_the_gpu_of_its_worker(sandbox, monkeypatch):
    monkeypatch.setenv(gpu.VARIABLE, "0")
    zygote_client.close()  # it was started without
    try:
        run = sandbox().run_cell(
            "import tensorflow as tf\nx = tf.random.normal([100, 100])\n"
            "assert 'GPU' in (x @ x).device, tf.config.list_physical_devices()"
        )
    finally:
        zygote_client.close()
    assert run.status == "ok", run
