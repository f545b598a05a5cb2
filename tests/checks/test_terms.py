"""Derived terms bound the rounding of any order of evaluation, and are not vacuous."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from autograder.checks import Answer, close
from autograder.checks.answers import Reference
from autograder.checks.close import SAFETY, UNDERFLOW
from autograder.checks.terms import terms_of
from autograder.errors import AuthoringError

UNIT = 2.0**-24


def gaussian_kl(mean: Any, log_var: Any) -> Any:
    mean = np.asarray(mean, dtype=np.float64)
    return 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=-1)


def softmax(x: Any) -> Any:
    shifted = x - x.max(axis=-1, keepdims=True)
    return np.exp(shifted) / np.exp(shifted).sum(axis=-1, keepdims=True)


def log_mean_exp(x: Any) -> Any:
    top = np.max(x, axis=0)
    return top + np.log(np.mean(np.exp(x - top), axis=0))


def leave_one_out(x: Any) -> Any:
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = (np.sum(x) - x[i]) / (len(x) - 1)
    return out


def layer(x: Any) -> Any:
    return np.tanh(x @ np.linspace(-1.1, 1.3, x.shape[1] * 2).reshape(x.shape[1], 2) + 0.3)


def helper(x: Any) -> Any:
    return np.asarray(x) - np.mean(x, axis=0)


def covariance(x: Any) -> Any:
    centred = helper(x)
    return centred.T @ centred / (len(x) - 1)


def log_density(x: Any) -> Any:
    mean, std = 0.3, 1.7
    return -0.5 * ((x - mean) / std) ** 2 - np.log(std) - 0.5 * np.log(2 * np.pi)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "log mean exp": log_mean_exp,
    "softmax": softmax,
    "leave one out": lambda x: leave_one_out(x[:, 0]),
    "layer": layer,
    "covariance": covariance,
    "log density": log_density,
    "kl": lambda x: gaussian_kl(x, -0.7 * x),
    "standardised": lambda x: (x - x.mean(axis=0)) / np.std(x, axis=0),
    "masked": lambda x: np.where(x > 0, np.sqrt(np.abs(x)), x**3),
    "einsum": lambda x: np.einsum("ij,ik->jk", x, np.cos(x)),
    "running sum": lambda x: np.cumsum(x, axis=0)[-1],
    "sigmoid": lambda x: special.expit(x) * special.erf(x),
    "log-sum-exp": lambda x: np.logaddexp(x[:, 0], x[:, 1]),
    "product": lambda x: np.prod(1.5 + np.tanh(x), axis=1),
    "clipped": lambda x: np.clip(x, -0.5, 0.5).sum(axis=1),
    "stacked": lambda x: np.concatenate([x, 2.0 * x]).reshape(-1)[::2],
    "norm": lambda x: np.linalg.norm(x, axis=1),
    "powers": lambda x: np.abs(x) ** 1.3 + x**5,
}
"""The lambda's own helpers are module functions: both ways in which an author writes are here."""


def single(function: Callable[[Any], Any], x: np.ndarray) -> Any:
    """The function in float32: its float64 constants are weak scalars or are rounded at the first
    operation."""
    return np.asarray(function(x.astype(np.float32))).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision_in_any_order_of_rows_stays_within_the_bound(name: str) -> None:
    function = FUNCTIONS[name]
    worst = 0.0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(rng.integers(3, 30), 4)) * 10.0 ** rng.uniform(-1, 0.5)
        right, terms = function(x), terms_of(function, x)
        assert np.shape(terms) == np.shape(right)
        assert np.all(terms >= np.abs(right))
        for order in (x, np.asfortranarray(x)):
            worst = max(worst, float(np.max(np.abs(single(function, order) - right) / (UNIT * terms))))
    # 16 is allowed; what correct code needs is far less, and more than nothing.
    assert 1e-3 < worst < SAFETY / 4


OPERATIONS = ["add", "subtract", "multiply", "divide", "exp", "log", "tanh", "sqrt", "square", "mean", "sum"]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=8))
def test_a_random_chain_of_operations_stays_within_the_bound(seed: int, chain: list[str]) -> None:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(len(chain) + 1, 6))

    def function(x: Any) -> Any:
        # Every step stays in a range in which float32 neither overflows nor divides by nothing.
        y = x[0]
        for i, name in enumerate(chain):
            other = x[i + 1]
            if name in ("add", "subtract", "multiply"):
                y = getattr(np, name)(y, other)
            elif name == "divide":
                y = y / (2.0 + other * other)
            elif name in ("exp", "tanh"):
                y = getattr(np, name)(y / (1.0 + np.abs(y)))
            elif name in ("log", "sqrt"):
                y = getattr(np, name)(1.0 + y * y)
            elif name == "square":
                y = np.square(y / (1.0 + np.abs(y)))
            else:
                y = y + getattr(np, name)(y)
        return y

    right, terms = function(inputs), terms_of(function, inputs)
    # Squares of squares leave the range of float32: below it `close` has an absolute bound of its own.
    error = np.abs(function(inputs.astype(np.float32)).astype(np.float64) - right)
    assert np.all(error <= SAFETY * (UNIT * terms + UNDERFLOW["float32"]))


