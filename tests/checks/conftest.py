"""A small suite to run checks with: exact functions, a sampler, two functions in one check."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograder.checks import Suite, close, fresh, mistake, unbiased, variance, variant


def module(name: str, **names: Any) -> ModuleType:
    made = ModuleType(name)
    made.__file__ = f"{name}.py"
    vars(made).update(names)
    return made


def center(x: Any) -> Any:
    return x - np.mean(x, axis=0)


def scale(x: Any) -> Any:
    return x / np.std(x, axis=0)


def draws(n: int, theta: float) -> Any:
    return theta + np.random.normal(size=n)


def pair(x: Any) -> Any:
    return [2.0 * x, x**2]


@mistake(
    "center", "the mean is taken over the whole table", hint="Look at axis.", lecture="ps99 lecture, part 1"
)
def center_all(x: Any) -> Any:
    return x - np.mean(x)


@mistake("center", "the mean is divided by N − 1")
def center_unbiased(x: Any) -> Any:
    return x - np.sum(x, axis=0) / (len(x) - 1)


@mistake("center", "the sum is divided by one less than N")
def center_twin(x: Any) -> Any:
    return x - np.mean(x, axis=0) * len(x) / (len(x) - 1)


@mistake("scale", "the variance is used for the standard deviation")
def scale_variance(x: Any) -> Any:
    return x / np.var(x, axis=0)


@mistake("scale", "the sample standard deviation is used", hint="Which N?")
def scale_sample(x: Any) -> Any:
    return x / np.std(x, axis=0, ddof=1)


@mistake("draws", "the mean is left out")
def draws_centred(n: int, theta: float) -> Any:
    return np.random.normal(size=n)


@mistake("draws", "the noise is doubled")
def draws_wide(n: int, theta: float) -> Any:
    return theta + 2 * np.random.normal(size=n)


@mistake("draws", "a seed is set inside the function")
def draws_seeded(n: int, theta: float) -> Any:
    return theta + np.random.default_rng(0).normal(size=n)


@mistake("pair", "the first is not doubled")
def pair_plain(x: Any) -> Any:
    return [x, x**2]


@variant("center")
def center_dot(x: Any) -> Any:
    return x - np.full(len(x), 1 / len(x)) @ x


@pytest.fixture
def suite() -> Suite:
    made = Suite(
        "ps99_toy",
        reference=module("reference", center=center, scale=scale, draws=draws, pair=pair),
        mistakes=module(
            "mistakes",
            **{
                f.__name__: f
                for f in (
                    *(center_all, center_unbiased, center_twin, scale_variance, scale_sample),
                    *(draws_centred, draws_wide, draws_seeded, pair_plain),
                )
            },
        ),
        variants=module("variants", center_dot=center_dot),
    )

    @made.check("center")
    def check_center(student: Any, reference: Any, rng: Any) -> Any:
        x = rng.normal(size=(7, 3)) + 2.0
        yield close(student.center(x), reference.center(x), sizes={"N": 7, "d": 3})

    @made.check("both", grades=("center", "scale"))
    def check_both(student: Any, reference: Any, rng: Any) -> Any:
        x = rng.normal(size=(7, 3)) + 2.0
        yield close(student.center(x), reference.center(x), label="center")
        yield close(student.scale(x), reference.scale(x), label="scale", weight=2.0)

    @made.check("draws")
    def check_draws(student: Any, reference: Any, rng: Any) -> Any:
        theta = rng.uniform(2.0, 3.0)
        yield fresh(student.draws(50, theta), student.draws(50, theta), draws=50)
        many = student.draws(20_000, theta)
        yield unbiased(many, draws=20_000, mean=theta, variances=[1.0, 1.0])
        yield variance(many, draws=20_000, mean=theta, variance=1.0, kurtosis=3.0)

    @made.check("pair")
    def check_pair(student: Any, reference: Any, rng: Any) -> Any:
        x = rng.normal(size=5)
        first, second = student.pair(x).parts(2)
        yield close(first, reference.pair(x)[0])
        yield close(second, reference.pair(x)[1])
        yield close(student.center(second), reference.center(reference.pair(x)[1]), label="of the second")

    return made
