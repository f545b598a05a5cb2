"""Sandboxed kernels for tests. Hostile code runs in these and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.sandbox.isolation import Isolation, Status, doctor
from autograder.sandbox.kernel import SandboxedKernel
from autograder.sandbox.limits import Limits

Open = Callable[..., SandboxedKernel]


@pytest.fixture(scope="session")
def isolated() -> None:
    missing = [layer for layer in doctor() if layer.status is Status.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}: {missing[0].detail}")


@pytest.fixture
def sandbox(isolated: None) -> Iterator[Open]:
    """Opens sandboxed kernels with the named limits, and closes them after the test."""
    opened: list[SandboxedKernel] = []

    def start(
        files: dict[str, bytes] | None = None,
        isolation: Isolation = Isolation.BUBBLEWRAP,
        **limits: Any,
    ) -> SandboxedKernel:
        kernel = SandboxedKernel(files or {}, Limits(**limits), isolation)
        opened.append(kernel)
        kernel.start()
        return kernel

    yield start
    for kernel in opened:
        kernel.close()


@pytest.fixture(scope="module")
def shared(isolated: None) -> Iterator[SandboxedKernel]:
    """One kernel for all tests of a module that leave it as they found it."""
    with SandboxedKernel({"data.csv": b"1,2\n", "deep/er/x.txt": b"deep"}) as kernel:
        yield kernel
