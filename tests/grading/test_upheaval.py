"""One class, graded in peace and then through kills, a full disk and in pieces: every gradebook is the same.

``tests/benchmarks/classroom/chaos.py`` is the large form of the kills: twenty over sixty submissions.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from autograder.grading.events import read_events

from .upheaval import NAME, Upheaval, command, copy_of, differences, make_room, rows

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

STUDENTS = 12
"""The eighth has handed in no notebook, the twelfth one that kills its kernel."""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_room(tmp_path_factory.mktemp("fresh") / "room", STUDENTS).directory


@pytest.fixture(scope="module")
def calm(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = copy_of(fresh, tmp_path_factory.mktemp("calm") / "room")
    done = subprocess.run(command(room), capture_output=True, text=True, timeout=240)
    assert done.returncode == 3, done.stderr
    assert "12 submissions: 11 graded, 1 failed" in done.stdout
    return room


def events(room: Path) -> list[str]:
    return [event["event"] for event in read_events(room / "results" / f"{NAME}.events.jsonl")]


def scores(room: Path) -> dict[str, float | None]:
    query = """
        select submitted_assignment.student_id, sum(grade.auto_score) from grade
        join submitted_notebook on submitted_notebook.id = grade.notebook_id
        join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
        join base_cell on base_cell.id = grade.cell_id where base_cell.name like 'check%' group by 1
    """
    with closing(sqlite3.connect(room / "gradebook.db")) as connection:
        return dict(connection.execute(query).fetchall())


def test_the_undisturbed_gradebook_holds_what_the_class_is_worth(calm: Path) -> None:
    worth = {0: 5.0, 1: 3.0, 2: 2.0, 3: 5.0}
    expected: dict[str, float | None] = {f"s{index:03}": worth[index % 4] for index in range(STUDENTS)}
    # No notebook; and one whose kernel is killed whenever a function is called: tried twice, worth the rest.
    assert scores(calm) == expected | {"s007": None, "s011": 3.0}
    assert events(calm).count("retried") == 1
    assert events(calm)[0] == "started" and events(calm)[-1] == "finished"


def test_two_equal_gradebooks_are_equal_and_one_changed_row_shows(calm: Path, tmp_path: Path) -> None:
    other = copy_of(calm, tmp_path / "room")
    assert differences(calm, other) == []
    with closing(sqlite3.connect(other / "gradebook.db")) as connection, connection:
        connection.execute("update grade set auto_score = 1.5 where id = (select min(id) from grade)")
    assert len(differences(calm, other)) == 2
    assert len(rows(other)["grade"]) == 3 * STUDENTS


@pytest.mark.timeout(600)
def test_kills_lose_nothing_and_double_nothing(fresh: Path, calm: Path, tmp_path: Path) -> None:
    room = copy_of(fresh, tmp_path / "room")
    upheaval = Upheaval(room, kills=3, seed=4, kinds=("coordinator", "worker", "kernel"))
    upheaval.run(STUDENTS)
    assert sum(upheaval.done.values()) == 3 and len(upheaval.done) > 1, upheaval.done
    assert differences(calm, room) == []
    happened = events(room)
    # One that is killed before its first word leaves none.
    assert happened.count("unfinished") <= upheaval.done["coordinator"]
    assert happened.count("worker_lost") >= upheaval.done["worker"]
    assert not list(room.rglob("*.partial"))


FULL = """
set -e
mount -t tmpfs -o size=4m tmpfs "$1"
cp -a "$2" "$1/room"
shift 2
for left in 0 48; do
    rm -f "$ROOM/../filler"
    free=$(df --output=avail -k "$ROOM" | tail -1)
    dd if=/dev/zero of="$ROOM/../filler" bs=1k count=$((free - left)) 2>/dev/null
    set +e; "$@" > "$OUT/$left.out" 2> "$OUT/$left.err"; echo $? > "$OUT/$left.rc"; set -e
done
rm "$ROOM/../filler"
set +e; "$@" > "$OUT/end.out" 2> "$OUT/end.err"; echo $? > "$OUT/end.rc"; set -e
cp -a "$ROOM" "$OUT/room"
"""


@pytest.mark.timeout(600)
def test_a_full_disk_is_one_line_and_the_rerun_completes(fresh: Path, calm: Path, tmp_path: Path) -> None:
    """A file system of four megabytes, in a mount namespace that ends with the command."""
    alone = ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-m"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"]).returncode:
        pytest.skip("this machine allows no mount namespace")
    small, out = tmp_path / "small", tmp_path / "out"
    small.mkdir()
    out.mkdir()
    room = small / "room"
    done = subprocess.run(
        [*alone, "sh", "-c", FULL, "sh", str(small), str(fresh), *command(room)],
        env={**os.environ, "ROOM": str(room), "OUT": str(out)},
        capture_output=True,
        text=True,
        timeout=480,
    )
    assert done.returncode == 0, done.stderr
    for left in (0, 48):
        assert (out / f"{left}.rc").read_text() == "1\n"
        said = (out / f"{left}.err").read_text()
        assert said.count("\n") == 1 and said.startswith("autograder: "), said
        assert "what is graded must be kept" in said and "goes on from what was graded" in said
        assert "No space left" in said or "disk is full" in said
    assert (out / "end.rc").read_text() == "3\n", (out / "end.err").read_text()
    assert differences(calm, out / "room") == []


@pytest.mark.timeout(600)
def test_what_arrives_is_graded_until_it_is_told_to_stop(fresh: Path, calm: Path, tmp_path: Path) -> None:
    room, later = copy_of(fresh, tmp_path / "room"), tmp_path / "later"
    later.mkdir()
    for index in range(6, STUDENTS):
        shutil.move(room / "submitted" / f"s{index:03}", later)
    watching = subprocess.Popen(
        command(room, "--watch", "--json-lines"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None and watching.stderr is not None
    try:
        first = [watching.stdout.readline() for _ in range(6)]
        second = subprocess.run(command(room), capture_output=True, text=True, timeout=60)
        assert second.returncode == 1 and f"received process {watching.pid} on " in second.stderr
        for path in sorted(later.iterdir()):
            shutil.copytree(path, room / "submitted" / path.name)
        rest = [watching.stdout.readline() for _ in range(STUDENTS - 6)]
        assert all('"student"' in line for line in first + rest)
        time.sleep(3)  # the gradebook's last batch, and nothing is at work
        watching.send_signal(signal.SIGTERM)
        _, said = watching.communicate(timeout=120)
    finally:
        watching.kill()
    assert watching.returncode == 3, said
    assert "12 submissions: 11 graded, 1 failed" in said
    assert differences(calm, room) == []
    assert events(room)[-1] == "interrupted"
