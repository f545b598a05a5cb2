"""What the workers of one machine have in common is made once, before they start: imports and the zygote.

Every worker needs TensorFlow on the trusted side, some seconds of processor time, and every zygote imports the
same again inside its sandbox. Workers are therefore forked from a server that has imported what they need, and
share one zygote. As in the zygote, not one operation of TensorFlow runs before a fork.
"""

from __future__ import annotations

import ast
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from autograder.grading import worker_imports
from autograder.sandbox.isolation import Isolation

_KNOWN = ("tensorflow", "keras", "tensorflow_probability", "scipy")
"""Of what solutions import: libraries that start no thread when they are imported."""


@contextmanager
def ready(
    variables: Mapping[str, str], isolation: Isolation, solutions: Path | None
) -> Iterator[dict[str, str]]:
    """Makes ready for workers of this machine; they are to be started inside, by Dask.

    Args:
        variables: of the workers' environment; libraries read some of them when they are imported.
        isolation: where they grade.
        solutions: the folder of the worked solutions that they will import, if there is one.

    Yields:
        Further variables of their environment.
    """
    from autograder.sandbox.zygote_door import door

    with ExitStack() as stack:
        found = stack.enter_context(door()) if isolation is Isolation.BUBBLEWRAP else {}
        _start_server(
            {**variables, worker_imports.VARIABLE: " ".join(libraries_of(solutions) if solutions else ())}
        )
        yield found


def libraries_of(solutions: Path) -> list[str]:
    """The known libraries that a folder's Python files import, sorted; a file that does not parse has none."""
    found = set()
    for path in solutions.glob("*.py"):
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue  # its own import says what is wrong
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return sorted(found.intersection(_KNOWN))


def _start_server(variables: Mapping[str, str]) -> None:
    """Starts the server, unless this process has one: then later workers import themselves what it lacks."""
    from multiprocessing import forkserver

    import dask
    from distributed.utils import get_mp_context

    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    get_mp_context()  # distributed names its own imports at the first call
    multiprocessing.get_context("forkserver").set_forkserver_preload([worker_imports.__name__])
    before = dict(os.environ)
    try:
        os.environ.update(variables)
        forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(before)
