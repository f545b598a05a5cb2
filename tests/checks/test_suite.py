"""Suites: what authors are told, and what running a check gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.checks import Student, Suite, close
from autograder.checks.answers import in_namespace
from autograder.checks.run import run_check, seed_for
from autograder.errors import AuthoringError
from autograder.results import CheckResult, Status


def run(suite: Suite, check: str, seed: int = 5, **changes: Any) -> CheckResult:
    namespace = suite.namespace() | changes
    return run_check(
        suite, suite.checks[check], Student(in_namespace(namespace)), seed=seed, grade_id=check, points=3.0
    )


@pytest.mark.parametrize("check", ["center", "both", "draws", "pair"])
def test_the_reference_gets_full_marks(suite: Suite, check: str) -> None:
    assert run(suite, check).score == 3.0


def test_a_variant_gets_full_marks(suite: Suite) -> None:
    (variant,) = suite.variants_of(suite.checks["center"])
    assert run(suite, "center", center=variant.run).score == 3.0


@pytest.mark.parametrize(
    ("check", "name", "named", "score"),
    [
        ("center", "center_all", ("center_all",), 0.0),
        ("center", "center_unbiased", ("center_unbiased", "center_twin"), 0.0),
        ("both", "scale_variance", ("scale_variance",), 1.0),
        ("both", "center_all", ("center_all",), 2.0),
        ("draws", "draws_centred", ("draws_centred",), 1.0),
        ("draws", "draws_wide", ("draws_wide",), 2.0),
        ("draws", "draws_seeded", ("draws_seeded",), 2.0),
        ("pair", "pair_plain", ("pair_plain",), 2.0),
    ],
)
def test_every_mistake_is_named_alone_or_with_its_twins(
    suite: Suite, check: str, name: str, named: tuple[str, ...], score: float
) -> None:
    (mistake,) = [m for m in suite.mistakes if m.name == name]
    result = run(suite, check, **{mistake.function: mistake.run})
    assert result.score == score
    assert {outcome.mistakes for outcome in result.outcomes if not outcome.passed} == {named}


def test_a_named_mistake_comes_with_hint_lecture_and_what_was_seen(suite: Suite) -> None:
    (mistake,) = [m for m in suite.mistakes if m.name == "center_all"]
    (outcome,) = run(suite, "center", center=mistake.run).outcomes
    assert outcome.message.startswith(
        "Your result equals what you would get if the mean is taken over the whole table."
        " Look at axis. See ps99 lecture, part 1. ("
    )


def test_a_mistake_is_explained_once_and_the_other_outcomes_say_where(suite: Suite) -> None:
    (mistake,) = [m for m in suite.mistakes if m.name == "center_unbiased"]

    @suite.check("thrice", grades=("center",))
    def thrice(student: Any, reference: Any, rng: Any) -> Any:
        for n in (4, 5, 6):
            x = rng.normal(size=(n, 2)) + 2.0
            yield close(student.center(x), reference.center(x), label=f"{n} rows")

    first, *others = run(suite, "thrice", center=mistake.run).outcomes
    assert first.message.startswith("Your result equals what you would get if ")
    for outcome in others:
        assert outcome.mistakes == first.mistakes
        assert "you would get" not in outcome.message
        assert outcome.message.endswith("was expected: the same mistake as at “4 rows”")


def test_two_mistakes_are_named_at_their_own_outcomes(suite: Suite) -> None:
    wrong = {m.name: m.run for m in suite.mistakes}
    result = run(suite, "both", center=wrong["center_all"], scale=wrong["scale_sample"])
    assert [outcome.mistakes for outcome in result.outcomes] == [("center_all",), ("scale_sample",)]
    assert "Which N?" in result.outcomes[1].message and "Look at axis" not in result.outcomes[1].message


def test_a_factor_that_nobody_registered_is_still_named(suite: Suite) -> None:
    (outcome,) = run(suite, "center", center=lambda x: 7 * (x - x.mean(axis=0))).outcomes
    assert outcome.mistakes == () and outcome.message.startswith("Every number is N = 7 times too large")


@pytest.mark.parametrize(
    "broken",
    [
        lambda *args: 1 / 0,
        lambda *args: None,
        lambda *args: object(),
        lambda *args: "text",
        lambda *args: [],
        lambda *args: {"x": 1},
        lambda *args: np.array([object()]),
        lambda *args: np.zeros((2, 2), complex),
        lambda: 1,
    ],
)
@pytest.mark.parametrize("check", ["center", "both", "draws", "pair"])
def test_a_broken_function_scores_zero_and_never_raises(
    suite: Suite, check: str, broken: Callable[..., Any]
) -> None:
    result = run(suite, check, center=broken, scale=broken, draws=broken, pair=broken)
    assert (result.score, result.status) == (0.0, Status.FAILED)


def test_a_missing_function_is_named(suite: Suite) -> None:
    namespace = {k: v for k, v in suite.namespace().items() if k != "center"}
    result = run_check(
        suite, suite.checks["center"], Student(in_namespace(namespace)), seed=1, grade_id="c", points=1.0
    )
    assert (
        result.outcomes[0].message == "`center` is not defined; was its cell run, and has it kept its name?"
    )


def test_claims_that_an_error_keeps_from_being_made_count_as_failed(suite: Suite) -> None:
    @suite.check("looks_inside", grades=("center",), graded_only=True)
    def looks_inside(student: Any, reference: Any, rng: Any) -> Any:
        x = rng.normal(size=(4, 2))
        yield close(student.center(x), reference.center(x), weight=1.0)
        again = student.center(student.center(x).value[:, 0])
        yield close(again, reference.center(reference.center(x).value[:, 0]), weight=3.0)

    assert run(suite, "looks_inside").score == 3.0
    result = run(suite, "looks_inside", center=lambda x: x.mean(axis=1))
    assert result.score == 0.0 and [outcome.weight for outcome in result.outcomes] == [1.0, 3.0]


def test_seeds_are_the_same_for_the_same_submission_and_differ_by_every_part() -> None:
    seed = seed_for(b"secret", "submission", "check")
    assert seed == seed_for(b"secret", "submission", "check") < 2**128
    others = {
        seed_for(b"Secret", "submission", "check"),
        seed_for(b"secret", "submissioN", "check"),
        seed_for(b"secret", "submission", "checK"),
    }
    assert seed not in others and len(others) == 3


def test_a_check_name_is_unique(suite: Suite) -> None:
    with pytest.raises(
        AuthoringError, match=r"ps99_toy/checks.py: a check's name is unique .*received 'center'"
    ):
        suite.check("center")(lambda *args: iter(()))


def test_a_check_judges_functions_that_exist(suite: Suite) -> None:
    with pytest.raises(
        AuthoringError, match=r"judges a function that reference.py does not define .*received nothing"
    ):
        suite.check("new", grades=("nothing",))(lambda *args: iter(()))


def test_a_mistake_stands_for_a_function_that_exists(suite: Suite) -> None:
    mistakes = type(suite.reference)("mistakes")
    mistakes.__file__ = "mistakes.py"
    function = lambda x: x  # noqa: E731
    function._mistake_of = ("nothing", "clause", "", "", ())  # type: ignore[attr-defined]
    mistakes.wrong = function  # type: ignore[attr-defined]
    with pytest.raises(
        AuthoringError, match=r"mistakes.py: mistake 'wrong' stands for a function .*received nothing"
    ):
        Suite("x", reference=suite.reference, mistakes=mistakes, variants=type(mistakes)("variants"))


def test_a_check_that_yields_nothing_is_the_authors_error(suite: Suite) -> None:
    suite.check("silent", grades=("center",))(lambda *args: iter(()))
    with pytest.raises(AuthoringError, match="yields at least one outcome"):
        run(suite, "silent")


def test_a_check_that_breaks_on_the_reference_is_the_authors_error(suite: Suite) -> None:
    @suite.check("broken", grades=("center",))
    def broken(student: Any, reference: Any, rng: Any) -> Any:
        yield close(student.center(np.ones(3)), np.zeros(3), terms=np.ones(3))
        raise ValueError("author's slip")

    with pytest.raises(AuthoringError, match="fails on the reference itself"):
        run(suite, "broken")


def test_a_bank_may_be_spread_over_modules_which_each_entry_remembers(suite: Suite) -> None:
    from types import ModuleType

    first, second = ModuleType("package.mistakes"), ModuleType("package.mistakes_more")
    one, two = suite.mistakes[:2]
    vars(first)[one.name], vars(second)[two.name] = one.run, two.run
    spread = Suite(
        "ps98", reference=suite.reference, mistakes=(first, second), variants=ModuleType("variants")
    )
    assert [(m.name, m.module) for m in spread.mistakes] == [
        (one.name, "mistakes"),
        (two.name, "mistakes_more"),
    ]
