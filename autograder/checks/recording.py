"""Checks that run where the reference is not: recorded at the build, replayed in the student's notebook.

A recording holds, for the public seed, the calls that a check makes, the claims it then yields, and what each
registered mistake would have shown: arrays and sentences, no code of the reference, of the checks or of the
mistakes.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder import wire
from autograder.checks.answers import Answer, Student, in_namespace
from autograder.checks.claim import Claim, Observation, from_parameters
from autograder.checks.diagnose import Observations
from autograder.checks.run import name_mistakes, observe_bank, require_numbers, seed_for
from autograder.checks.source import source_in_cells
from autograder.checks.suite import Check, Mistake, Suite
from autograder.errors import AuthoringError, AutograderError, ConfigurationError, ReplayError, WireError
from autograder.results import AFTER_HAND_IN, CheckResult, Show

PUBLIC_SECRET = b"public"
"""The notebook's inputs are drawn from a secret that is none."""

SUFFIX = ".checks"
"""A recording's file name is the problem set's with this suffix."""

_LENGTH = struct.Struct("<Q")
_ANSWER = "$answer"


@dataclass(frozen=True)
class Recording:
    """One check, ready to be replayed.

    Args:
        check: its name; of a question that a person grades, its ``grade_id``.
        points: points of its cell.
        show: how much of its outcomes students see.
        graded_only: whether it waits for hand-in; the other fields are then empty.
        by_hand: whether a person grades it; listed, never run.
        calls: function, positional and keyword arguments of each call, in order.
        claims: kind, answers and parameters of each claim, in order.
        mistakes: clause, hint and observations of each registered mistake.
    """

    check: str
    points: float
    show: Show
    graded_only: bool = False
    by_hand: bool = False
    calls: tuple[dict[str, Any], ...] = ()
    claims: tuple[dict[str, Any], ...] = ()
    mistakes: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def record(suite: Suite, check: Check, points: float) -> Recording:
    """Runs a check against its reference on the public seed and writes down what happens.

    Args:
        suite: the problem set's suite.
        check: which of its checks.
        points: points of its cell.

    Returns:
        The recording.

    Raises:
        ReplayError: the check feeds the student's answers to the reference or computes with them, and is not
            marked ``graded_only``.
        AuthoringError: the check yields nothing, or the reference does not pass it.
    """
    where = f"{suite.name}/checks.py"
    if check.graded_only:
        return Recording(check.name, points, check.show, graded_only=True)
    seed = seed_for(PUBLIC_SECRET, suite.name, check.name)
    recorder = _Recorder(suite)
    try:
        claims = list(suite.claims(check, recorder, np.random.default_rng(seed)))
    except ReplayError as error:
        raise ReplayError(
            f"check {check.name!r}: {error.rule}",
            where=where,
            fix="compare answers only by outcomes, or mark it graded_only=True",
        ) from None
    if not claims:
        raise AuthoringError("a check yields at least one outcome", where=where, received=check.name)
    require_numbers(suite, check, claims, complete=True)
    for claim in claims:
        outcome = claim.outcome()
        if not outcome.passed:
            raise AuthoringError(
                f"check {check.name!r} fails the reference", where=where, received=outcome.message
            )
    observed = observe_bank(suite, check, seed)
    return Recording(
        check=check.name,
        points=points,
        show=check.show,
        calls=tuple(recorder.calls),
        claims=tuple(_describe_claim(claim) for claim in claims),
        mistakes={m.name: _describe_mistake(m, observed[m.name]) for m in suite.mistakes_of(check)},
    )


def by_hand(grade_id: str, points: float) -> Recording:
    """The entry of a question that a person grades, so that the notebook can count its points."""
    return Recording(grade_id, points, Show.NOTHING, graded_only=True, by_hand=True)


class _Recorder(Student):
    """The reference in the student's place; writes down every call."""

    def __init__(self, suite: Suite) -> None:
        super().__init__(in_namespace(suite.namespace()))
        self.calls: list[dict[str, Any]] = []

    def answer(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], bound: bool) -> Answer:
        slot = len(self.calls)
        entry: dict[str, Any] = {
            "function": name,
            "args": [_describe_argument(arg) for arg in args],
            "kwargs": {key: _describe_argument(arg) for key, arg in kwargs.items()},
        }
        self.calls.append(entry | {"bound": True} if bound else entry)
        return Answer(super().answer(name, args, kwargs, bound).resolve, origin=(slot, ()))


def _describe_argument(argument: Any) -> Any:
    if isinstance(argument, Answer):
        return {_ANSWER: _describe_origin(argument)}
    return wire.plain(getattr(argument, "value", argument))


def _describe_origin(answer: Answer) -> list[Any]:
    assert answer.origin is not None
    return [answer.origin[0], list(answer.origin[1])]