@pytest.mark.parametrize("name", ["softmax", "log density", "kl", "norm", "product", "masked"])
def test_the_bound_is_not_vacuous_for_benign_formulas(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(7, 4))
    right, terms = FUNCTIONS[name](x), terms_of(FUNCTIONS[name], x)
    assert np.all(SAFETY * terms <= 1e3 * np.abs(right))


def test_cancellation_shows_in_the_terms() -> None:
    assert terms_of(lambda x: x[0] - x[1], np.array([1.5, 1.25])) == 0.25  # exact inputs, one rounding
    assert terms_of(lambda x: x[0] - x[1], np.array([1.1, 1.0999])) == pytest.approx(2.2, abs=1e-3)


@pytest.mark.parametrize("count", [10, 1000, 100_000])
def test_a_running_sum_of_equal_terms_stays_within_the_bound(count: int) -> None:
    # The worst ordinary case: the rounding errors of equal terms do not cancel.
    x = np.full(count, 0.1)
    running = float(np.cumsum(x.astype(np.float32))[-1])
    assert abs(running - math.fsum(x)) <= SAFETY * UNIT * terms_of(np.sum, x)


def test_structures_come_back_as_they_are() -> None:
    terms = terms_of(lambda x: {"mean": x.mean(), "parts": (x[0], [x[1], 3.0])}, np.array([0.1, 0.2]))
    assert set(terms) == {"mean", "parts"} and terms["parts"][1][1] == 3.0


def test_what_is_not_a_floating_point_argument_stays_what_it_is() -> None:
    def function(x: Any, labels: Any, count: int, name: str, flag: bool) -> Any:
        assert isinstance(count, int) and name == "sum" and flag is True
        return getattr(x[labels], name)(axis=0) / count

    found = terms_of(function, np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0, 0, 1]), 2, "sum", True)
    assert found.shape == (2,)


def test_code_arguments_are_followed_into() -> None:
    from autograder.checks import code

    found = terms_of(lambda f, x: f(x), code("lambda z: np.exp(z) - 2.0 * z**3"), np.array([0.3, 1.7]))
    assert np.all(found >= np.abs(np.exp([0.3, 1.7]) - 2 * np.array([0.3, 1.7]) ** 3))


def outside(x: Any) -> Any:
    return math.exp(x[0])


def solver(x: Any) -> Any:
    return np.linalg.solve(x, np.ones(len(x)))


def counted(x: Any) -> Any:
    return np.histogram(x)[0]


def truncated(x: Any) -> Any:
    return x.astype(int)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (outside, "outside: the sum of absolute terms cannot be derived through float"),
        (solver, "solver: the sum of absolute terms cannot be derived through numpy.solve"),
        (counted, "counted: the sum of absolute terms cannot be derived through numpy.histogram"),
        (truncated, "truncated: the sum of absolute terms cannot be derived through astype"),
    ],
)
def test_what_cannot_be_followed_says_so_and_asks_for_terms(function: Callable[..., Any], text: str) -> None:
    with pytest.raises(AuthoringError, match=text) as caught:
        terms_of(function, np.eye(3) + 0.1)
    assert str(caught.value).endswith(
        f"define {function.__name__}_terms in reference.py, or pass terms= to close()"
    )


def test_tensorflow_references_ask_for_terms() -> None:
    import tensorflow as tf

    def tensors(x: Any) -> Any:
        return tf.reduce_sum(tf.square(x))

    with pytest.raises(AuthoringError, match="tensors: the sum of absolute terms cannot be derived"):
        terms_of(tensors, np.ones(3) * 0.1)


def test_a_reference_without_terms_gets_them_derived_and_one_with_terms_keeps_its_own() -> None:
    from types import ModuleType

    made = ModuleType("reference")
    made.gaussian_kl, made.softmax = gaussian_kl, softmax  # type: ignore[attr-defined]
    made.softmax_terms = lambda x: 100.0 + 0 * x  # type: ignore[attr-defined]
    reference = Reference(made)
    x = np.random.default_rng(1).normal(size=(5, 3))
    claim = close(Answer(lambda: gaussian_kl(x, x).astype(np.float32)), reference.gaussian_kl(x, x))
    assert claim.outcome().passed
    assert np.array_equal(claim.terms, terms_of(gaussian_kl, x, x))
    assert np.all(reference.softmax(x).terms == 100.0)
