"""A small problem set that keeps all its promises, and a way to break one at a time."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograder.certify.certificate import Certificate, Settings
from autograder.certify.certify import certify_suite
from autograder.checks import Suite, close, fresh, mistake, unbiased, variant

SMALL = Settings(repetitions=6, trials=300)


def shift(x: Any, mean: float) -> Any:
    return x - mean


def draws(mean: float, n: int) -> Any:
    return mean + np.random.default_rng().normal(size=n)


def stub(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError


def good_mistakes() -> dict[str, Callable[..., Any]]:
    """Eight for each function, told apart by numbers."""
    bank: dict[str, Callable[..., Any]] = {}
    for k in range(8):

        def wrong(x: Any, mean: float, k: int = k) -> Any:
            return x - mean * (2 + k)

        def far(mean: float, n: int, k: int = k) -> Any:
            return (2 + k) * mean + np.random.default_rng().normal(size=n)

        bank[f"shift_{k}"] = mistake("shift", f"the mean were taken {2 + k} times")(wrong)
        bank[f"draws_{k}"] = mistake("draws", f"the mean were {2 + k} times as large")(far)
    return bank


def good_variants() -> dict[str, Callable[..., Any]]:
    made = {}
    for k in range(2):
        made[f"shift_by_{k}"] = variant("shift")(lambda x, mean: -(mean - x))
        made[f"draws_by_{k}"] = variant("draws")(
            lambda mean, n: np.random.default_rng().normal(mean, 1.0, size=n)
        )
    return made


def check_shift(student: Any, reference: Any, rng: Any) -> Any:
    x, mean = rng.normal(size=7), rng.uniform(0.5, 1.0)
    yield close(student.shift(x, mean), reference.shift(x, mean))


def check_draws(student: Any, reference: Any, rng: Any) -> Any:
    mean, n = float(rng.uniform(0.8, 1.2)), 4000
    first = student.draws(mean, n)
    yield fresh(first, student.draws(mean, n), draws=n)
    yield unbiased(first, draws=n, mean=mean, variances=[1.0, 1.0], label="mean")


def module(name: str, names: dict[str, Any]) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(names)
    return made


class Breakable:
    """Parts of a problem set, to be changed before it is certified."""

    def __init__(self) -> None:
        self.reference: dict[str, Any] = {"shift": shift, "draws": draws}
        self.mistakes = good_mistakes()
        self.variants = good_variants()
        self.checks: dict[str, Callable[..., Any]] = {"shift": check_shift, "draws": check_draws}
        self.meant: dict[str, str] = {}
        self.stub: dict[str, Any] = {"shift": stub, "draws": stub}

    def suite(self) -> Suite:
        made = Suite(
            "ps98_small",
            reference=module("reference", self.reference),
            mistakes=module("mistakes", self.mistakes),
            variants=module("variants", self.variants),
        )
        for name, function in self.checks.items():
            made.check(name, meant=self.meant if name == "shift" else None)(function)
        return made

    def certify(self, settings: Settings = SMALL) -> Certificate:
        return certify_suite(self.suite(), settings, stub=self.stub)


@pytest.fixture
def small() -> Breakable:
    return Breakable()
