"""Which isolation there is on this machine, and the refusal to grade without it."""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from autograder.errors import ConfigurationError, SandboxError
from autograder.sandbox import bubblewrap, cgroup, gpu, seccomp

_OLDEST_BUBBLEWRAP = (0, 8)  # the first with --disable-userns
_OLDEST_LINUX = (5, 14)  # the first that counts processes by user namespace
_ACTIONS = Path("/proc/sys/kernel/seccomp/actions_avail")
_INSTALL = "install it (Debian, Ubuntu: apt-get install bubblewrap)"

CGROUP, WARM = "cgroup", "warm kernels"
"""Names of the layers that may differ from one kernel to the next."""


class Isolation(StrEnum):
    """How a submission's kernel is kept apart.

    ``bubblewrap`` takes warm kernels where a zygote can run and cold ones elsewhere; ``bubblewrap-cold``
    always takes cold ones. ``other-user`` is a plain kernel of a user who may read nothing of the grader's,
    for containers that are thrown away and lend no more. ``none`` runs an ordinary kernel with the rights of
    whoever grades: only for work that one trusts.
    """

    BUBBLEWRAP = "bubblewrap"
    BUBBLEWRAP_COLD = "bubblewrap-cold"
    OTHER_USER = "other-user"
    NONE = "none"


class Status(StrEnum):
    """Whether one layer of the isolation is there."""

    PRESENT = "present"
    DEGRADED = "degraded"
    MISSING = "missing"


@dataclass(frozen=True)
class Layer:
    """One layer of the isolation.

    Args:
        name: what it is.
        status: whether it is there; without a missing one nothing is graded.
        detail: what was found; if it is not present, the consequence and the fix.
    """

    name: str
    status: Status
    detail: str


def doctor() -> list[Layer]:
    """The layers of the isolation, in the order in which they depend on each other.

    The list ends at the first missing layer, since what follows cannot be looked at without it.
    """
    layers: list[Layer] = []
    for probe in (_bubblewrap, _tools, _uid, _namespaces, _seccomp, _processes, _memory, _warm, _gpu):
        layers.append(probe())
        if layers[-1].status is Status.MISSING:
            break
    return layers


def require(isolation: Isolation) -> None:
    """Makes sure that kernels can be started under ``isolation``.

    Raises:
        SandboxError: a layer is missing; names it and the fix. Nothing is graded instead.
    """
    if isolation is Isolation.OTHER_USER:
        if os.geteuid() != 0:
            raise SandboxError("only root can run a kernel as another user", received=f"uid {os.geteuid()}")
    elif isolation is not Isolation.NONE:
        _require_bubblewrap()


@functools.cache  # success only: an exception is not remembered, so that a repair is noticed
def _require_bubblewrap() -> tuple[Layer, ...]:
    layers = doctor()
    for layer in layers:
        if layer.status is Status.MISSING:
            raise SandboxError(f"no sandbox, no grading: {layer.name} is missing", fix=layer.detail)
    return tuple(layers)


def record(isolation: Isolation, warm: bool, grouped: bool) -> dict[str, str]:
    """Which layers a kernel had, by name, for the report of its submission.

    Args:
        isolation: how it was asked to be kept apart.
        warm: whether it came from a zygote.
        grouped: whether a control group limited its memory.

    Returns:
        ``present`` or ``degraded`` for each layer of :func:`doctor`; nothing at all without isolation.

    Raises:
        SandboxError: a layer is missing.
    """
    if isolation in (Isolation.NONE, Isolation.OTHER_USER):
        return {}
    found = {layer.name: layer.status for layer in _require_bubblewrap()}
    # What this kernel had, which may be less than the machine allows.
    found[WARM] = Status.PRESENT if warm else Status.DEGRADED
    found[CGROUP] = Status.PRESENT if grouped else Status.DEGRADED
    return {name: status.value for name, status in found.items()}


def _bubblewrap() -> Layer:
    name = "bubblewrap"
    path = shutil.which("bwrap", path=bubblewrap.SYSTEM_PATH)
    if path is None:
        return Layer(name, Status.MISSING, _INSTALL)
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(map(int, re.findall(r"\d+", text)[:3]))
    if version[:2] < _OLDEST_BUBBLEWRAP:
        return Layer(
            name, Status.MISSING, f"{text.strip() or path} is too old; install bubblewrap 0.8 or later"
        )
    return Layer(name, Status.PRESENT, f"{text.strip()} at {path}")


