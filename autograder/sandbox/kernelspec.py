"""Kernel specifications of sandboxed kernels, for this package, nbclient, nbconvert and nbgrader."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

from autograder.sandbox.limits import Limits

NAME = "autograder-sandbox"
"""Name of the kernel, as in ``jupyter kernelspec list``."""
PROVISIONER = "autograder-bubblewrap"


def specification(limits: Limits) -> dict[str, Any]:
    """The content of a ``kernel.json`` that runs this interpreter in the sandbox."""
    return {
        "argv": [
            # -P: a submission's own folder is not searched for the modules that start the kernel.
            *(sys.executable, "-P", "-m", "autograder.sandbox.launch", "-f", "{connection_file}"),
        ],
        "display_name": "Python 3 (sandboxed)",
        "language": "python",
        "interrupt_mode": "message",
        "metadata": {
            "kernel_provisioner": {
                "provisioner_name": PROVISIONER,
                "config": {"limits": limits.to_mapping()},
            }
        },
    }


def write_specification(folder: Path, limits: Limits) -> Path:
    """Writes the kernel below ``folder``, which then serves as an entry of ``JUPYTER_PATH``.

    Args:
        folder: a Jupyter data folder; made if it is not there.
        limits: limits of the kernels.

    Returns:
        The written ``kernel.json``.

    Example:
        With ``JUPYTER_PATH`` set, ``jupyter nbconvert --execute`` sandboxes a notebook by
        ``--ExecutePreprocessor.kernel_name=autograder-sandbox``.
    """
    path = folder / "kernels" / NAME / "kernel.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(specification(limits), indent=1) + "\n", "utf-8")
    return path


class SandboxSpecManager(KernelSpecManager):
    """Knows one kernel, the sandboxed one, and gives it whatever name a notebook asks for.

    Args:
        limits: limits of the kernels.
    """

    def __init__(self, limits: Limits, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._limits = limits

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The sandboxed kernel."""
        return KernelSpec(**specification(self._limits))

    def find_kernel_specs(self) -> dict[str, str]:
        """Its name; it lies in no folder."""
        return {NAME: ""}
