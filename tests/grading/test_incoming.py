"""Files that come from outside: bounded, regular, never behind a link."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from autograder.errors import ConfigurationError
from autograder.grading.classroom_run import ClassRun
from autograder.grading.incoming import names_in, read_file
from autograder.nbgrader.classroom import Classroom, init
from autograder.problem_sets import locate

COURSE = Path(__file__).parents[1] / "hostile" / "course"
NAME = "ps00_guarded"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / "work.ipynb").write_bytes(b"x" * 100)
    return folder


def test_a_file_is_read_up_to_a_size(work: Path) -> None:
    assert read_file(work / "work.ipynb") == b"x" * 100
    assert read_file(work / "work.ipynb", 2, most=10) == b"x" * 10
    assert names_in(work, 2) == ["work.ipynb"]


def test_a_link_may_lie_above_what_comes_in_and_not_within(work: Path, tmp_path: Path) -> None:
    (tmp_path / "course").symlink_to(tmp_path / "submitted")
    assert read_file(tmp_path / "course" / "ada" / NAME / "work.ipynb", 2) == b"x" * 100
    with pytest.raises(ConfigurationError, match="must lie in a folder, not behind a link"):
        read_file(tmp_path / "course" / "ada" / NAME / "work.ipynb", 3)


@pytest.mark.parametrize("depth", [1, 2])
def test_a_link_to_a_folder_is_not_followed(work: Path, depth: int) -> None:
    outer = work if depth == 1 else work.parent
    outer.rename(outer.with_name("elsewhere"))
    outer.symlink_to(outer.with_name("elsewhere"))
    assert (work / "work.ipynb").is_file()
    for attempt in (lambda: read_file(work / "work.ipynb", 2), lambda: names_in(work, 2)):
        with pytest.raises(ConfigurationError, match="must lie in a folder, not behind a link") as caught:
            attempt()
        assert str(outer) in str(caught.value)


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "folder", "socket", "device"])
def test_what_is_no_regular_file_has_its_reason_and_stalls_nobody(
    work: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = work / "odd.ipynb"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            monkeypatch.chdir(work)  # the path of a socket must be short
            listener.bind("odd.ipynb")
    else:
        path.symlink_to(work / ("work.ipynb" if kind == "link" else "nowhere"))
    with pytest.raises(ConfigurationError, match=r"a notebook must be a re(adable|gular) file"):
        read_file(path, 2)


@pytest.mark.parametrize("kind", ["link to a device", "pipe", "link"])
def test_a_timestamp_of_another_kind_is_none_and_stalls_nobody(tmp_path: Path, kind: str) -> None:
    room: Classroom = init(tmp_path / "room", COURSE)
    path = room.submitted / "ada" / NAME / "timestamp.txt"
    path.parent.mkdir(parents=True)
    (tmp_path / "real.txt").write_text("2026-01-01 10:00:00 UTC")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "real.txt" if kind == "link" else "/dev/zero")
    assert room.timestamp("ada", NAME) is None


def test_a_link_in_place_of_a_folder_counts_as_handed_in(tmp_path: Path) -> None:
    room = init(tmp_path / "room", COURSE)
    for student in ("ada", "bob", "cyd"):
        (room.submitted / student).mkdir()
    (room.submitted / "ada" / NAME).mkdir()
    (room.submitted / "bob" / NAME).symlink_to(room.submitted / "ada" / NAME)
    (room.submitted / "eve").symlink_to(room.submitted / "ada")
    (room.submitted / ".link-eve").symlink_to(room.submitted / "ada")
    assert ClassRun(room, locate(NAME, COURSE)).students() == ["ada", "bob", "eve"]
