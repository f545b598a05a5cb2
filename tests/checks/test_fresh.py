"""``fresh``: noise is new in every row and at every call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checks import Answer, fresh
from autograder.checks.diagnose import compare
from autograder.results import Outcome


def judge(first: Any, second: Any, draws: int = 100) -> Outcome:
    return fresh(Answer(lambda: first), Answer(lambda: second), draws=draws).outcome()


def normal(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_new_noise_passes(dtype: type) -> None:
    assert judge(normal(0, 100, 3).astype(dtype), normal(1, 100, 3).astype(dtype)).passed


def test_a_seed_inside_the_function_is_named() -> None:
    outcome = judge(normal(0, 100), normal(0, 100))
    assert outcome.message.startswith("two calls return the same draws; is a seed set")


def test_one_noise_for_the_whole_batch_is_counted() -> None:
    outcome = judge(np.repeat(normal(0, 1, 3), 100, axis=0), np.repeat(normal(1, 1, 3), 100, axis=0))
    assert outcome.message.startswith("100 draws were asked for, but only 1 are distinct")


def test_half_of_the_noise_used_twice_is_counted() -> None:
    first = np.concatenate([normal(0, 50), normal(0, 50)])
    assert "only 50 are distinct" in judge(first, normal(1, 100)).message


@pytest.mark.parametrize("first", [normal(0, 99), normal(0, 100, 2)])
def test_shapes_must_agree(first: Any) -> None:
    assert not judge(first, normal(1, 100)).passed


def test_no_number_is_an_answer_and_not_a_crash() -> None:
    assert not judge(3.0, 3.0).passed
    assert not judge(np.full(100, np.nan), normal(0, 100)).passed


def agree(left: tuple[Any, Any], right: tuple[Any, Any]) -> bool:
    seen = [fresh(Answer(lambda a=a: a), Answer(lambda b=b: b), draws=100) for a, b in (left, right)]
    return compare([seen[0].observation()], [seen[1].observation()]) == 1.0


def test_a_constant_is_told_from_another_constant_and_not_from_its_own_rounding() -> None:
    third = np.full(100, 1 / 3)
    assert agree((third, third), (third.astype(np.float32), third.astype(np.float32)))
    assert not agree((third, third), (1.001 * third, 1.001 * third))
    # Copies of one draw at each call are no constant, and seeded noise is no copy: their numbers say nothing.
    assert agree((third, 2 * third), (5 * third, 7 * third))
    assert agree((normal(0, 100), normal(0, 100)), (normal(1, 100), normal(1, 100)))
    assert not agree((third, third), (third, 2 * third))
    assert agree((1j * third, 1j * third), (1j * third, 1j * third))


def coins(seed: int, n: int = 200) -> Any:
    return np.random.default_rng(seed).integers(2, size=n)


def discrete(first: Any, second: Any) -> Outcome:
    return fresh(Answer(lambda: first), Answer(lambda: second), draws=200, discrete=True).outcome()


def test_coins_are_fresh_although_they_repeat() -> None:
    # Two fair calls agree, or one is all heads, with a probability below 2⁻¹⁹⁸.
    assert discrete(coins(0), coins(1)).passed
    assert discrete(np.eye(3)[coins(0)], np.eye(3)[coins(1)]).passed
    assert not judge(coins(0), coins(1), draws=200).passed


def test_coins_that_all_fall_alike_or_alike_at_every_call_are_not_fresh() -> None:
    assert discrete(coins(0), coins(0)).message.startswith("two calls return the same draws")
    assert "only 1 are distinct" in discrete(np.ones(200), np.zeros(200)).message
    one_changed = coins(0).copy()
    one_changed[17] = 1 - one_changed[17]
    assert discrete(coins(0), one_changed).passed
