"""The event log tells what happened, torn or not; one run a classroom."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import ConfigurationError
from autograder.grading.events import Event, EventLog, read_events
from autograder.grading.lock import LOCK_FILE, only_run


def test_events_are_read_in_their_order_with_time_and_run(tmp_path: Path) -> None:
    with EventLog(tmp_path / "log") as log:
        log.write(Event.STARTED, students=2)
        log.write(Event.GRADED, student="ada \udcff", score=1.0)
        log.write(Event.FINISHED)
    events = read_events(tmp_path / "log")
    assert [event["event"] for event in events] == ["started", "graded", "finished"]
    assert {event["run"] for event in events} == {log.run}
    assert events[1]["student"] == "ada \udcff" and events[0]["time"].endswith("+00:00")


@pytest.mark.parametrize("torn", [b'{"time": "2026', b"\xff\xfe", b"[]", b'{"event": "graded"}\n'])
def test_a_torn_line_is_passed_over_and_stays_alone(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "log"
    with EventLog(path) as log:
        log.write(Event.STARTED)
    with path.open("ab") as file:
        file.write(torn)
    with EventLog(path) as again:
        again.write(Event.FINISHED)
    assert [event["event"] for event in read_events(path)] == ["started", "unfinished", "finished"]


def test_a_run_that_ended_without_a_word_is_named_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with EventLog(path) as killed:
        killed.write(Event.STARTED)
        killed.write(Event.GRADED, student="ada")
    with EventLog(path) as log:
        log.write(Event.INTERRUPTED)
    assert read_events(path)[2] | {"time": ""} == {
        "time": "",
        "run": log.run,
        "event": "unfinished",
        "of": killed.run,
    }
    with EventLog(path):
        pass  # the last one has said how it ended
    assert [event["event"] for event in read_events(path)].count("unfinished") == 1


def test_a_log_that_is_not_there_has_no_events(tmp_path: Path) -> None:
    assert read_events(tmp_path / "log") == []


def test_a_second_run_is_refused_and_told_who_holds_the_classroom(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).parent.mkdir()
    with (
        only_run(tmp_path),
        pytest.raises(ConfigurationError, match=rf"at a time \(received process {os.getpid()} on .* since 2"),
        only_run(tmp_path),
    ):
        pass
    with only_run(tmp_path):
        pass  # free again


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).parent.mkdir()
    script = (
        "import sys, time; from pathlib import Path; from autograder.grading.lock import only_run\n"
        "with only_run(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with (tmp_path / LOCK_FILE).open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with only_run(tmp_path):
        assert f"process {os.getpid()} " in (tmp_path / LOCK_FILE).read_text()


def test_every_line_is_one_json_object(tmp_path: Path) -> None:
    with EventLog(tmp_path / "log") as log:
        log.write(Event.NOT_GRADABLE, student="x\ny", reason="two\nlines")
    (line,) = (tmp_path / "log").read_text().splitlines()
    assert json.loads(line)["reason"] == "two\nlines"
