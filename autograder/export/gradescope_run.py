"""Grades one submission where Gradescope has put it: ``python -m autograder.export.gradescope_run``.

Gradescope runs this as root in a container of one submission. ``/autograder/source`` is the zip's content,
``submission`` beside it what the student handed in, and ``results/results.json`` is read afterwards. Without
isolation nothing is graded and no result is written: Gradescope then tells the instructor that the autograder
failed, and no 0 stands as a grade.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import AutograderError, ConfigurationError, SandboxError

if TYPE_CHECKING:
    from autograder.results import CheckResult, Report
    from autograder.sandbox.isolation import Isolation

_MOST_SECONDS = 10**6


def grade(base: Path) -> dict[str, Any]:
    """Grades the submission in a folder laid out as Gradescope's ``/autograder``.

    Args:
        base: the folder.

    Returns:
        What ``results.json`` says.

    Raises:
        SandboxError: bubblewrap cannot run here, and the zip was not made with ``--container-only``.
        ConfigurationError: the folder is not what the zip makes of it.
        AuthoringError: the problem set is wrong.
    """
    from autograder.export.gradescope_zip import SETTINGS
    from autograder.grading.settings import GradingSettings
    from autograder.grading.suite_work import SuiteWork
    from autograder.problem_sets import locate
    from autograder.sandbox.limits import Limits

    started = time.monotonic()
    source = base / "source"
    try:
        said = json.loads((source / SETTINGS).read_text("utf-8"))
        secret, name = bytes.fromhex(said["secret"]), said["problem_set"]
        limits = Limits.from_mapping(said["limits"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            "the zip's settings lie in source", where=str(source / SETTINGS), received=error
        ) from None
    _close(base)
    isolation = _isolation(source / SETTINGS, bool(said["container_only"]))
    work = SuiteWork(locate(name, source / "course"))
    try:
        data, note = work.read(base / "submission")
    except ConfigurationError as error:
        report, note = work.not_gradable(error.rule).report, ""
    else:
        report = work.grade(data, GradingSettings(secret, isolation, limits)).report
    return results(report, time.monotonic() - started, note)


def results(report: Report, seconds: float = 0.0, note: str = "") -> dict[str, Any]:
    """A report in Gradescope's form.

    A check is a test; what its author shows to nobody is hidden there. What a person grades is no part
    of it: a person grades it there too.

    Args:
        report: the verdict.
        seconds: what it took.
        note: about how the work was handed in.
    """
    said = [f"Not graded: {report.not_gradable}"] if report.not_gradable else []
    said += [text for text in (note, *report.notes) if text]
    return {
        "tests": [_test(check) for check in report.checks],
        "output": "\n".join(said),
        "output_format": "text",
        "execution_time": math.ceil(min(seconds, _MOST_SECONDS)),
        # What the grader prints is for instructors.
        "stdout_visibility": "hidden",
    }


def _test(check: CheckResult) -> dict[str, Any]:
    from autograder.reports.outcomes import to_text
    from autograder.results import Show, Status

    return {
        "name": check.check,
        "score": check.score,
        "max_score": check.points,
        "status": "passed" if check.status is Status.PASSED else "failed",
        "output": to_text(check),
        "output_format": "text",
        "visibility": "hidden" if check.show is Show.NOTHING else "visible",
    }


def _close(base: Path) -> None:
    """Closes to every other user what a student must neither read nor write; Gradescope unpacks it open."""
    for name in ("source", "submission", "results"):
        folder = base / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
    for path in base.iterdir():
        if path.is_file() and not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)  # submission_metadata.json: earlier results


def _isolation(secret: Path, container_only: bool) -> Isolation:
    from autograder.sandbox.isolation import Isolation, require
    from autograder.sandbox.other_user import as_user

    try:
        require(Isolation.BUBBLEWRAP)
    except SandboxError as error:
        if not container_only:
            raise SandboxError(
                f"{error}; this container lends no sandbox",
                fix="export with --container-only if the container may be all that there is",
            ) from None
        # That the answers are closed is looked at, not assumed.
        looked = subprocess.run([*as_user(), "/bin/cat", "--", str(secret)], capture_output=True, check=False)
        if looked.returncode == 0 or looked.stdout:
            raise SandboxError(
                "students' code can read the answers here", where=str(secret), fix="run as root"
            ) from None
        return Isolation.OTHER_USER
    # One submission a container: a zygote would serve one kernel.
    return Isolation.BUBBLEWRAP_COLD


def main(arguments: list[str] | None = None) -> int:
    """Writes ``results/results.json``; the exit code is 0 when it is there."""
    words = sys.argv[1:] if arguments is None else arguments
    base = Path(words[0] if words else "/autograder").absolute()
    os.environ.update(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3")
    target = base / "results" / "results.json"
    try:
        target.unlink(missing_ok=True)
        said = grade(base)
    except AutograderError as error:
        print(f"autograder: {' '.join(str(error).split())}")
        return 1
    target.write_text(json.dumps(said, indent=1, allow_nan=False), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
