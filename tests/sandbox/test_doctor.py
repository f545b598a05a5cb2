"""What the doctor says of each layer: present, missing with the fix, degraded with the consequence."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import bubblewrap, cgroup, gpu, isolation
from autograder.sandbox.isolation import Isolation, Layer, Status


def test_without_bubblewrap_nothing_is_graded(monkeypatch):
    monkeypatch.setattr(bubblewrap, "SYSTEM_PATH", "/nonexistent")
    isolation._require_bubblewrap.cache_clear()
    try:
        with pytest.raises(SandboxError) as caught:
            isolation.require(Isolation.BUBBLEWRAP)
    finally:
        isolation._require_bubblewrap.cache_clear()
    assert str(caught.value) == (
        "no sandbox, no grading: bubblewrap is missing; "
        "install it (Debian, Ubuntu: apt-get install bubblewrap)"
    )
    isolation.require(Isolation.NONE)


def test_a_machine_without_user_namespaces_is_told_what_to_allow(monkeypatch):
    monkeypatch.setattr(
        bubblewrap, "probe_command", lambda: ["/bin/sh", "-c", "echo 'bwrap: No permissions' >&2; exit 1"]
    )
    layer = isolation._namespaces()
    assert layer.status is Status.MISSING
    assert "bwrap: No permissions" in layer.detail and "user.max_user_namespaces" in layer.detail


def test_an_old_bubblewrap_is_not_enough(monkeypatch, tmp_path):
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
    old.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "SYSTEM_PATH", str(tmp_path))
    assert isolation._bubblewrap() == Layer(
        "bubblewrap", Status.MISSING, "bubblewrap 0.6.1 is too old; install bubblewrap 0.8 or later"
    )


@pytest.mark.sandbox
def test_the_doctor_finds_every_layer_on_a_machine_that_grades(isolated):
    layers = isolation.doctor()
    assert [layer.name for layer in layers] == [
        "bubblewrap",
        "util-linux",
        "uid",
        "user namespaces",
        "seccomp",
        "process limit",
        "cgroup",
        "warm kernels",
        "GPU",
    ]
    assert not [layer for layer in layers if layer.status is Status.MISSING]


def test_a_machine_without_namespaces_inside_a_sandbox_is_told_what_it_loses(monkeypatch):
    monkeypatch.setattr(
        bubblewrap, "probe_command", lambda zygote=False: ["/bin/sh", "-c", "echo 'unshare: no' >&2; exit 1"]
    )
    layer = isolation._warm()
    assert layer.status is Status.DEGRADED
    assert "unshare: no" in layer.detail and "imports TensorFlow anew" in layer.detail


def test_root_is_told_what_it_is_dropped_to_and_a_user_who_it_is(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert isolation._uid() == Layer(
        "uid", Status.PRESENT, "root is dropped to uid 65530 before bubblewrap starts"
    )
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert isolation._uid() == Layer("uid", Status.PRESENT, "1000, an ordinary user's")


def test_the_tools_that_root_needs_to_drop_its_rights_are_named(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(bubblewrap, "SYSTEM_PATH", "/nonexistent")
    assert isolation._tools() == Layer(
        "util-linux",
        Status.MISSING,
        "install prlimit, unshare, setpriv, mount (Debian, Ubuntu: apt-get install util-linux mount)",
    )


def test_a_machine_without_a_filter_of_its_own_is_degraded(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    layer = isolation._seccomp()
    assert layer.status is Status.DEGRADED
    assert layer.detail == (
        "no filter for riscv64: vsock and rare system calls stay reachable; grade on x86_64 or aarch64"
    )


def test_a_kernel_without_filters_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(isolation, "_ACTIONS", tmp_path / "none")
    assert isolation._seccomp() == Layer(
        "seccomp",
        Status.MISSING,
        "this kernel was built without system call filters; use one with CONFIG_SECCOMP_FILTER",
    )


def test_an_old_kernel_counts_too_many_processes(monkeypatch):
    monkeypatch.setattr(platform, "release", lambda: "5.10.0-28-amd64")
    layer = isolation._processes()
    assert layer.status is Status.DEGRADED
    assert "Linux 5.10.0-28-amd64 counts all processes of the user" in layer.detail
    assert layer.detail.endswith("use Linux 5.14 or later")


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        ((Path("/sys/fs/cgroup/x"), ""), "present", ["for all processes of a sandbox, in /sys/fs/cgroup/x"]),
        (
            (None, "no place; run it there"),
            "degraded",
            ["RLIMIT_DATA", "a burst between two samples is not seen; no place; run it there"],
        ),
    ],
)
def test_the_doctor_says_which_limit_memory_has(monkeypatch, found, status, words):
    monkeypatch.setattr(cgroup, "place", lambda: found)
    layer = isolation._memory()
    assert (layer.name, layer.status) == ("cgroup", status)
    assert all(word in layer.detail for word in words)


def test_a_gpu_that_the_worker_owns_is_present(monkeypatch):
    monkeypatch.setattr(gpu, "owned", lambda: (1,))
    monkeypatch.setattr(gpu, "devices", lambda numbers: ["/dev/nvidia1", "/dev/nvidiactl"])
    assert isolation._gpu() == Layer(
        "GPU", Status.PRESENT, "/dev/nvidia1, /dev/nvidiactl; its memory has no limit by submission"
    )


def test_gpus_that_nobody_owns_are_named_with_the_variable_to_set(monkeypatch):
    monkeypatch.delenv("AUTOGRADER_GPU", raising=False)
    monkeypatch.setattr(gpu, "present", lambda: ["/dev/nvidia0"])
    layer = isolation._gpu()
    assert layer.status is Status.DEGRADED
    assert "owns none of /dev/nvidia0; set AUTOGRADER_GPU=0" in layer.detail
    monkeypatch.setattr(gpu, "present", lambda: [])
    assert isolation._gpu().detail == "kernels compute on the CPU: there is no GPU here; none is needed"


@pytest.mark.parametrize(
    ("value", "reason"), [("999", "no such GPU"), ("first", "numbers with commas between")]
)
def test_a_gpu_that_is_not_there_is_missing_with_the_fix(monkeypatch, value, reason):
    monkeypatch.setenv("AUTOGRADER_GPU", value)
    layer = isolation._gpu()
    assert layer.status is Status.MISSING
    assert reason in layer.detail and layer.detail.endswith("; correct or unset AUTOGRADER_GPU")


def test_only_gpus_count_as_gpus(tmp_path):
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert gpu.present(tmp_path) == [str(tmp_path / "nvidia0"), str(tmp_path / "nvidia1")]


@pytest.mark.sandbox
@pytest.mark.parametrize(("warm", "grouped"), [(True, True), (False, False)])
def test_the_record_is_of_the_kernel_that_ran_not_of_the_machine(isolated, warm, grouped):
    said = isolation.record(Isolation.BUBBLEWRAP, warm, grouped)
    assert list(said) == [layer.name for layer in isolation.doctor()]
    assert said["warm kernels"] == ("present" if warm else "degraded")
    assert said["cgroup"] == ("present" if grouped else "degraded")
    assert said["bubblewrap"] == said["uid"] == said["user namespaces"] == "present"


def test_without_isolation_no_layer_is_recorded():
    assert isolation.record(Isolation.NONE, False, False) == {}
