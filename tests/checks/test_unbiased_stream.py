"""``unbiased_stream``: one estimate a call, stopping early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks import Answer, Student, Suite, unbiased_stream
from autograder.checks.answers import in_namespace
from autograder.checks.recording import load, record, replay, save
from autograder.checks.run import run_check
from autograder.errors import AuthoringError
from autograder.results import Outcome

PLAN: dict[str, Any] = {"mean": 4.0, "variances": [60.0, 87.0], "shift": 4.0}


def score_function(rng: np.random.Generator, mean: float = 4.0) -> Any:
    def draw() -> float:
        z = rng.normal(2.0, 1.0)
        return z * z * (z - 2.0) + mean - 4.0

    return draw


def judge(draw: Any, **options: Any) -> Outcome:
    return unbiased_stream(Answer(lambda: draw), **(PLAN | options)).outcome()


@pytest.mark.slow
def test_a_correct_skewed_estimator_fails_as_seldom_as_promised() -> None:
    # alpha = 0.05 at all times together: 200 runs, more than 20 failures have probability 2e-3 at exactly
    # alpha.
    rng = np.random.default_rng(0)
    outcomes = [judge(score_function(rng), alpha=0.05, max_calls=400, shift=2.0) for _ in range(200)]
    assert sum(not outcome.passed for outcome in outcomes) <= 20


def test_a_wrong_mean_at_the_declared_shift_is_found_and_early_when_it_is_far() -> None:
    # beta = 1e-3: 100 runs with two misses have probability 5e-3, three 2e-4.
    rng = np.random.default_rng(1)
    near = [judge(score_function(rng, 0.0)) for _ in range(100)]
    assert sum(outcome.passed for outcome in near) <= 2
    far = judge(score_function(rng, -20.0))
    assert not far.passed and far.evidence["calls"] < np.mean([o.evidence["calls"] for o in near])
    assert far.message.endswith("it should be 4") and far.message.startswith(
        f"the mean of {far.evidence['calls']} calls"
    )


def test_a_right_answer_ends_early_too() -> None:
    outcome = judge(score_function(np.random.default_rng(2)))
    claim = unbiased_stream(Answer(lambda: 0), **PLAN)
    assert outcome.passed and outcome.evidence["verdict"] == "right"
    assert outcome.evidence["calls"] < claim.max_calls / 4


@pytest.mark.parametrize("size", [1e4, 1e200])
def test_balanced_noise_does_not_pass(size: float) -> None:
    state = [1]

    def draw() -> float:
        state[0] = -state[0]
        return state[0] * size

    assert not judge(draw).passed


def test_every_coordinate_counts() -> None:
    rng = np.random.default_rng(3)
    options = {"mean": [1.0, 2.0], "variances": [[1.0, 1.0], [1.0, 1.0]], "shift": 1.0}
    assert judge(lambda: rng.normal([1.0, 2.0]), **options).passed
    assert not judge(lambda: rng.normal([1.0, 3.5]), **options).passed
    assert "shape is ()" in judge(lambda: 1.0, **options).message


def test_a_function_that_breaks_on_the_way_fails_with_its_reason() -> None:
    calls: list[int] = []

    def flaky(x: float) -> float:
        calls.append(1)
        if len(calls) > 3:
            raise ValueError("out of luck")
        return x

    student = Student(in_namespace({"f": flaky}))
    outcome = unbiased_stream(student.f.bind(4.0), **PLAN).outcome()
    assert outcome.message.startswith("`f` raised ValueError: out of luck")


def test_it_is_recorded_and_replayed_with_new_calls(suite: Suite, tmp_path: Path) -> None:
    @suite.check("stream", grades=("draws",))
    def bound(student: Any, reference: Any, rng: Any) -> Any:
        theta = rng.uniform(2.0, 3.0)
        yield unbiased_stream(
            student.draws.bind((), theta), mean=theta, variances=[1.0, 1.0], shift=theta / 2
        )

    save([record(suite, suite.checks["stream"], 1.0)], tmp_path / "x")
    (recording,) = load(tmp_path / "x")
    assert replay(recording, suite.namespace()).score == 1.0
    wrong = next(m for m in suite.mistakes if m.name == "draws_centred")
    result = replay(recording, suite.namespace(wrong))
    assert (result.score, result.outcomes[0].mistakes) == (0.0, ("draws_centred",))
    graded = run_check(
        suite,
        suite.checks["stream"],
        Student(in_namespace(suite.namespace(wrong))),
        seed=1,
        grade_id="s",
        points=1.0,
    )
    assert graded.outcomes[0].mistakes == ("draws_centred",)


@pytest.mark.parametrize("options", [{"variances": [1.0]}, {"variances": [1.0, -1.0]}, {"shift": 0.0}])
def test_authors_are_told_which_moments_are_needed(options: dict[str, Any]) -> None:
    with pytest.raises(AuthoringError, match="at least two correct variants and a positive shift"):
        judge(lambda: 0.0, **options)
