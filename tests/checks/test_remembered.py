"""A bank is observed with one reference, and sees what it would see with a reference each."""

from __future__ import annotations

from collections import Counter
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograder.checks import Answer, Suite
from autograder.checks.answers import Student, in_namespace
from autograder.checks.remembered import RememberedReference, Shelf
from autograder.checks.run import collect, fixed_noise, observe_bank


@pytest.fixture
def counted() -> tuple[ModuleType, Counter[str]]:
    calls: Counter[str] = Counter()
    module = ModuleType("reference")

    def double(x: Any, by: float = 2.0) -> Any:
        calls["double"] += 1
        return x * by

    def double_terms(x: Any, by: float = 2.0) -> Any:
        calls["terms"] += 1
        return np.abs(x * by)

    def noise(n: int) -> Any:
        calls["noise"] += 1
        return np.random.normal(size=n)

    vars(module).update(double=double, double_terms=double_terms, noise=noise)
    return module, calls


def test_an_equal_call_of_another_run_is_answered_from_the_shelf(
    counted: tuple[ModuleType, Counter[str]],
) -> None:
    module, calls = counted
    shelf: Shelf = {}
    for _ in range(3):
        reference = RememberedReference(module, shelf)
        assert reference.double(np.ones(2)).value.tolist() == [2.0, 2.0]
        assert reference.double(np.ones(2)).terms.tolist() == [2.0, 2.0]
        assert reference.double(np.ones(3), by=3.0)[1].value == 3.0
    # Two equal calls in a run are two; their terms are asked for once.
    assert calls == {"double": 3, "terms": 1}


def test_equal_calls_within_a_run_draw_noise_of_their_own(counted: tuple[ModuleType, Counter[str]]) -> None:
    module, calls = counted
    shelf: Shelf = {}
    runs = []
    for _ in range(2):
        reference = RememberedReference(module, shelf)
        runs.append([reference.noise(4).value.tolist() for _ in range(2)])
    assert runs[0] == runs[1] and runs[0][0] != runs[0][1]
    assert calls["noise"] == 2


def test_work_in_place_on_a_result_reaches_no_other_run(counted: tuple[ModuleType, Counter[str]]) -> None:
    shelf: Shelf = {}
    RememberedReference(counted[0], shelf).double(np.ones(2)).value[:] = 0.0
    assert RememberedReference(counted[0], shelf).double(np.ones(2)).value.tolist() == [2.0, 2.0]


def test_a_student_s_answer_is_not_remembered(counted: tuple[ModuleType, Counter[str]]) -> None:
    module, calls = counted
    shelf: Shelf = {}
    for value in (1.0, 5.0):
        reference = RememberedReference(module, shelf)
        assert reference.double(Answer(lambda value=value: value)).value == 2 * value
    assert calls["double"] == 2 and not shelf


@pytest.mark.parametrize("name", ["center", "both", "draws", "pair"])
def test_a_bank_shows_what_each_mistake_shows_by_itself(suite: Suite, name: str) -> None:
    check = suite.checks[name]
    bank = observe_bank(suite, check, 11)
    assert list(bank) == [m.name for m in suite.mistakes_of(check)]
    for mistake in suite.mistakes_of(check):
        with fixed_noise(11):
            claims, _ = collect(suite, check, Student(in_namespace(suite.namespace(mistake))), 11)
            alone = [claim.observation() for claim in claims]
        for one, other in zip(bank[mistake.name], alone, strict=True):
            if one is None or other is None:
                assert one is other
                continue
            assert one.exact == other.exact
            assert np.array_equal(one.values, other.values) and np.array_equal(one.spread, other.spread)
