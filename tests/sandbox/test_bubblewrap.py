"""The command line of a sandbox, and what there is to see in one; nothing is run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import autograder
from autograder.errors import SandboxError
from autograder.sandbox import bubblewrap
from autograder.sandbox.bubblewrap import Sandbox, View
from autograder.sandbox.limits import Limits


def command(view: View = View(), stage: str | None = "/run/stage", **kwargs: object) -> list[str]:  # noqa: B008
    return Sandbox(Limits(disk_bytes=12345), view=view, **kwargs).command(["inner"], stage)  # type: ignore[arg-type]


def pairs(arguments: list[str], option: str) -> list[tuple[str, str]]:
    return [
        (arguments[i + 1], arguments[i + 2]) for i, argument in enumerate(arguments) if argument == option
    ]


def test_every_namespace_is_new_and_every_capability_gone():
    arguments = command()
    for option in (
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
    ):
        assert option in arguments
    assert arguments[arguments.index("--cap-drop") + 1] == "ALL"
    assert "--share-net" not in arguments


def test_nothing_is_bound_writable():
    arguments = command(View(("/home/u/venv",)))
    assert not {"--bind", "--bind-try", "--dev-bind", "--dev-bind-try", "--bind-data"} & set(arguments)
    assert arguments.index("--remount-ro") > arguments.index("--tmpfs")
    assert [arguments[i + 1] for i, a in enumerate(arguments) if a == "--remount-ro"] == ["/dev", "/"]


def test_writable_folders_have_a_size():
    arguments = command()
    sized = [
        arguments[i + 5] for i, a in enumerate(arguments) if a == "--size" and arguments[i + 1] == "12345"
    ]
    assert sized == ["/submission", "/tmp", "/dev/shm"]
    assert arguments.count("--tmpfs") == 3


def test_root_binds_to_a_stage_and_drops_its_rights_before_bubblewrap_starts():
    arguments = command(View(("/a/b", "/c")))
    order = [arguments.index(f"/usr/bin/{tool}") for tool in ("unshare", "setpriv", "bwrap", "prlimit")]
    assert order == sorted(order)
    assert f"--reuid={bubblewrap.UNPRIVILEGED_ID}" in arguments and "--clear-groups" in arguments
    assert ("/run/stage/0", "/a/b") in pairs(arguments, "--ro-bind")
    assert ("/run/stage/1", "/c") in pairs(arguments, "--ro-bind")
    shell = arguments.index("sh")
    assert arguments[shell + 1 : shell + 6] == ["/a/b", "/run/stage/0", "/c", "/run/stage/1", "--"]
    assert arguments[-1] == "inner"


def test_bubblewrap_as_root_is_refused(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SandboxError, match=r"bubblewrap must not run as root.*unprivileged user"):
        command(stage=None)


def test_an_ordinary_user_runs_bubblewrap_directly(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    arguments = command(View(("/a",)), stage=None)
    assert arguments[0] == "/usr/bin/bwrap" and "/usr/bin/setpriv" not in arguments
    assert ("/a", "/a") in pairs(arguments, "--ro-bind")


def test_masks_come_before_what_lies_below_them_and_after_what_lies_above():
    view = View(("/opt/py", "/opt/py/src/course", "/opt/py/src/autograder"), masks=("/opt/py/src",))
    arguments = command(view)
    bound = [arguments[i + 2] for i, a in enumerate(arguments) if a == "--ro-bind"]
    mask = next(i for i, a in enumerate(arguments) if a == "--tmpfs" and arguments[i + 1] == "/opt/py/src")
    outer = next(i for i, a in enumerate(arguments) if a == "--ro-bind" and arguments[i + 2] == "/opt/py")
    inner = next(
        i for i, a in enumerate(arguments) if a == "--ro-bind" and arguments[i + 2] == "/opt/py/src/course"
    )
    assert outer < mask < inner and "/opt/py/src/autograder" in bound
    assert "/opt/py/src" in [arguments[i + 1] for i, a in enumerate(arguments) if a == "--remount-ro"]


def test_the_view_holds_the_interpreter_and_the_packages_and_not_the_checkout():
    view = bubblewrap.view()
    checkout = Path(autograder.__file__).parents[1]
    assert str(checkout) not in view.trees
    assert not any(checkout.is_relative_to(tree) for tree in view.trees) or str(checkout) in view.masks
    assert any(Path(sys.executable).is_relative_to(tree) for tree in (*view.trees, "/usr"))
    assert any(Path(os.path.realpath(sys.executable)).is_relative_to(tree) for tree in (*view.trees, "/usr"))
    for package in ("autograder", "course"):
        assert str(checkout / package) in view.trees


def test_a_checkout_within_the_interpreters_tree_is_masked(monkeypatch):
    checkout = Path(autograder.__file__).parents[1]
    monkeypatch.setattr(sys, "prefix", str(checkout.parent))
    assert str(checkout) in bubblewrap.view().masks


def test_the_environment_is_built_from_nothing(monkeypatch):
    monkeypatch.setenv("AUTOGRADER_TEST_SECRET", "hunter2")
    variables = bubblewrap.environment(Limits(threads=3), ["/x"])
    assert "hunter2" not in repr(variables) and "hunter2" not in repr(command())
    assert variables["OMP_NUM_THREADS"] == variables["TF_NUM_INTRAOP_THREADS"] == "3"
    assert variables["PYTHONPATH"] == "/x" and variables["CUDA_VISIBLE_DEVICES"] == "-1"


def test_a_missing_tool_is_named():
    with pytest.raises(SandboxError, match=r"the program `no-such-tool` is missing; `autograder doctor`"):
        bubblewrap.tool("no-such-tool")


def test_a_zygote_may_make_namespaces_and_has_no_limits_that_its_kernels_would_inherit():
    arguments = command(zygote=True)
    assert "--disable-userns" not in arguments and "/usr/bin/prlimit" not in arguments
    for option in ("--unshare-all", "--die-with-parent", "--new-session", "--clearenv"):
        assert option in arguments
    assert arguments[arguments.index("--cap-drop") + 1] == "ALL"
    assert f"--reuid={bubblewrap.UNPRIVILEGED_ID}" in arguments