def _tools() -> Layer:
    name = "util-linux"
    wanted = ["prlimit", *(["unshare", "setpriv", "mount"] if os.geteuid() == 0 else [])]
    absent = [tool for tool in wanted if shutil.which(tool, path=bubblewrap.SYSTEM_PATH) is None]
    if absent:
        return Layer(
            name,
            Status.MISSING,
            f"install {', '.join(absent)} (Debian, Ubuntu: apt-get install util-linux mount)",
        )
    return Layer(name, Status.PRESENT, ", ".join(wanted))


def _uid() -> Layer:
    uid = os.geteuid()
    if uid == 0:
        return Layer(
            "uid",
            Status.PRESENT,
            f"root is dropped to uid {bubblewrap.UNPRIVILEGED_ID} before bubblewrap starts",
        )
    return Layer("uid", Status.PRESENT, f"{uid}, an ordinary user's")


def _namespaces() -> Layer:
    """Starts a real sandbox, with everything in it but a kernel."""
    name = "user namespaces"
    said = _refusal(bubblewrap.probe_command())
    if said:
        return Layer(
            name,
            Status.MISSING,
            f"a sandbox does not start ({said}); allow unprivileged user namespaces (sysctl "
            "user.max_user_namespaces, kernel.unprivileged_userns_clone, "
            "kernel.apparmor_restrict_unprivileged_userns), or in a container a seccomp profile that permits "
            "unshare",
        )
    return Layer(name, Status.PRESENT, "and within them mount, pid, network, ipc, uts")


def _refusal(command: list[str]) -> str:
    """Why a command fails, in one line; nothing when it succeeds."""
    try:
        outcome = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            env={"PATH": bubblewrap.SYSTEM_PATH},
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if outcome.returncode == 0:
        return ""
    return (outcome.stderr.strip().splitlines() or [f"exit status {outcome.returncode}"])[-1]


def _seccomp() -> Layer:
    name = "seccomp"
    if seccomp.program() is None:
        return Layer(
            name,
            Status.DEGRADED,
            f"no filter for {platform.machine()}: vsock and rare system calls stay reachable; "
            "grade on x86_64 or aarch64",
        )
    if not _ACTIONS.exists():
        return Layer(
            name,
            Status.MISSING,
            "this kernel was built without system call filters; use one with CONFIG_SECCOMP_FILTER",
        )
    return Layer(name, Status.PRESENT, f"a system call filter for {platform.machine()}")


def _processes() -> Layer:
    release = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    if release < _OLDEST_LINUX:
        return Layer(
            "process limit",
            Status.DEGRADED,
            f"Linux {platform.release()} counts all processes of the user, not the sandbox's own: kernels "
            "may fail to start threads; use Linux 5.14 or later",
        )
    return Layer("process limit", Status.PRESENT, "counted by sandbox")


def _memory() -> Layer:
    place, reason = cgroup.place()
    if place is not None:
        return Layer(CGROUP, Status.PRESENT, f"a memory limit for all processes of a sandbox, in {place}")
    return Layer(
        CGROUP,
        Status.DEGRADED,
        "memory is limited hard by process (RLIMIT_DATA) and sampled for all processes together: a burst "
        f"between two samples is not seen; {reason}",
    )


def _warm() -> Layer:
    """Makes namespaces within those of a sandbox, which is what a zygote does for each kernel."""
    name = WARM
    said = _refusal(bubblewrap.probe_command(zygote=True))
    if said:
        return Layer(
            name,
            Status.DEGRADED,
            f"no namespaces inside a sandbox ({said}): every kernel imports TensorFlow anew, some 3 s of "
            "processor time each; raise user.max_user_namespaces",
        )
    return Layer(name, Status.PRESENT, "forked from a zygote by process")


def _gpu() -> Layer:
    name = "GPU"
    try:
        numbers = gpu.owned()
        devices = gpu.devices(numbers)
    except ConfigurationError as error:
        return Layer(name, Status.MISSING, f"{error}; correct or unset {gpu.VARIABLE}")
    if devices:
        return Layer(name, Status.PRESENT, f"{', '.join(devices)}; its memory has no limit by submission")
    found = gpu.present()
    if found:
        return Layer(
            name,
            Status.DEGRADED,
            f"kernels compute on the CPU: this worker owns none of {', '.join(found)}; set "
            f"{gpu.VARIABLE}=0 for the first, and one worker for each",
        )
    return Layer(name, Status.DEGRADED, "kernels compute on the CPU: there is no GPU here; none is needed")
