"""Runs a command as an ordinary user of the machine, for root, who has none of its own to lend::

    python tests/hostile/ordinary_user.py python -m pytest tests/hostile -p no:cacheprovider

The interpreter and the checkout may lie below a closed home. They are then shown to the user at the same
paths, in a mount namespace that ends with the command. Home and temporary folder are the user's own, and are
removed afterwards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from autograder.sandbox import bubblewrap

USER = 65531
ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "HOSTILE_ISOLATIONS", "HOSTILE_NOTEBOOKS", "HOSTILE_GRADED", "HOSTILE_SEED")
# Words: (tree, stage)... -- cover... -- (tree, stage)... -- command...
_OPEN = """
    set -eu
    umask 022
    while [ "$1" != -- ]; do mount --bind -- "$1" "$2"; shift 2; done; shift
    while [ "$1" != -- ]; do mount -t tmpfs -o mode=755 tmpfs "$1"; shift; done; shift
    while [ "$1" != -- ]; do mkdir -p -- "$1"; mount --move -- "$2" "$1"; shift 2; done; shift
    exec "$@"
"""


def run(command: Sequence[str]) -> int:
    """Runs a command to its end.

    Returns:
        Its exit status.
    """
    if os.geteuid() != 0:
        return subprocess.run(command, check=False).returncode  # this one is ordinary already
    folder = Path(tempfile.mkdtemp(prefix="ordinary-", dir="/tmp"))
    try:
        home = folder / "home"
        home.mkdir()
        os.chown(home, USER, USER)
        folder.chmod(0o755)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
        words = [*_opened(folder), *_dropped(), *command]
        return subprocess.run(words, env=environment, check=False).returncode
    finally:
        shutil.rmtree(folder)


def _opened(folder: Path) -> list[str]:
    """A prefix that shows an ordinary user what the interpreter needs, and the checkout."""
    trees = sorted({Path(tree) for tree in bubblewrap.view().trees} | {ROOT})
    outermost = [t for t in trees if not any(o in t.parents for o in trees)]
    closed = [tree for tree in outermost if _closed_above(tree) is not None]
    stages = [str(folder / str(number)) for number in range(len(closed))]
    for stage in stages:
        os.mkdir(stage)
    pairs = [word for pair in zip(map(str, closed), stages, strict=True) for word in pair]
    covers = sorted({str(_closed_above(tree)) for tree in closed})
    return [
        *(bubblewrap.tool("unshare"), "--mount", "--propagation", "private", "--"),
        *("/bin/sh", "-c", _OPEN, "sh", *pairs, "--", *covers, "--", *pairs, "--"),
    ]


def _closed_above(path: Path) -> Path | None:
    """The outermost folder on the way to a path that others may not search."""
    return next((p for p in (*reversed(path.parents), path) if not p.stat().st_mode & 0o001), None)


def _dropped() -> list[str]:
    identity = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    return [bubblewrap.tool("setpriv"), *identity, "--"]


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
