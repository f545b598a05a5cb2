"""The command line of a sandbox: what it sees, what it may write, whose rights it has.

Inside there is a read-only system and interpreter, the packages ``autograder`` and ``course`` and nothing
else of the checkout around them, three size-limited folders in memory, no network, no capabilities and an
environment built from nothing.

Real root never runs bubblewrap: its uid 0 would own ``/proc/sys`` in every namespace. It first makes a
mount namespace of its own, binds what the sandbox reads to a place that everyone may search (an interpreter
below a 0700 home is none), and drops to an unprivileged uid.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import site
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import SandboxError
from autograder.sandbox import gpu
from autograder.sandbox.limits import Limits

SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
"""Where the sandbox's own tools are looked for: never along the caller's ``PATH``."""

UNPRIVILEGED_ID = 65530
"""uid and gid that root drops to: reserved by Debian's policy, none of systemd's, in every 16-bit map."""

WORK_FOLDER = "/submission"
HOME_FOLDER = "/tmp/home"
RUN_FOLDER = "/run"
"""Where a warm kernel finds its connection file."""

PASSWD = b"student:x:1000:1000::/tmp/home:/bin/sh\n"

_PACKAGES = ("autograder", "course")
_USER, _ID = "student", "1000"

# Raised by root it can never be lowered again: when the machine is out of memory, a sandbox goes first.
_LAST = "echo 1000 > /proc/self/oom_score_adj || :; "
_BIND_ALL = _LAST + 'while [ "$1" != -- ]; do mount --bind -- "$1" "$2"; shift 2; done; shift; exec "$@"'


@dataclass(frozen=True)
class View:
    """Which folders of the machine a sandbox sees, beside ``/usr``.

    Args:
        trees: folders shown read-only, at their own paths.
        masks: folders below a shown one that are covered by an empty one.
        python_path: folders that Python needs on ``sys.path`` to find the packages.
    """

    trees: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    python_path: tuple[str, ...] = ()


def view() -> View:
    """The interpreter and the packages of this process."""
    executable = os.path.realpath(sys.executable)
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.realpath(sys.base_prefix)}
    prefixes.add(os.path.dirname(os.path.dirname(executable)))
    interpreter = _outermost(prefixes | {"/usr"}) - {"/usr"}
    trees, masks, python_path = set(interpreter), set(), set()
    sites = {os.path.realpath(folder) for folder in site.getsitepackages()}
    for package in _PACKAGES:
        folder = _package_folder(package)
        if folder is None:
            continue
        parent = os.path.dirname(folder)
        if os.path.realpath(parent) in sites:
            continue  # installed, and so part of the interpreter
        trees.add(folder)
        python_path.add(parent)
        if any(_inside(parent, tree) for tree in interpreter | {"/usr"}):
            masks.add(parent)  # a checkout inside the interpreter's tree would show its solutions
    return View(tuple(sorted(trees)), tuple(sorted(masks)), tuple(sorted(python_path)))


def _package_folder(package: str) -> str | None:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return os.path.abspath(next(iter(found.submodule_search_locations)))


def _inside(path: str, tree: str) -> bool:
    return Path(path).is_relative_to(tree)


def _outermost(paths: set[str]) -> set[str]:
    return {path for path in paths if not any(path != other and _inside(path, other) for other in paths)}


def environment(limits: Limits, python_path: Sequence[str] = ()) -> dict[str, str]:
    """The environment of a sandboxed kernel, built from nothing."""
    threads = str(limits.threads)
    variables = {
        "PATH": f"{os.path.dirname(sys.executable)}:/usr/bin:/bin",
        "HOME": HOME_FOLDER,
        "USER": _USER,
        "LOGNAME": _USER,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": "/tmp",
        "IPYTHONDIR": f"{HOME_FOLDER}/.ipython",
        # Plots become outputs of their cell, as in the student's own notebook.
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "KERAS_BACKEND": "tensorflow",
        # Errors reach the student as exceptions; what this silences are TensorFlow's own start-up and
        # device lines, on stderr, which would fill every feedback page. It is a default: a notebook may set
        # it otherwise.
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **gpu.environment(gpu.owned()),
        # Sets iterate in the same order at every grading of the same work.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        # ipykernel asks the debugger's frozen-module check a question nobody reads.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        # Its idle threads spin for 2^26 cycles before they sleep, each of them, in every kernel: a sixth of
        # what a small submission costs. 2^4 is the least that it knows.
        "OPENBLAS_THREAD_TIMEOUT": "4",
        "MKL_NUM_THREADS": threads,
    }
    if python_path:
        variables["PYTHONPATH"] = os.pathsep.join(python_path)
    return variables


@dataclass(frozen=True)
class Sandbox:
    """One sandbox's command line.

    Args:
        limits: sizes of the writable folders, resource limits, threads.
        files: descriptors to copy into the sandbox, by absolute path there.
        variables: environment variables beyond :func:`environment`.
        seccomp: descriptor of the system call filter.
        info: descriptor that bubblewrap tells the first process's id to.
        view: what is seen of the machine.
        zygote: whether this is for the process that kernels are forked from, which runs no student's code.
            It may make namespaces inside, which its forks need, and has no limits of its own.
    """

    limits: Limits
    files: Mapping[str, int] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    seccomp: int | None = None
    info: int | None = None
    view: View = field(default_factory=view)
    zygote: bool = False

    def command(self, inner: Sequence[str], stage: str | None = None) -> list[str]:
        """The command line that runs ``inner`` in the sandbox.

        Args:
            inner: what to run.
            stage: for real root, a folder of its own that everyone may search: where the trees are bound
                for the unprivileged uid. None for an ordinary user.

        Raises:
            SandboxError: a tool is missing, or root would run bubblewrap.
        """
        if stage is None and os.geteuid() == 0:
            raise SandboxError(
                "bubblewrap must not run as root, whose uid owns /proc/sys in every namespace",
                fix="give a stage, so that it runs as an unprivileged user",
            )
        sources = {tree: tree for tree in self.view.trees}
        prefix: list[str] = []
        if stage is not None:
            sources = {tree: os.path.join(stage, str(n)) for n, tree in enumerate(self.view.trees)}
            prefix = _unprivileged(sources)
        limited = [] if self.zygote else [tool("prlimit"), *self.limits.prlimit_options(), "--"]
        return [
            *prefix,
            tool("bwrap"),
            *self._isolation(),
            *self._folders(sources),
            *self._environment(),
            "--",
            *limited,
            *inner,
        ]

    def _isolation(self) -> list[str]:
        options = ["--unshare-all", "--unshare-user", "--uid", _ID, "--gid", _ID]
        if not self.zygote:
            options.append("--disable-userns")
        options += ["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--hostname", "sandbox"]
        if self.seccomp is not None:
            options += ["--seccomp", str(self.seccomp)]
        if self.info is not None:
            options += ["--info-fd", str(self.info)]
        return options

    def _folders(self, sources: Mapping[str, str]) -> list[str]:
        options = ["--ro-bind", "/usr", "/usr"]
        for folder in ("/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin"):
            if os.path.islink(folder):
                options += ["--symlink", os.readlink(folder), folder]
            elif os.path.isdir(folder):
                options += ["--ro-bind", folder, folder]
        for path in ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives", "/etc/fonts"):
            options += ["--ro-bind-try", path, path]
        size = str(self.limits.disk_bytes)
        options += ["--proc", "/proc", "--dev", "/dev"]
        for device in gpu.devices(gpu.owned()):
            options += ["--dev-bind", device, device]
        for folder in (WORK_FOLDER, "/tmp", "/dev/shm"):
            options += ["--size", size, "--perms", "1777", "--tmpfs", folder]
        # After the private folders, because a checkout may lie below /tmp; outer folders before inner ones,
        # because a mask must not cover a tree that lies below it.
        for path in sorted({*sources, *self.view.masks}, key=lambda path: len(Path(path).parts)):
            if path in self.view.masks:
                options += ["--tmpfs", path]
            if path in sources:
                options += ["--ro-bind", sources[path], path]
        options += ["--dir", HOME_FOLDER]
        if self.zygote:
            options += ["--dir", RUN_FOLDER]
        for path, descriptor in self.files.items():
            options += ["--file", str(descriptor), path]
        # The root, /dev and the masks are tmpfs without a size: left writable they could fill the machine's
        # memory.
        for folder in ("/dev", *self.view.masks, "/"):
            options += ["--remount-ro", folder]
        return options

    def _environment(self) -> list[str]:
        options = ["--clearenv"]
        for name, value in {
            **environment(self.limits, self.view.python_path),
            **self.variables,
        }.items():
            options += ["--setenv", name, value]
        return [*options, "--chdir", WORK_FOLDER]


def make_stage(run_folder: Path, seen: View) -> str | None:
    """Makes the folder that :meth:`Sandbox.command` takes as ``stage``; None for an ordinary user.

    Args:
        run_folder: an existing folder of the caller's own.
        seen: what the sandbox sees.
    """
    if os.geteuid() != 0:
        return None
    stage = run_folder / "m"
    for number in range(len(seen.trees)):
        (stage / str(number)).mkdir(parents=True, exist_ok=True)
    # Searchable, not readable: the name is the secret, and what is in there has modes of its own.
    run_folder.chmod(0o711)
    return str(stage)


def _unprivileged(binds: Mapping[str, str]) -> list[str]:
    pairs = [path for pair in binds.items() for path in pair]
    identity = [f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups"]
    return [
        *(tool("unshare"), "--mount", "--propagation", "private", "--"),
        *("/bin/sh", "-euc", _BIND_ALL, "sh", *pairs, "--"),
        *(tool("setpriv"), *identity, "--"),
    ]


def tool(name: str) -> str:
    """The absolute path of one of the system's programs.

    Raises:
        SandboxError: it is not installed.
    """
    path = shutil.which(name, path=SYSTEM_PATH)
    if path is None:
        raise SandboxError(f"the program `{name}` is missing", fix="`autograder doctor` says what to install")
    return path


def probe_command(zygote: bool = False) -> list[str]:
    """A command that succeeds when a sandbox can be made: the same namespaces around ``true``.

    Args:
        zygote: whether further namespaces must be possible inside.
    """
    command = [tool("bwrap"), *Sandbox(Limits(), view=View(), zygote=zygote)._isolation()]
    command += ["--ro-bind", "/", "/", "--proc", "/proc", "--"]
    if zygote:
        nested = ["--user", "--map-user=1000", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork"]
        command += [tool("unshare"), *nested, "--mount-proc", "--"]
    command.append("/bin/true")
    if os.geteuid() == 0:
        return [*_unprivileged({}), *command]
    return command
