"""Which files go into a sandbox, and how."""

from __future__ import annotations

import fcntl
import os
import socket
import time

import pytest

from autograder.errors import ConfigurationError, SandboxError
from autograder.sandbox.files import (
    MAX_FILES,
    Descriptors,
    Tail,
    _sweep,
    checked_files,
    make_run_folder,
    read_folder,
    remove_run_folder,
)
from autograder.sandbox.limits import Limits


def test_too_many_files_are_refused():
    with pytest.raises(ConfigurationError, match=f"too many files .*at most {MAX_FILES}.*one archive"):
        checked_files({str(n): b"" for n in range(MAX_FILES + 1)}, Limits())


def test_files_larger_than_the_folder_or_the_limit_are_refused():
    with pytest.raises(
        ConfigurationError, match=r"larger than limits.disk_bytes .*at most 10 bytes, received 12"
    ):
        checked_files({"a": b"123456", "b": b"123456"}, Limits(disk_bytes=10))
    with pytest.raises(
        ConfigurationError, match=r"^big: a file is larger than limits.file_bytes .*received 6"
    ):
        checked_files({"big": b"123456"}, Limits(file_bytes=5))


def test_reading_a_folder_follows_no_links_and_waits_for_no_pipes(tmp_path):
    secret, folder = tmp_path / "secret", tmp_path / "work"
    secret.mkdir()
    (secret / "s.txt").write_text("secret")
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "sub" / "b.txt").write_text("b")
    (folder / "link").symlink_to(secret / "s.txt")
    (folder / "linked").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
    assert read_folder(folder, Limits()) == {"a.txt": b"a", "sub/b.txt": b"b"}


def test_a_folder_that_is_too_large_is_refused_before_all_of_it_is_read(tmp_path):
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 40)
    with pytest.raises(ConfigurationError, match=r"larger than limits\.\w+_bytes"):
        read_folder(tmp_path, Limits(disk_bytes=1000))


def test_a_run_folder_is_private_and_short_enough_for_a_socket(monkeypatch):
    folder = make_run_folder()
    try:
        assert folder.stat().st_mode & 0o777 == 0o700
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(folder / "s-5"))
    finally:
        remove_run_folder(folder)


def test_no_place_for_a_run_folder_is_an_error_with_a_fix(monkeypatch):
    monkeypatch.setattr(os, "access", lambda *a: False)
    with pytest.raises(SandboxError, match=r"writable folder with a short path .*set TMPDIR to a short path"):
        make_run_folder()


def test_a_descriptor_reads_its_content_from_the_start_and_is_closed_with_the_others():
    descriptors = Descriptors()
    number = descriptors.file(b"content")
    assert os.read(number, 100) == b"content"
    descriptors.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


def test_the_tail_keeps_the_last_line_and_never_makes_the_writer_wait():
    tail = Tail()
    with open(tail.write_end, "w") as pipe:
        for _ in range(5_000):
            pipe.write("x" * 99 + "\n")  # seven times what a pipe holds
        pipe.write("the end\n\n")
    tail.join()
    assert tail.last_line == "the end"


def test_a_flood_on_stderr_is_cut_off():
    tail = Tail()
    with pytest.raises(BrokenPipeError), open(tail.write_end, "wb", buffering=0) as pipe:
        for _ in range(1000):
            pipe.write(bytes(1 << 16))
    tail.join()


def test_run_folders_of_processes_that_were_killed_are_swept_and_no_others(tmp_path):
    old = time.time() - 1000
    folders = {name: tmp_path / f"autograder-{name}" for name in ("dead", "held", "young", "foreign")}
    folders["other"] = tmp_path / "something-else"
    for name, folder in folders.items():
        (folder / "m").mkdir(parents=True)
        if name != "foreign":  # not made by this package: it has no owner
            (folder / "owner").touch()
            os.utime(folder / "owner", None if name == "young" else (old, old))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "owner").touch()
    os.utime(outside / "owner", (old, old))
    (tmp_path / "autograder-link").symlink_to(outside)
    with open(folders["held"] / "owner") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        _sweep.__wrapped__(str(tmp_path))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "autograder-held",
        "autograder-young",
        "autograder-foreign",
        "something-else",
        "autograder-link",
        "outside",
    }


def test_a_run_folder_is_locked_by_its_process_until_it_is_removed():
    folder = make_run_folder()
    with open(folder / "owner") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    count = len(os.listdir("/proc/self/fd"))
    remove_run_folder(folder)
    assert not folder.exists()
    assert len(os.listdir("/proc/self/fd")) == count - 1
