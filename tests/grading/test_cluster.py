"""A cluster by its address: workers in folders of their own, over TLS, refused when of another version.

All of it on this machine's loopback. One class goes through a scheduler and two workers, and then through
what may happen to them.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import autograder
from autograder.errors import ConfigurationError
from autograder.grading.classroom_run import ClassRun, Line
from autograder.grading.cluster import Cluster
from autograder.grading.events import read_events
from autograder.nbgrader.classroom import Classroom
from autograder.problem_sets import ProblemSet

from .conftest import NAME, TINY

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

PACKAGE = Path(autograder.__file__).parent
DASK = str(Path(sys.executable).parent / "dask")


def copied(folder: Path) -> Path:
    """A checkout and packages of a worker's own: hard links where the disk allows."""

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)

    ignore = shutil.ignore_patterns("__pycache__")
    for package in (PACKAGE, PACKAGE.parent / "course"):
        shutil.copytree(package, folder / package.name, copy_function=link, ignore=ignore)
    shutil.copytree(TINY, folder / "checkout", ignore=ignore)
    return folder


def certificate(folder: Path) -> dict[str, str]:
    """Dask's variables for a certificate that is its own authority."""
    pem = folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-days", "2", "-subj", "/CN=class", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    pem.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    pem.chmod(0o600)
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    variables = {f"{tls}{part}__CERT": str(pem) for part in ("SCHEDULER", "WORKER", "CLIENT")}
    return variables | {f"{tls}CA_FILE": str(folder / "cert.pem")}


class Machines:
    """A scheduler and workers, each a process of ``dask``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.variables = certificate(folder)
        log = folder / "scheduler.log"
        self.scheduler = self._start(
            log,
            *("scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
            # A worker that does not answer for five seconds is given up: Dask's least.
            DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="5s",
        )
        self.address = self._said(log, r"Scheduler at:\s+(tls://\S+)")

    def worker(self, name: str) -> tuple[subprocess.Popen[bytes], Path]:
        """A worker that lives in a folder of its own, and knows no other."""
        place = copied(self.folder / name)
        process = self._start(
            place / "log",
            *("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name),
            *("--host", "127.0.0.1", "--local-directory", str(place / "scratch"), "--resources", "SLOT=1"),
            cwd=place,
            PYTHONPATH=str(place),
            AUTOGRADER_COURSE=str(place / "checkout"),
        )
        self._said(place / "log", r"Registered to:\s+(tls://\S+)")
        return process, place

    def _start(self, log: Path, *arguments: str, cwd: Path | None = None, **variables: str) -> Any:
        with log.open("wb") as file:
            process = subprocess.Popen(
                [DASK, *arguments],
                cwd=cwd or self.folder,
                env={**os.environ, **self.variables, **variables},
                stdout=file,
                stderr=file,
            )
        self.processes.append(process)
        return process

    def _said(self, log: Path, pattern: str) -> str:
        for _ in range(1200):
            if found := re.search(pattern, log.read_text()):
                return found[1]
            time.sleep(0.1)
        pytest.fail(f"not said: {pattern}\n{log.read_text()}")

    def end(self) -> None:
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    import dask

    folder = tmp_path / "machines"
    folder.mkdir()
    started = Machines(folder)
    for name, value in started.variables.items():
        monkeypatch.setenv(name, value)
    dask.config.refresh()
    yield started
    started.end()
    monkeypatch.undo()
    dask.config.refresh()


def test_a_client_that_has_given_up_is_a_lost_scheduler() -> None:
    client: Any = SimpleNamespace(scheduler_info=lambda n_workers: {})
    with pytest.raises(ConfigurationError, match="connection to the Dask scheduler was lost; run the same"):
        Cluster(address="tcp://127.0.0.1:1").able(client)


def test_workers_of_another_folder_grade_and_those_of_another_version_are_refused(
    room: Classroom, tiny: ProblemSet, class_of: Callable[..., list[str]], machines: Machines
) -> None:
    students = class_of(6)
    where = Cluster(address=machines.address, resources={"SLOT": 1})
    (first, _), (_, place) = machines.worker("one"), machines.worker("two")

    def grade(told: Callable[[Line], None] = lambda line: None) -> dict[str, float | None]:
        lines = ClassRun(room, tiny, cluster=where).run(told)
        return {line.student: line.report.score for line in lines}

    scores = {student: 5.0 if index % 3 else 3.0 for index, student in enumerate(students)}
    assert grade() == scores
    events = read_events(room.results / f"{NAME}.events.jsonl")
    assert len({event["worker"] for event in events if event["event"] == "graded"}) == 2
    for log in machines.folder.glob("*/log"):
        assert room.settings.secret.hex() not in log.read_text()

    # A checkout that has moved on, under a worker that has not been started again.
    class_of(3, first=6)
    checks = place / "checkout" / "solutions" / NAME / "checks.py"
    kept = checks.read_text()
    checks.write_text(kept + "# what the next term will ask\n")
    before = {path: path.read_bytes() for path in room.directory.rglob("*.ipynb")}
    with pytest.raises(ConfigurationError) as refused:
        grade()
    said = str(refused.value)
    assert (
        said.startswith("worker tls://127.0.0.1:") and "only with the versions that it is asked for" in said
    )
    assert said.count(f"solutions/{NAME} ") == 2 and "course" not in said and "grader" not in said
    assert {path: path.read_bytes() for path in room.directory.rglob("*.ipynb")} == before
    assert read_events(room.results / f"{NAME}.events.jsonl")[-1]["event"] == "failed"
    checks.write_text(kept)

    # Another grader: a file replaced, so that the other links stay what they are.
    newer = copied(machines.folder / "three") / "autograder" / "marking.py"
    text = newer.read_text()
    newer.unlink()
    newer.write_text(text + "# of another day\n")
    shutil.rmtree(machines.folder / "three" / "checkout")
    shutil.copytree(TINY, machines.folder / "three" / "checkout")
    third = machines._start(
        machines.folder / "three" / "log",
        *("worker", machines.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
        *("--host", "127.0.0.1", "--resources", "SLOT=1"),
        PYTHONPATH=str(machines.folder / "three"),
        AUTOGRADER_COURSE=str(machines.folder / "three" / "checkout"),
    )
    machines._said(machines.folder / "three" / "log", r"Registered to:\s+(tls://\S+)")
    with pytest.raises(ConfigurationError, match=r"expected grader \w{12}, received grader \w{12}\);"):
        grade()
    third.kill()

    # One that stops answering in the middle: the other takes over what it had.
    def stop(line: Line) -> None:
        if not line.cached and first.poll() is None:
            os.kill(first.pid, signal.SIGSTOP)

    class_of(9, first=9)
    graded = grade(stop)
    assert len(graded) == 18 and set(graded.values()) == {3.0, 5.0}
    happened = [event["event"] for event in read_events(room.results / f"{NAME}.events.jsonl")]
    assert "worker_lost" in happened and "retried" in happened

    # And the scheduler itself.
    class_of(3, first=18)

    def lose(line: Line) -> None:
        if not line.cached:
            machines.scheduler.kill()

    with pytest.raises(ConfigurationError, match="connection to the Dask scheduler was lost; run the same"):
        grade(lose)
    here = ClassRun(room, tiny, workers=1).run()
    assert {line.report.score for line in here} == {3.0, 5.0} and len(here) == 21
