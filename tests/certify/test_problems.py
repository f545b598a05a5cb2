"""Everything that keeps a problem set from being certified is said, with the file and the rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import numpy as np
import pytest

from autograder.certify.certificate import schema
from autograder.checks import close, mistake, unbiased, variance, variant
from autograder.errors import AuthoringError
from autograder.reports.certificate import to_html

# Every run here draws unseeded noise. A sound problem set is refused by chance when one of its decisions
# fails: 1e-9 each; counts at alpha 1e-3 are refused beyond the 1e-3 quantile, and Catoni's test fails ten
# times less often than nominal. Mistakes are at least 50 standard errors off.


def test_a_sound_problem_set_is_certified(small: Any) -> None:
    certificate = small.certify()
    assert certificate.all_problems == ()
    exact, drawn = certificate.checks
    assert (exact.stub, exact.reference, len(exact.mistakes), len(exact.variants)) == (0, 1, 8, 3)
    assert all(line.killed == line.named == line.runs == 6 for line in exact.mistakes + drawn.mistakes)
    assert all(line.power == pytest.approx(1) for line in drawn.mistakes)
    assert {line.unit for line in exact.mistakes} == {"tolerances"}
    assert {line.unit for line in drawn.mistakes} == {"standard errors"}
    assert all(line.trials >= 300 for line in drawn.variants)
    assert all(line.trials == 0 for line in exact.variants)
    assert (exact.calls, exact.draws, drawn.calls, drawn.draws) == (1, 0, 2, 8000)


def test_margins_of_estimates_are_their_distance_in_standard_errors(small: Any) -> None:
    # Oracle: the mean of mistake k is (1 + k) true means too large; each of 4000 draws has variance 1.
    drawn = small.certify().checks[1]
    for k in range(8):
        (line,) = [m for m in drawn.mistakes if m.name == f"draws_{k}"]
        assert 0.8 * (1 + k) * 4000**0.5 * 0.9 < line.margin < 1.2 * (1 + k) * 4000**0.5 * 1.1
    assert drawn.margin.name == "draws_0"


def few_mistakes(small: Any) -> None:
    small.mistakes = {name: f for name, f in small.mistakes.items() if name != "shift_3"}


def no_mistakes(small: Any) -> None:
    small.mistakes = {name: f for name, f in small.mistakes.items() if name.startswith("draws")}


def few_variants(small: Any) -> None:
    del small.variants["draws_by_1"]


def stub_that_scores(small: Any) -> None:
    small.stub["shift"] = small.reference["shift"]


def passing_mistake(small: Any) -> None:
    small.mistakes["harmless"] = mistake("shift", "the mean were subtracted")(lambda x, mean: x - mean)


def weak_mistake(small: Any) -> None:
    # 0.05 standard deviations off: 3 standard errors of 4000 draws, where 9 are needed.
    small.mistakes["weak"] = mistake("draws", "it were a little off")(
        lambda mean, n: mean + 0.05 + np.random.default_rng().normal(size=n)
    )


def unstated_twin(small: Any) -> None:
    small.mistakes["copy"] = mistake("shift", "the mean were taken two times")(lambda x, mean: x - mean * 2)


def stale_twin(small: Any) -> None:
    small.mistakes["own"] = mistake("shift", "it were added", twins=("shift_0",))(lambda x, mean: x + mean)


def nameless_mistake(small: Any) -> None:
    # Its result changes from run to run, so that no observation of it fits another.
    small.mistakes["erratic"] = mistake("shift", "noise were added")(
        lambda x, mean: x + np.random.default_rng().normal(size=len(x))
    )


def fickle_mistake(small: Any) -> None:
    # Every second call, the one that is judged, gives what another mistake gives.
    calls: list[int] = []

    def fickle(x: Any, mean: float) -> Any:
        calls.append(1)
        return x + mean if len(calls) % 2 else x - 2 * mean

    small.mistakes["fickle"] = mistake("shift", "it were now this and now that")(fickle)


def wrong_route(small: Any) -> None:
    small.variants["wrong"] = variant("shift")(lambda x, mean: x + mean)


def wrong_mean(small: Any) -> None:
    def check(student: Any, reference: Any, rng: Any) -> Any:
        yield unbiased(student.draws(1.5, 4000), draws=4000, mean=1.0, variances=[1.0, 1.0], label="mean")

    small.checks["draws"] = check


def small_variance(small: Any) -> None:
    def check(student: Any, reference: Any, rng: Any) -> Any:
        yield unbiased(student.draws(1.5, 4000), draws=4000, mean=1.5, variances=[0.7, 0.7], label="mean")

    small.checks["draws"] = check


def small_kurtosis(small: Any) -> None:
    def check(student: Any, reference: Any, rng: Any) -> Any:
        got = student.draws(1.5, 4000)
        yield variance(got, draws=4000, mean=1.5, variance=1.0, kurtosis=2.0, label="spread")

    small.checks["draws"] = check


def degenerate_point(small: Any) -> None:
    def check(student: Any, reference: Any, rng: Any) -> Any:
        x = rng.normal(size=7)
        yield close(student.shift(x, 0.0), reference.shift(x, 0.0))

    small.checks["shift"] = check


def idle_reason(small: Any) -> None:
    small.meant = {"mean": "it is the lesson"}


def silent_check(small: Any) -> None:
    small.checks["shift"] = lambda student, reference, rng: iter(())


def one_variance(small: Any) -> None:
    def check(student: Any, reference: Any, rng: Any) -> Any:
        yield unbiased(student.draws(1.5, 100), draws=100, mean=1.5, variances=[1.0])

    small.checks["draws"] = check


def bad_covariance(small: Any) -> None:
    def check(student: Any, reference: Any, rng: Any) -> Any:
        both = [[[1.0, 2.0], [2.0, 1.0]]] * 2  # determinant −3
        yield unbiased(student.draws(1.5, 100), draws=100, mean=[1.5, 1.5], covariances=both)

    small.checks["draws"] = check


def idle_mistake(small: Any) -> None:
    small.reference["idle"] = lambda: 0
    small.mistakes["of_idle"] = mistake("idle", "it worked")(lambda: 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (few_mistakes, ["ps98_small/mistakes.py", "has enough mistakes", "at least 8, received 7", "shift"]),
        (no_mistakes, ["ps98_small/mistakes.py", "has enough mistakes", "received 0"]),
        (few_variants, ["ps98_small/variants.py", "has enough variants", "at least 2, received 1", "draws"]),
        (stub_that_scores, ["ps98_small/checks.py", "check 'shift': the stub scores 0", "received 1"]),
        (
            passing_mistake,
            ["ps98_small/mistakes.py", "fails every mistake", "harmless", "6 of 6 runs passed"],
        ),
        (
            weak_mistake,
            ["ps98_small/mistakes.py", "'draws' fails every mistake", "weak fails with probability"],
        ),
        (unstated_twin, ["ps98_small/mistakes.py", "twins are stated", "copy cannot be told from shift_0"]),
        (stale_twin, ["ps98_small/mistakes.py", "stated twins are twins", "own is always told from shift_0"]),
        (nameless_mistake, ["ps98_small/mistakes.py", "names every mistake", "erratic was named in 0 of 6"]),
        (fickle_mistake, ["ps98_small/mistakes.py", "its own name", "fickle is called shift_0 in 6 runs"]),
        (wrong_route, ["ps98_small/checks.py", "correct work passes", "wrong failed 6 of 6 runs"]),
        (
            wrong_mean,
            ["ps98_small/checks.py", "correct work passes", "reference failed 6 of 6", "should be 1)"],
        ),
        (small_variance, ["the declared variance covers every correct route", "1.4", "'mean'"]),
        (small_kurtosis, ["the declared kurtosis covers every correct route", "2", "'spread'"]),
        (degenerate_point, ["ps98_small/checks.py", "not degenerate", "shift(mean) is 0", "meant={'mean'"]),
        (idle_reason, ["ps98_small/checks.py", "said to be meant is degenerate", "'mean'", "drop it"]),
        (silent_check, ["ps98_small/checks.py", "yields at least one outcome", "shift"]),
        (one_variance, ["test_problems.py:", "check 'draws'", "at least two correct variants"]),
        (bad_covariance, ["test_problems.py:", "check 'draws'", "covariances", "symmetric and positive"]),
        (idle_mistake, ["ps98_small/mistakes.py", "a function that a check judges", "of_idle, for idle"]),
    ],
)
def test_what_is_broken_is_said_with_its_file_and_its_rule(
    small: Any, change: Callable[[Any], None], words: list[str]
) -> None:
    change(small)
    certificate = small.certify()
    assert not certificate.certified
    assert any(all(word in text for word in words) for text in certificate.all_problems), (
        certificate.all_problems
    )


def test_a_degenerate_point_that_is_meant_is_shown_with_its_reason(small: Any) -> None:
    def check(student: Any, reference: Any, rng: Any) -> Any:
        row = rng.normal(size=(1, 7))
        mean = float(rng.uniform(0.5, 1.0))
        yield close(student.shift(row, mean), reference.shift(row, mean))

    small.checks["shift"] = check
    assert any("shift(x) has a batch of one" in text for text in small.certify().all_problems)
    small.meant = {"x": "one image is what the exercise is about"}
    certificate = small.certify()
    assert certificate.certified, certificate.all_problems
    (line,) = [line for line in certificate.checks[0].places if line.argument == "x"]
    assert "a batch of one" in line.degenerate and line.meant == small.meant["x"]
    html = to_html(certificate)
    assert "a batch of one" in html and "meant: one image is what the exercise is about" in html
    jsonschema.validate(json.loads(certificate.to_json()), schema())


def test_a_reason_is_not_empty(small: Any) -> None:
    small.meant = {"x": " "}
    with pytest.raises(AuthoringError, match=r"ps98_small/checks.py: .* that is meant has a reason.*'x'"):
        small.suite()


def test_one_broken_check_leaves_the_others_measured(small: Any) -> None:
    silent_check(small)
    silent, drawn = small.certify().checks
    assert silent.mistakes == () and silent.problems
    assert len(drawn.mistakes) == 8 and drawn.problems == ()


def test_a_suite_without_checks_is_refused(small: Any) -> None:
    small.checks = {}
    assert any("a suite has checks" in text for text in small.certify().all_problems)


def test_a_twin_may_be_stated_at_either_of_the_two(small: Any) -> None:
    small.mistakes["copy"] = mistake("shift", "the mean were doubled", twins=("shift_0",))(
        lambda x, mean: x - mean * 2
    )
    certificate = small.certify()
    assert certificate.certified, certificate.all_problems
    twins = {line.name: line.twins for line in certificate.checks[0].mistakes if line.twins}
    assert twins == {"copy": ("shift_0",), "shift_0": ("copy",)}
