"""What a worker runs: it takes bytes and versions, finds its own checkout, and refuses when that is another.

A worker never sees the gradebook, a student's name or the coordinator's folders.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.errors import ConfigurationError, SandboxError

if TYPE_CHECKING:
    from autograder.grading.plain import PlainAssignment
    from autograder.problem_sets import ProblemSet

ENVIRONMENT = {
    # The trusted side computes on the CPU in float64.
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""Variables of a worker's process."""

_one_at_a_time = threading.Lock()  # a worker may have been started with several threads
_course_before = ""
_of_run: dict[str, tuple[ProblemSet | PlainAssignment, dict[str, str]]] = {}


@dataclass(frozen=True, repr=False)
class Request:
    """One submission to grade and all that a worker is told about it.

    Plain values, so that any version can read them and say that it is another. It has no ``repr``: Dask
    writes the arguments of a failed task to a worker's log.

    Args:
        run: the run's name.
        number: the submission's number in the run.
        assignment: name of a problem set, which the worker has a checkout of; or an ordinary assignment.
        versions: what the verdict must come from; see :func:`autograder.grading.identity.versions_of`.
        data: the submitted bytes.
        secret: what hidden inputs are drawn from.
        isolation: where the student's code runs.
        limits: what it may use.
        constants: the student's own, by name; empty where there are none.
    """

    run: str
    number: int
    assignment: str | PlainAssignment
    versions: Mapping[str, str]
    data: bytes
    secret: bytes
    isolation: str
    limits: Mapping[str, Any]
    constants: Mapping[str, Any] = field(default_factory=dict)


def topic(run: str) -> str:
    """Dask's topic on which the workers of a run tell what they have begun."""
    return f"expected-gradient-{run}"


def examine(run: str, assignment: str | PlainAssignment, versions: Mapping[str, str], isolation: str) -> None:
    """Makes sure that this worker can grade what is asked for, before it is asked to.

    Raises:
        ConfigurationError: it has no such problem set, other versions, or no sandbox; names this worker.
    """
    _opened_here(run, assignment, versions, isolation)


def grade(request: Request) -> dict[str, str]:
    """Grades one submission.

    Returns:
        ``report`` as JSON, the executed ``notebook`` as text, the ``worker``, and under ``again`` why it had
        to be tried a second time, if it had.

    Raises:
        ConfigurationError: as :func:`examine` says.
        AuthoringError: the problem set is wrong.
        SandboxError: two kernels in a row were lost or did not start.
    """
    from autograder.grading.settings import GradingSettings
    from autograder.grading.work import work_on
    from autograder.sandbox.isolation import Isolation
    from autograder.sandbox.limits import Limits

    with _one_at_a_time:
        _tell(request)
        assignment = _opened_here(request.run, request.assignment, request.versions, request.isolation)
        settings = GradingSettings(
            request.secret, Isolation(request.isolation), Limits.from_mapping(request.limits)
        )
        graded = work_on(assignment).with_constants(request.constants).grade(request.data, settings)
        return {
            "report": graded.report.to_json(),
            "notebook": graded.text,
            "worker": _here(),
            "again": graded.again,
        }


def _opened_here(
    run: str, assignment: str | PlainAssignment, versions: Mapping[str, str], isolation: str
) -> ProblemSet | PlainAssignment:
    from autograder.grading.identity import require_versions
    from autograder.sandbox.isolation import Isolation, require

    os.environ.update(ENVIRONMENT)
    where = f"worker {_here()}"
    try:
        opened, own = _opened(run, assignment)
        require(Isolation(isolation))
    except (ConfigurationError, SandboxError) as error:
        # Of the worker's machine, not of the submission.
        raise ConfigurationError(str(error), where=where) from None
    require_versions(versions, own, where)
    return opened


def _opened(
    run: str, assignment: str | PlainAssignment
) -> tuple[ProblemSet | PlainAssignment, dict[str, str]]:
    """This worker's problem set and versions, looked at once a run, since a worker may outlive it."""
    global _course_before
    if run in _of_run:
        return _of_run[run]
    from autograder.grading.identity import versions_of
    from autograder.problem_sets import locate
    from autograder.sandbox import zygote_client

    opened = locate(assignment) if isinstance(assignment, str) else assignment
    own = versions_of(opened)
    if _course_before not in ("", own["course"]):
        zygote_client.close()  # what it has imported is of yesterday
    _course_before = own["course"]
    _of_run.clear()
    _of_run[run] = opened, own
    return opened, own


def _here() -> str:
    """This worker by address and machine."""
    try:
        from distributed import get_worker

        return f"{get_worker().address} on {socket.gethostname()}"
    except ValueError:  # called without Dask
        return socket.gethostname()


def _tell(request: Request) -> None:
    try:
        from distributed import get_worker

        get_worker().log_event(topic(request.run), {"number": request.number})
    except ValueError:
        pass
