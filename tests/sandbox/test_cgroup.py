"""Control groups, over a tree of plain files that stands for the system's; kernels are real."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from autograder.sandbox import cgroup

MOUNT = "30 23 0:26 / {point} rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"


class Tree:
    """Version 2 of control groups as the kernel shows it, in a folder of the test's own."""

    def __init__(self, root: Path, own: str, shares: str) -> None:
        self.root = root
        self.made: list[Path] = []
        self.joined: list[str] = []
        (root / own).mkdir(parents=True)
        (root / "cgroup.controllers").write_text("cpuset cpu memory pids\n")
        for folder in ("", own, str(Path(own).parent)):
            here = root / folder / "cgroup.subtree_control"
            here.write_text("memory pids\n" if folder == shares else "\n")

    def make(self, folder: Path) -> None:
        os.mkdir(folder)
        for name in ("memory.max", "memory.swap.max", "memory.oom.group", "cgroup.procs", "memory.events"):
            (folder / name).touch()
        self.made.append(folder)

    def remove(self, folder: Path) -> None:
        if folder.exists():
            self.joined.append((folder / "cgroup.procs").read_text())
        shutil.rmtree(folder)


@pytest.fixture
def plant(tmp_path, monkeypatch):
    def make(own: str = "user.slice/app.slice/run.scope", shares: str = "user.slice/app.slice") -> Tree:
        root = tmp_path / "cgroup"
        tree = Tree(root, own, shares)
        for name, text in {"_MOUNTS": MOUNT.format(point=root), "_OWN": f"1:cpu:/\n0::/{own}\n"}.items():
            (tmp_path / name).write_text(text)
            monkeypatch.setattr(cgroup, name, tmp_path / name)
        monkeypatch.setattr(cgroup, "_make", tree.make)
        monkeypatch.setattr(cgroup, "_remove", tree.remove)
        return tree

    cgroup.place.cache_clear()
    yield make
    cgroup.place.cache_clear()


def test_a_group_is_made_beside_the_graders_own_which_may_share_nothing_out(plant):
    tree = plant()
    assert cgroup.place() == (tree.root / "user.slice/app.slice", "")
    # Found by trying: a process was put into a group, which is gone.
    assert len(tree.made) == 1 and not tree.made[0].exists()
    assert int(tree.joined[0]) > 0


def test_a_group_limits_memory_and_leaves_no_way_around_it(plant):
    plant()
    group = cgroup.new(300 << 20)
    assert group is not None
    said = {path.name: path.read_text() for path in group.folder.iterdir()}
    assert said["memory.max"] == str(300 << 20)
    assert said["memory.swap.max"] == "0" and said["memory.oom.group"] == "1"
    group.close()
    assert not group.folder.exists()
    group.close()  # once more is no error


def test_only_a_death_for_want_of_memory_counts_as_one(plant):
    plant()
    group = cgroup.new(1 << 20)
    assert group is not None and not group.exceeded
    for events, exceeded in (("low 0\nmax 9\noom 1\noom_kill 0\n", False), ("oom_kill 2\n", True)):
        (group.folder / "memory.events").write_text(events)
        assert group.exceeded is exceeded
    group.close()
    assert not group.exceeded


@pytest.mark.parametrize(
    ("own", "shares", "reason"),
    [
        ("session.scope", "nowhere", "no control group may be made beside"),
        ("", "nowhere", "no control group may be made beside"),
    ],
)
def test_where_no_group_may_be_made_the_reason_says_what_to_do(plant, own, shares, reason):
    tree = plant(own, shares)
    assert cgroup.new(1 << 30) is None
    place, said = cgroup.place()
    assert place is None and said.startswith(reason) and "systemd-run --user --scope" in said
    assert tree.made == []


def test_a_hybrid_system_whose_memory_is_in_version_1_has_none(plant):
    tree = plant()
    (tree.root / "cgroup.controllers").write_text("hugetlb\n")
    assert cgroup.place()[1].startswith("no control groups of version 2 with memory here")


def test_a_refusal_in_a_group_that_should_permit_it_is_no_place(plant, monkeypatch):
    plant()

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cgroup, "_make", refuse)
    assert cgroup.new(1 << 30) is None


def test_groups_of_graders_that_were_killed_are_swept_and_others_are_not(plant):
    tree = plant()
    parent = tree.root / "user.slice/app.slice"
    dead, alive, foreign = (parent / f"autograder-{n}" for n in ("4194305-0", f"{os.getpid()}-7", "notes"))
    for folder in (dead, alive, foreign):
        tree.make(folder)
    cgroup.place()
    assert not dead.exists() and alive.exists() and foreign.exists()


@pytest.mark.sandbox
def test_a_kernel_joins_its_group_before_any_cell_and_cannot_reach_it(plant, sandbox):
    tree = plant()
    kernel = sandbox()
    group = kernel._cells.provisioner.group
    assert (group.folder / "cgroup.procs").read_text() == "0"
    assert kernel.layers["cgroup"] == "present"
    run = kernel.run_cell(
        "import os\nfor n in range(3, 256):\n    try: path = os.readlink(f'/proc/self/fd/{n}')\n"
        f"    except OSError: continue\n    if 'cgroup' in path: print(path)\n"
        f"print(os.path.exists({str(tree.root)!r}))"
    )
    assert run.outputs[0]["text"] == "False\n"
    kernel.close()
    assert not group.folder.exists()


@pytest.mark.sandbox
def test_a_kernel_that_may_not_join_its_group_is_sampled_and_recorded_so(plant, sandbox, monkeypatch):
    plant()
    # A door that nobody can write to.
    monkeypatch.setattr(cgroup.MemoryGroup, "door", lambda group: os.open("/dev/full", os.O_WRONLY))
    monkeypatch.setattr(cgroup, "_try", lambda parent: None)
    kernel = sandbox(total_memory_bytes=400 << 20)
    assert kernel.layers["cgroup"] == "degraded"
    run = kernel.run_cell(
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        held = bytearray(os.urandom(1)) * (150 << 20)\n        time.sleep(60)\n"
        "        os._exit(0)\ntime.sleep(15)"
    )
    assert run.status == "died" and run.reason == "the notebook took more than 400 MiB of memory"


@pytest.mark.sandbox
def test_a_death_in_the_group_ends_the_notebook_and_says_why(plant, sandbox):
    plant()
    kernel = sandbox(total_memory_bytes=400 << 20)
    events = kernel._cells.provisioner.group.folder / "memory.events"
    # What the kernel of the system writes when it has killed one process of the group's.
    events.write_text("max 3\noom 1\noom_kill 1\n")
    run = kernel.run_cell("import time\ntime.sleep(20)")
    assert run.status == "died" and run.reason == "the notebook took more than 400 MiB of memory"


@pytest.mark.sandbox
def test_without_a_group_the_record_says_so(sandbox, monkeypatch):
    monkeypatch.setattr(cgroup, "place", lambda: (None, "none here"))
    assert sandbox().layers["cgroup"] == "degraded"
