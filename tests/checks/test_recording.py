"""Recorded checks give in the notebook what grading gives on the public seed, and hold no code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks import Suite, close
from autograder.checks.answers import Student, in_namespace
from autograder.checks.recording import PUBLIC_SECRET, load, record, replay, save
from autograder.checks.run import run_check, seed_for
from autograder.errors import AuthoringError, ConfigurationError, ReplayError
from autograder.results import CheckResult, Status

NAMES = ["center", "both", "draws", "pair"]


def graded(suite: Suite, check: str, namespace: dict[str, Any]) -> CheckResult:
    seed = seed_for(PUBLIC_SECRET, suite.name, check)
    return run_check(
        suite, suite.checks[check], Student(in_namespace(namespace)), seed=seed, grade_id=check, points=3.0
    )


@pytest.fixture
def recordings(suite: Suite, tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "ps99_toy.checks"
    save([record(suite, suite.checks[name], 3.0) for name in NAMES], path)
    return {recording.check: recording for recording in load(path)}


def test_replay_gives_the_verdicts_names_and_messages_of_grading(
    suite: Suite, recordings: dict[str, Any]
) -> None:
    namespaces = [suite.namespace(), suite.namespace() | {"center": lambda x: 7 * (x - x.mean(axis=0))}]
    namespaces += [suite.namespace(mistake) for mistake in suite.mistakes]
    namespaces += [
        suite.namespace() | dict.fromkeys(("center", "scale", "draws", "pair"), lambda *args: None)
    ]
    for namespace in namespaces:
        for name in NAMES:
            there, here = graded(suite, name, namespace), replay(recordings[name], namespace)
            assert [o.passed for o in here.outcomes] == [o.passed for o in there.outcomes]
            assert [o.mistakes for o in here.outcomes] == [o.mistakes for o in there.outcomes]
            assert (here.score, here.points, here.check) == (there.score, there.points, there.check)
            if name != "draws":
                assert [o.message for o in here.outcomes] == [o.message for o in there.outcomes]


def test_a_function_that_works_in_place_spoils_neither_this_run_nor_the_next(
    suite: Suite, recordings: dict[str, Any]
) -> None:
    def center(x: Any) -> Any:
        x -= x.mean(axis=0)
        return x

    for _ in range(2):
        assert replay(recordings["center"], suite.namespace() | {"center": center}).score == 3.0


def test_two_mistakes_are_named_in_the_notebook_too(suite: Suite, recordings: dict[str, Any]) -> None:
    wrong = {m.name: m.run for m in suite.mistakes}
    namespace = suite.namespace() | {"center": wrong["center_all"], "scale": wrong["scale_sample"]}
    found = [outcome.mistakes for outcome in replay(recordings["both"], namespace).outcomes]
    assert found == [("center_all",), ("scale_sample",)]


def test_a_public_recording_twice_gives_the_same_bytes_even_of_a_sampler(
    suite: Suite, tmp_path: Path
) -> None:
    for name in "ab":
        save([record(suite, suite.checks[check], 3.0) for check in NAMES], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_one_result_too_many_fails_in_the_notebook_as_in_grading(
    suite: Suite, recordings: dict[str, Any]
) -> None:
    namespace = suite.namespace() | {"pair": lambda x: [2.0 * x, x**2, x]}
    result = replay(recordings["pair"], namespace)
    assert result.score == graded(suite, "pair", namespace).score == 0.0
    assert result.outcomes[0].message == "2 results should be returned, not 3"


def test_a_recording_holds_no_code(suite: Suite, tmp_path: Path) -> None:
    path = tmp_path / "x"
    save([record(suite, suite.checks[name], 3.0) for name in NAMES], path)
    data = path.read_bytes()
    assert b"lambda" not in data and b"def " not in data and b"np." not in data
    assert b"over the whole table" in data


def test_a_check_that_feeds_answers_to_the_reference_is_graded_only(suite: Suite) -> None:
    @suite.check("feeds", grades=("center",))
    def feeds(student: Any, reference: Any, rng: Any) -> Any:
        x = rng.normal(size=(4, 2))
        yield close(student.center(student.center(x)), reference.center(student.center(x)))

    with pytest.raises(ReplayError) as caught:
        record(suite, suite.checks["feeds"], 1.0)
    assert str(caught.value) == (
        "ps99_toy/checks.py: check 'feeds': the check computes with the student's answer, which recorded"
        " arrays cannot replay; compare answers only by outcomes, or mark it graded_only=True"
    )


def test_a_graded_only_check_says_so_in_the_notebook(suite: Suite, tmp_path: Path) -> None:
    @suite.check("later", grades=("center",), graded_only=True)
    def later(student: Any, reference: Any, rng: Any) -> Any:
        x = rng.normal(size=(4, 2))
        yield close(student.center(x), student.center(x).value, terms=np.ones((4, 2)))

    save([record(suite, suite.checks["later"], 1.0)], tmp_path / "x")
    result = replay(load(tmp_path / "x")[0], {})
    assert (result.status, result.reason) == (Status.NOT_RUN, "graded after hand-in")


def test_a_reference_that_fails_its_own_check_is_not_recorded(suite: Suite) -> None:
    @suite.check("wrong", grades=("center",))
    def wrong(student: Any, reference: Any, rng: Any) -> Any:
        yield close(student.center(np.arange(3.0)), np.ones(3), terms=np.ones(3))

    with pytest.raises(AuthoringError, match="check 'wrong' fails the reference"):
        record(suite, suite.checks["wrong"], 1.0)


def test_a_check_that_yields_nothing_is_not_recorded(suite: Suite) -> None:
    suite.check("silent", grades=("center",))(lambda *args: iter(()))
    with pytest.raises(AuthoringError, match="yields at least one outcome"):
        record(suite, suite.checks["silent"], 1.0)


def test_a_missing_file_says_where_it_should_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"not beside the notebook \(expected ps99.checks\)"):
        load(tmp_path / "ps99.checks")


def test_a_damaged_file_is_a_configuration_error(suite: Suite, tmp_path: Path) -> None:
    path = tmp_path / "x"
    save([record(suite, suite.checks["center"], 3.0)], path)
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [data[:-1], data[:5], b"\0" * 20, data + b"\1"]
    damaged += [bytes(rng.integers(0, 256, size=40, dtype=np.uint8)) for _ in range(50)]
    for broken in damaged:
        path.write_bytes(broken)
        with pytest.raises(ConfigurationError, match="cannot be read"):
            load(path)
