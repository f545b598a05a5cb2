"""A process that has imported the libraries and run nothing, and forks a kernel whenever it is asked.

It lives in bubblewrap as an unprivileged user and never runs a student's code, so that nothing can pass from
one kernel to the next: memory is copied on write from a process that stays as it was. Three processes follow
each other by fork::

    zygote ── supervisor ── first process of the new namespaces ── kernel
              tells of the end   collects orphans                    the student's

Not one operation of TensorFlow runs before a fork: its thread pools would not survive it, and every kernel
would wait for them for ever. Run as ``python -P -m autograder.sandbox.zygote DESCRIPTOR [DOOR]``: the socket
that requests come by, and one that further processes of the grader may connect to.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from autograder import light_imports
from autograder.sandbox import launch, namespaces, seccomp, zygote_messages
from autograder.sandbox.bubblewrap import HOME_FOLDER, RUN_FOLDER, WORK_FOLDER
from autograder.sandbox.zygote_callers import Callers
from autograder.sandbox.zygote_messages import Request

_RUN_BYTES = 1 << 20

_MODULES = (
    "numpy",
    "scipy.special",
    "scipy.stats",
    # Not pyplot, nor the inline backend: they look for the shell when they are imported.
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "tensorflow",
    "keras",
    "tensorflow_probability",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "threadpoolctl",
)
# TensorFlow and TFP import these at their first use only.
_LAZY = {
    "tensorflow": ("keras", "data", "nn", "random", "linalg", "math", "losses"),
    "tensorflow_probability": (
        "distributions",
        "bijectors",
        "math",
        "mcmc",
        "optimizer",
        "stats",
        "vi",
        "util",
    ),
}

_libraries: Any = None
"""The linear algebra libraries, whose numbers of threads each kernel sets for itself."""


def main() -> None:
    """Imports, says so, and forks a kernel for every request until the grader closes the socket."""
    control, *door = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    for own in (control, *door):
        own.set_inheritable(False)
    try:
        import_libraries()
        filter_program = seccomp.program()
        threads = os.listdir("/proc/self/task")
        if len(threads) != 1:
            raise RuntimeError(f"an import has started {len(threads) - 1} threads, which no fork would have")
    except BaseException as error:
        zygote_messages.send(control, {"error": f"{type(error).__name__}: {error}"})
        raise
    # What lives now lives for ever: no collection touches, and so copies, the pages that kernels share.
    gc.collect()
    gc.freeze()
    # Supervisors are collected by the system.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    callers = Callers(control, door[0] if door else None, {"ready": True, **_sizes()})
    while (request := callers.next()) is not None:
        if os.fork() == 0:
            callers.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _end_after(lambda: _supervise(request, filter_program), request.report)
        request.close()


def import_libraries() -> None:
    """Imports what notebooks import.

    Raises:
        ImportError: one of the libraries is missing.
        RuntimeError: an import has run an operation.
    """
    global _libraries
    path = list(sys.path)
    light_imports.without_grammars()
    modules = {name: importlib.import_module(name) for name in _MODULES}
    for name, parts in _LAZY.items():
        for part in parts:
            dir(getattr(modules[name], part))
    # setuptools, which some of them import, puts its own copies of other packages behind the rest.
    sys.path[:] = path
    _libraries = modules["threadpoolctl"].ThreadpoolController()
    context = importlib.import_module("tensorflow.python.eager.context")._context
    if context is not None and context._initialized:
        raise RuntimeError("an import has started TensorFlow's runtime, which no fork would have")


def _sizes() -> dict[str, int]:
    """Memory that every kernel shares: all private mappings, and those of them that are filled, in bytes."""
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {
        "data_bytes": int(fields["VmData"].split()[0]) << 10,
        "resident_bytes": int(fields["RssAnon"].split()[0]) << 10,
    }


def _supervise(request: Request, filter_program: bytes | None) -> None:
    """Starts the namespaces' first process, and tells the grader how it ended."""
    os.sched_setaffinity(0, request.cores)  # before the filter, which lets no kernel take others
    namespaces.enter_namespaces()
    first = os.fork()
    if first == 0:
        _end_after(lambda: _be_first(request, filter_program), request.report)
    handle = os.pidfd_open(first)
    zygote_messages.send(request.report, {"first": True}, [handle])
    request.close(keep_report=True)
    events = select.poll()
    events.register(handle, select.POLLIN)
    events.register(request.report, select.POLLIN)
    # The grader never writes: what can be read is that it has gone.
    if handle not in [descriptor for descriptor, _ in events.poll()]:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
    zygote_messages.send(request.report, {"exit": status})


def _be_first(request: Request, filter_program: bytes | None) -> None:
    """Closes the new namespaces, starts the kernel in them, and collects orphans until it has ended."""
    namespaces.die_with_parent(signal.SIGKILL)
    os.setsid()
    size = request.limits.disk_bytes
    folders = {WORK_FOLDER: size, "/tmp": size, "/dev/shm": size, RUN_FOLDER: _RUN_BYTES}
    namespaces.make_private(folders, request.limits.disk_files)
    namespaces.start_loopback()
    os.mkdir(HOME_FOLDER)
    for path, descriptor in request.files.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _copy(descriptor, path)
    namespaces.close_folder(RUN_FOLDER)
    namespaces.drop_rights(filter_program)
    # The kernel has the same user as this process, and no business in its memory.
    namespaces.set_readable(False)
    kernel = os.fork()
    if kernel == 0:
        _end_after(lambda: _be_kernel(request), request.report)
    zygote_messages.send(request.report, {"running": True})
    request.close()
    while True:
        process, status = os.wait()
        if process == kernel:
            code = os.waitstatus_to_exitcode(status)
            # As shells and bubblewrap say it.
            os._exit(code if code >= 0 else 128 - code)


def _be_kernel(request: Request) -> None:
    """Becomes the kernel: sets its limits, forgets what is not its own, and runs."""
    namespaces.set_readable(True)
    for name, (soft, hard) in request.limits.resource_limits(request.shared_bytes).items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (soft, hard))
    with open("/dev/null", "r+b", buffering=0) as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    os.dup2(request.stderr, 2)
    sockets = request.take_sockets()
    _close_all_but({0, 1, 2, *sockets.values()})
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(WORK_FOLDER)
    # A zygote's forks would all draw the same numbers; Python seeds its own generator again by itself.
    sys.modules["numpy"].random.seed()
    _libraries.limit(limits=request.limits.threads)
    sys.argv = ["kernel", *request.arguments]
    launch.run(sockets)


def _copy(descriptor: int, path: str) -> None:
    with open(descriptor, "rb", closefd=False) as source, open(path, "wb") as target:
        while data := source.read(1 << 20):
            target.write(data)


def _close_all_but(kept: set[int]) -> None:
    """Closes descriptors; among them whatever an import has left open in the zygote."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the listing's own


def _end_after(work: Callable[[], None], report: socket.socket) -> NoReturn:
    """Runs a forked process to its end; it never returns into the zygote's loop."""
    try:
        work()
        os._exit(0)
    except SystemExit as error:
        os._exit(error.code if isinstance(error.code, int) else 1)
    except BaseException as error:
        traceback.print_exc()
        with contextlib.suppress(OSError):  # closed: the kernel runs, and its end will be noticed
            zygote_messages.send(report, {"error": f"{type(error).__name__}: {error}"})
        os._exit(70)


if __name__ == "__main__":
    # A module of its own name, so that kernels find the same objects under it as the zygote.
    importlib.import_module("autograder.sandbox.zygote").main()
