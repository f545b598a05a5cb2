"""The GPU that a worker owns, and so its kernels see; without one they see none.

A worker owns what its environment names, the way workers of a cluster are told apart: ``AUTOGRADER_GPU=0``,
or ``0,1`` for two. It should run one submission at a time: a GPU's memory has no limit by process.
"""

from __future__ import annotations

import os
from pathlib import Path

from autograder.errors import ConfigurationError

VARIABLE = "AUTOGRADER_GPU"
_SHARED_DEVICES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")


def owned() -> tuple[int, ...]:
    """The numbers of this process's GPUs.

    Raises:
        ConfigurationError: the variable is no list of numbers.
    """
    text = os.environ.get(VARIABLE, "").strip()
    parts = text.split(",") if text else []
    if not all(part.strip().isdecimal() for part in parts):
        raise ConfigurationError(
            "a worker's GPUs are numbers with commas between", where=VARIABLE, received=repr(text)
        )
    return tuple(map(int, parts))


def devices(numbers: tuple[int, ...], folder: Path = Path("/dev")) -> list[str]:
    """The device files of these GPUs; none for none.

    Raises:
        ConfigurationError: this machine has no such GPU.
    """
    if not numbers:
        return []
    own = [folder / f"nvidia{number}" for number in numbers]
    for path in own:
        if not path.exists():
            raise ConfigurationError("this machine has no such GPU", where=VARIABLE, received=path)
    return [str(path) for path in (*own, *(folder / name for name in _SHARED_DEVICES)) if path.exists()]


def present(folder: Path = Path("/dev")) -> list[str]:
    """The device files of all GPUs of this machine."""
    return sorted(str(path) for path in folder.glob("nvidia[0-9]*"))


def environment(numbers: tuple[int, ...]) -> dict[str, str]:
    """The variables by which TensorFlow finds these GPUs, or does not look for any."""
    if not numbers:
        # No device is mounted either; this spares TensorFlow the search.
        return {"CUDA_VISIBLE_DEVICES": "-1"}
    # By number in the order of the bus, as the device files are; and only the memory that is needed.
    return {
        "CUDA_VISIBLE_DEVICES": ",".join(map(str, numbers)),
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
