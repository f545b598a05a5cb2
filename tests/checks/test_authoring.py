"""What an author is told who breaks a rule: the file, the line where there is one, and the rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks import Answer, Student, Suite, close, mistake, unbiased, unbiased_stream
from autograder.checks.answers import in_namespace
from autograder.checks.recording import record
from autograder.checks.run import run_check
from autograder.errors import AuthoringError
from autograder.problem_sets import ProblemSet

TWICE = """
from autograder.checks import {kind}

@{kind}({arguments})
def wrong(x):
    return x

@{kind}({arguments})
def wrong(x):
    return 2 * x
"""


@pytest.mark.parametrize(
    ("kind", "arguments"), [("mistake", '"center", "it were centred"'), ("variant", '"center"')]
)
def test_a_second_function_of_a_name_is_refused_with_both_lines(
    kind: str, arguments: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{kind}s.py"
    text = TWICE.format(kind=kind, arguments=arguments)
    with pytest.raises(
        AuthoringError, match=rf"{kind}s.py:\d+: a {kind}'s name is unique.*'wrong', as in line 4"
    ):
        exec(compile(text, str(path), "exec"), {"__name__": "bank"})


def test_a_bank_may_be_loaded_twice(tmp_path: Path) -> None:
    text = TWICE.format(kind="mistake", arguments='"center", "clause"').split("@mistake")
    code = compile("@mistake".join(text[:2]), str(tmp_path / "mistakes.py"), "exec")
    namespace: dict[str, Any] = {"__name__": "bank"}
    exec(code, namespace)
    exec(code, namespace)
    assert namespace["wrong"](3) == 3


@pytest.mark.parametrize("other", ["nobody", "center_all", "scale_sample"])
def test_a_twin_is_another_mistake_of_the_same_function(suite: Suite, other: str) -> None:
    entry = mistake("center", "clause", twins=(other,))(lambda x: x)
    bank = type(suite.reference)("mistakes")
    vars(bank).update({m.name: m.run for m in suite.mistakes} | {"center_all": entry})
    with pytest.raises(AuthoringError, match=rf"mistakes.py: mistake 'center_all' states a twin.*'{other}'"):
        Suite("ps99", reference=suite.reference, mistakes=bank, variants=type(bank)("variants"))


def test_two_modules_of_a_bank_share_no_name(suite: Suite) -> None:
    banks = [type(suite.reference)(name) for name in ("mistakes", "more_mistakes")]
    for bank in banks:
        vars(bank)["center_all"] = next(m.run for m in suite.mistakes if m.name == "center_all")
    with pytest.raises(
        AuthoringError, match=r"ps99/more_mistakes.py: a mistake's name is unique.*'center_all'"
    ):
        Suite("ps99", reference=suite.reference, mistakes=banks, variants=[])


def one_variance(student: Any, reference: Any, rng: Any) -> Any:
    yield unbiased(student.center(1.0), draws=10, mean=0.0, variances=[1.0])


def negative_variance(student: Any, reference: Any, rng: Any) -> Any:
    yield unbiased(student.center(1.0), draws=10, mean=0.0, variances=[1.0, -1.0])


def indefinite(student: Any, reference: Any, rng: Any) -> Any:
    yield unbiased(student.center(1.0), draws=10, mean=[0.0, 0.0], covariances=[[[1, 2], [2, 1]]] * 2)


def asymmetric(student: Any, reference: Any, rng: Any) -> Any:
    yield unbiased(student.center(1.0), draws=10, mean=[0.0, 0.0], covariances=[[[1, 0.5], [0, 1]]] * 2)


def mistake_at_the_mean(student: Any, reference: Any, rng: Any) -> Any:
    yield unbiased(student.center(1.0), draws=10, mean=0.0, variances=[1.0, 1.0], mistakes={"none": 0.0})


def too_few_draws(student: Any, reference: Any, rng: Any) -> Any:
    yield unbiased(student.center(1.0), draws=10, mean=0.0, variances=[1.0, 1.0], mistakes={"far": 1.0})


def odd_pairs(student: Any, reference: Any, rng: Any) -> Any:
    yield unbiased(student.center(1.0), draws=10, mean=0.0, variances=[1.0, 1.0], antithetic=True)


def no_shift(student: Any, reference: Any, rng: Any) -> Any:
    yield unbiased_stream(student.center.bind(1.0), mean=0.0, variances=[1.0, 1.0], shift=0.0)


def no_terms(student: Any, reference: Any, rng: Any) -> Any:
    yield close(student.center(np.ones(3)), np.zeros(3))


def small_terms(student: Any, reference: Any, rng: Any) -> Any:
    yield close(student.center(np.ones(3)), np.ones(3), terms=0.5 * np.ones(3))


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (one_variance, "positive variances of at least two correct variants"),
        (negative_variance, "positive variances of at least two correct variants"),
        (indefinite, "covariances of at least two correct variants, symmetric and positive"),
        (asymmetric, "covariances of at least two correct variants, symmetric and positive"),
        (mistake_at_the_mean, "a mistake's mean has the mean's shape and is not the mean"),
        (too_few_draws, "too few draws to find these mistakes"),
        (odd_pairs, "antithetic draws are asked for in multiples of 4"),
        (no_shift, "a positive shift"),
        (no_terms, "needs the sum of absolute terms"),
        (small_terms, "terms has the shape of the expected value and is at least as large"),
    ],
)
def test_impossible_numbers_are_refused_with_the_line_of_the_check(
    suite: Suite, check: Callable[..., Any], words: str
) -> None:
    suite.check("new", grades=("center",))(check)
    line = check.__code__.co_firstlineno + 1
    student = Student(in_namespace(suite.namespace()))
    with pytest.raises(AuthoringError) as graded:
        run_check(suite, suite.checks["new"], student, seed=1, grade_id="new", points=1.0)
    with pytest.raises(AuthoringError) as recorded:
        record(suite, suite.checks["new"], 1.0)
    for raised in (graded, recorded):
        assert str(raised.value).startswith(f"checks/test_authoring.py:{line}: check 'new': ")
        assert words in str(raised.value)


def test_a_moment_of_the_reference_that_is_wrong_stops_the_build(suite: Suite) -> None:
    @suite.check("moved", grades=("draws",))
    def moved(student: Any, reference: Any, rng: Any) -> Any:
        # 20 standard errors off.
        yield unbiased(student.draws(10_000, 2.0), draws=10_000, mean=2.2, variances=[1.0, 1.0])

    with pytest.raises(AuthoringError, match=r"ps99_toy/checks.py: check 'moved' fails the reference"):
        record(suite, suite.checks["moved"], 1.0)


def test_a_file_that_cannot_be_loaded_is_named_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "solutions" / "ps96_twice"
    folder.mkdir(parents=True)
    (tmp_path / "assignments" / "ps96_twice").mkdir(parents=True)
    (folder / "reference.py").write_text("def center(x):\n    return x\n")
    (folder / "variants.py").write_text("")
    (folder / "mistakes.py").write_text(TWICE.format(kind="mistake", arguments='"center", "clause"'))
    (folder / "checks.py").write_text("from . import mistakes\n")
    with pytest.raises(AuthoringError, match=r"mistakes.py:\d+: a mistake's name is unique in its file"):
        _ = ProblemSet("ps96_twice", tmp_path).suite


def test_a_library_that_lacks_an_implementation_is_no_unwritten_function() -> None:
    import tensorflow as tf

    def f(x: Any) -> Any:
        return tf.function(lambda t: np.asarray(t), autograph=False)(x)

    def unwritten(x: Any) -> Any:
        raise NotImplementedError

    student = Student(in_namespace({"f": f, "unwritten": unwritten}))
    assert "`f` raised NotImplementedError: Cannot convert a symbolic" in _message(
        student.f(tf.constant(1.0))
    )
    assert _message(student.unwritten(1.0)) == "`unwritten` is not written yet"


def _message(answer: Answer) -> str:
    return close(answer, 1.0, terms=1.0).outcome().message
