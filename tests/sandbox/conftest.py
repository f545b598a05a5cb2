"""Sandboxed kernels for tests. Hostile code runs in these and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import zygote_client
from autograder.sandbox.isolation import Isolation, Status, doctor
from autograder.sandbox.kernel import SandboxedKernel
from autograder.sandbox.limits import Limits

Open = Callable[..., SandboxedKernel]


@pytest.fixture(scope="session")
def isolated() -> None:
    missing = [layer for layer in doctor() if layer.status is Status.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}: {missing[0].detail}")


@pytest.fixture(
    scope="module", params=[Isolation.BUBBLEWRAP, Isolation.BUBBLEWRAP_COLD], ids=["warm", "cold"]
)
def isolation(request: pytest.FixtureRequest, isolated: None) -> Isolation:
    """Both ways a kernel starts: whatever holds for one must hold for the other."""
    if request.param is Isolation.BUBBLEWRAP:
        try:
            zygote_client.shared()
        except SandboxError as error:
            pytest.skip(f"no warm kernels on this machine: {error}")
    chosen: Isolation = request.param
    return chosen


@pytest.fixture
def sandbox(isolation: Isolation) -> Iterator[Open]:
    """Opens sandboxed kernels with the named limits, and closes them after the test."""
    opened: list[SandboxedKernel] = []
    usual = isolation

    def start(
        files: dict[str, bytes] | None = None, isolation: Isolation | None = None, **limits: Any
    ) -> SandboxedKernel:
        kernel = SandboxedKernel(files or {}, Limits(**limits), isolation or usual)
        opened.append(kernel)
        kernel.start()
        if isolation is None:
            warm = usual is Isolation.BUBBLEWRAP
            assert kernel.kind == ("bubblewrap (warm)" if warm else "bubblewrap")
        return kernel

    yield start
    for kernel in opened:
        kernel.close()


@pytest.fixture(scope="module")
def shared(isolation: Isolation) -> Iterator[SandboxedKernel]:
    """One kernel for all tests of a module that leave it as they found it."""
    with SandboxedKernel({"data.csv": b"1,2\n", "deep/er/x.txt": b"deep"}, isolation=isolation) as kernel:
        assert kernel.kind == ("bubblewrap (warm)" if isolation is Isolation.BUBBLEWRAP else "bubblewrap")
        yield kernel
