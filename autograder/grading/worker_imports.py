"""Imports what workers need, when the server that they are forked from imports this.

No operation of TensorFlow may run here and no thread may start: neither would survive the fork.
See :mod:`autograder.grading.ready`.
"""

from __future__ import annotations

import gc
import importlib
import os

VARIABLE = "AUTOGRADER_WORKER_IMPORTS"
"""Environment variable of the server: further modules, with spaces between."""

_MODULES = (
    "distributed",
    "nbformat",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "autograder.grading.submission",
    "autograder.nbgrader.build",
    "autograder.sandbox.provisioner",
)


def import_all() -> None:
    """Imports everything, and keeps collections from touching, and so copying, the shared pages."""
    from autograder.light_imports import without_grammars
    from autograder.solution_modules import quiet_stderr

    without_grammars()
    with quiet_stderr():
        for name in (*_MODULES, *os.environ.pop(VARIABLE).split()):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


if VARIABLE in os.environ:  # in the server alone
    import_all()
