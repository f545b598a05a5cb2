"""The journal forgets nothing it was told, and trusts nothing it cannot read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.grading import journal as module
from autograder.grading.journal import Entry, Journal, key_of, write_atomically
from autograder.results import CheckResult, Outcome, Report

REPORT = Report(
    "ps", "abc", (CheckResult("check_f", "f", 2, (Outcome("close", True, "right"),)),), isolation="none"
)


def entry(student: str = "ada", data: bytes = b"notebook") -> Entry:
    return Entry(key_of(student, data, "suite", "grader"), student, REPORT, '{"cells": []}')


def test_what_was_put_is_there_for_the_next_run(tmp_path: Path) -> None:
    Journal(tmp_path).put(entry())
    assert Journal(tmp_path).get(entry().key) == entry()


def test_a_key_depends_on_student_bytes_and_every_version() -> None:
    keys = {
        key_of("ada", b"x", "suite", "grader"),
        key_of("bob", b"x", "suite", "grader"),
        key_of("ada", b"y", "suite", "grader"),
        key_of("ada", b"x", "suite2", "grader"),
        key_of("ada", b"x", "suite", "grader2"),
        key_of("ada", b"x", "suitegrader"),
    }
    assert len(keys) == 6


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"report": {"score": 100}}', "null", "\udcff"])
def test_a_damaged_entry_is_as_good_as_none(text: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put(entry())
    (tmp_path / f"{entry().key}.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert journal.get(entry().key) is None


def test_a_score_in_the_file_is_not_believed_over_its_outcomes(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put(entry())
    path = tmp_path / f"{entry().key}.json"
    path.write_text(path.read_text().replace('"passed": true', '"passed": false'))
    found = journal.get(entry().key)
    assert found is not None and found.report.score == 0


def test_the_gradebook_s_state_is_kept_by_student(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.delivered("ps", "ada") == ""
    journal.deliver(entry("ada", b"first"))
    journal.deliver(entry("bob", b"other"))
    journal.deliver(entry("ada", b"second"))
    assert journal.delivered("ps", "ada") == entry("ada", b"second").key
    assert journal.delivered("ps", "bob") == entry("bob", b"other").key


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]