def _describe_claim(claim: Claim) -> dict[str, Any]:
    return {
        "kind": claim.kind,
        "answers": [_describe_origin(answer) for answer in claim.answers],
        "parameters": claim.parameters(),
    }


def _describe_mistake(mistake: Mistake, observed: Observations) -> dict[str, Any]:
    return {
        "function": mistake.function,
        "clause": mistake.clause,
        "hint": mistake.hint,
        "lecture": mistake.lecture,
        "observations": [None if o is None else [o.values, o.spread, o.exact] for o in observed],
    }


def replay(recording: Recording, namespace: Mapping[str, Any]) -> CheckResult:
    """Runs a recorded check against the functions of a notebook.

    Args:
        recording: the check.
        namespace: where the student's functions are.

    Returns:
        The result, as grading would give it on the public seed; without outcomes when the check is graded
        only.
    """
    started = time.perf_counter()
    empty = CheckResult(recording.check, recording.check, recording.points, show=recording.show)
    if recording.graded_only:
        return replace(empty, reason=AFTER_HAND_IN)
    cells = namespace.get("In")  # IPython's record, cells that do not parse included
    source = partial(source_in_cells, cells) if isinstance(cells, list) else None
    student = Student(in_namespace(namespace), source)
    answers: list[Answer] = []
    for call in recording.calls:
        arguments = [_argument(arg, answers) for arg in call["args"]]
        keywords = {key: _argument(arg, answers) for key, arg in call["kwargs"].items()}
        function = getattr(student, call["function"])
        function = function.bind if call.get("bound") else function
        answers.append(function(*arguments, **keywords))
    claims = [
        from_parameters(
            c["kind"], c["parameters"], tuple(_select(answers, *origin) for origin in c["answers"])
        )
        for c in recording.claims
    ]
    outcomes = [claim.outcome() for claim in claims]
    if not all(outcome.passed for outcome in outcomes):
        bank = {name: _observations(entry["observations"]) for name, entry in recording.mistakes.items()}
        outcomes = name_mistakes(
            outcomes, claims, bank, {name: _mistake(name, recording) for name in recording.mistakes}
        )
    return replace(empty, outcomes=tuple(outcomes), seconds=time.perf_counter() - started)


def _argument(argument: Any, answers: list[Answer]) -> Any:
    if isinstance(argument, dict) and set(argument) == {_ANSWER}:
        return _select(answers, *argument[_ANSWER])
    # A function may work in place: a copy of its own each time, writable, as when graded.
    return deepcopy(argument)


def _select(answers: list[Answer], slot: int, path: list[Any]) -> Answer:
    answer = answers[slot]
    for key in path:
        # Steps that are more than a key, ("part" | "column", index, count), are lists on the wire.
        answer = getattr(answer, key[0])(*key[1:]) if isinstance(key, (list, tuple)) else answer[key]
    return answer


def _observations(entries: list[Any]) -> Observations:
    return [None if e is None else Observation(np.asarray(e[0]), np.asarray(e[1]), e[2]) for e in entries]


def _mistake(name: str, recording: Recording) -> Mistake:
    entry = recording.mistakes[name]
    return Mistake(name, entry["function"], _not_shipped, entry["clause"], entry["hint"], entry["lecture"])


def _not_shipped(*args: Any, **kwargs: Any) -> Any:
    raise AutograderError("a mistake's code does not leave the course's side")


def save(recordings: list[Recording], path: Path) -> None:
    """Writes recordings to one file; the same recordings give the same bytes."""
    with path.open("wb") as file:
        for recording in recordings:
            body = {name: getattr(recording, name) for name in Recording.__dataclass_fields__}
            message = wire.dumps(body | {"show": recording.show.value})
            file.write(_LENGTH.pack(len(message)) + message)


def load(path: Path) -> list[Recording]:
    """Reads the recordings of a file.

    Raises:
        ConfigurationError: the file is missing or is not a recording.
    """
    try:
        return [_recording(message) for message in _messages(path.read_bytes())]
    except OSError:
        raise ConfigurationError(
            "the recorded checks are not beside the notebook",
            expected=path.name,
            fix="keep the files of the release in one folder, and start Jupyter there",
        ) from None
    except (WireError, KeyError, TypeError, ValueError, struct.error):
        raise ConfigurationError(
            "the recorded checks cannot be read", where=str(path), fix="take the file from the release again"
        ) from None


def _messages(data: bytes) -> Iterator[bytes]:
    while data:
        (length,) = _LENGTH.unpack(data[: _LENGTH.size])
        yield data[_LENGTH.size : _LENGTH.size + length]
        data = data[_LENGTH.size + length :]


def _recording(message: bytes) -> Recording:
    body = wire.loads(message, accept_code=True)
    return Recording(**{**body, "show": Show(body["show"])})
