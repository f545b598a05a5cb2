"""Starts an IPython kernel on sockets that were opened outside the sandbox.

The sandbox inherits listening sockets as descriptors, and so needs no folder in common with the machine:
nothing there to fill, and no path that a student could replace by a link to some other socket. Run as
``python -P -m autograder.sandbox.launch -f CONNECTION_FILE``.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any

from autograder.sandbox import agent

DESCRIPTORS = "AUTOGRADER_DESCRIPTORS"
"""Environment variable: JSON object, from the ZMQ endpoint to the descriptor that listens there."""
AGENT = "agent"
"""Key of the agent's own descriptor in it."""
GROUP = "group"
"""Key of the control group's: who writes to it joins the group. Not everywhere is there one."""

_HISTORY = "--HistoryManager.hist_file"


def main() -> None:
    """Runs a kernel until it is shut down."""
    run(json.loads(os.environ.pop(DESCRIPTORS)))


def run(descriptors: dict[str, int]) -> None:
    """Runs a kernel with the arguments in ``sys.argv``.

    Args:
        descriptors: listening sockets by ZMQ endpoint, the agent's and the control group's under their keys.
    """
    if GROUP in descriptors:
        # First of all: whatever this process takes and starts from here on counts.
        group = descriptors.pop(GROUP)
        with contextlib.suppress(OSError):  # the grader looks whether it is there
            os.write(group, b"0")
        os.close(group)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when the machine is out of memory, this goes before the grader
    for descriptor in descriptors.values():
        # What the student's notebook starts has no use for them.
        os.set_inheritable(descriptor, False)
    agent.attach(descriptors.pop(AGENT))
    bind_to(descriptors)
    if not any(argument.startswith(_HISTORY) for argument in sys.argv):
        # Nobody reads it; clients that say where it goes must be the only ones to.
        sys.argv.append(f"{_HISTORY}=:memory:")

    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


def bind_to(descriptors: dict[str, int]) -> None:
    """Makes ZMQ use an inherited descriptor wherever it would bind one of these endpoints."""
    import zmq

    bind = zmq.Socket.bind

    def bind_inherited(self: Any, address: str) -> Any:
        if address in descriptors:
            self.setsockopt(zmq.USE_FD, descriptors[address])
        return bind(self, address)

    zmq.Socket.bind = bind_inherited  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    main()
