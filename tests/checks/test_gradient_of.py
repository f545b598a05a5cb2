"""``gradient_of``: the tape runs where the function lives, and the arrays are judged."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograder.checks import Student, Suite, gradient_of, mistake
from autograder.checks.answers import Reference, in_namespace
from autograder.checks.recording import load, record, replay, save
from autograder.errors import AuthoringError


def loss(mean: Any, log_var: Any, eps: Any) -> Any:
    z = mean + tf.exp(0.5 * log_var) * eps
    return tf.reduce_sum(z**2) - 0.5 * tf.reduce_sum(log_var)


def loss_gradient_terms(mean: Any, log_var: Any, eps: Any, *, wrt: Any) -> Any:
    std = np.exp(0.5 * log_var)
    size = np.abs(mean) + std * np.abs(eps)
    return [2 * size, size * std * np.abs(eps) * (2 + np.abs(log_var)) + 0.5]


@mistake("loss", "the draw is detached from its parameters")
def loss_detached(mean: Any, log_var: Any, eps: Any) -> Any:
    z = tf.stop_gradient(mean + tf.exp(0.5 * log_var) * eps)
    return tf.reduce_sum(z**2) - 0.5 * tf.reduce_sum(log_var)


@mistake("loss", "the std is detached")
def loss_half_detached(mean: Any, log_var: Any, eps: Any) -> Any:
    z = mean + tf.stop_gradient(tf.exp(0.5 * log_var)) * eps
    return tf.reduce_sum(z**2) - 0.5 * tf.reduce_sum(log_var)


def made(name: str, *functions: Any) -> ModuleType:
    module = ModuleType(name)
    module.__file__ = f"{name}.py"
    vars(module).update({function.__name__: function for function in functions})
    return module


REFERENCE = made("reference", loss, loss_gradient_terms)
INPUTS = tuple(np.random.default_rng(0).normal(size=(3, 5)))


@pytest.fixture
def suite() -> Suite:
    found = Suite(
        "ps99",
        reference=REFERENCE,
        mistakes=made("mistakes", loss_detached, loss_half_detached),
        variants=made("v"),
    )

    @found.check("loss")
    def check(student: Any, reference: Any, rng: Any) -> Any:
        mean, log_var, eps = rng.normal(size=(3, 5))
        gradients = student.gradient_of("loss", mean, log_var, eps, wrt=(0, 1))
        right = reference.gradient_of("loss", mean, log_var, eps, wrt=(0, 1))
        yield gradient_of(gradients[0], right[0], by="mean", sizes={"d": 5})
        yield gradient_of(gradients[1], right[1], by="log_var", sizes={"d": 5})

    return found


def student(**functions: Any) -> Student:
    return Student(in_namespace(functions))


def test_the_gradient_is_that_of_finite_differences() -> None:
    found = student(loss=loss).gradient_of("loss", *INPUTS, wrt=(0, 1)).value
    for which in (0, 1):
        for i in range(5):
            step = np.zeros((3, 5))
            step[which, i] = 1e-6
            slope = (loss(*(np.array(INPUTS) + step)) - loss(*(np.array(INPUTS) - step))) / 2e-6
            assert found[which][i] == pytest.approx(float(slope), rel=1e-7, abs=1e-7)


def test_arguments_can_be_named_and_plain_numbers_stay_double() -> None:
    answer = student(square=lambda *, x: x**3).gradient_of("square", x=0.1, wrt=("x",))
    assert answer.value[0].dtype == np.float64
    assert answer.value[0] == pytest.approx(0.03, rel=1e-15)


def test_a_reference_says_zero_where_nothing_depends() -> None:
    reference = Reference(made("reference", loss_detached))
    found = reference.gradient_of("loss_detached", *INPUTS, wrt=(0,))
    assert np.array_equal(found.value[0], np.zeros(5))


def test_a_broken_path_is_told_as_such_and_only_there() -> None:
    right = Reference(REFERENCE).gradient_of("loss", *INPUTS, wrt=(0, 1))
    found = student(loss=loss_detached).gradient_of("loss", *INPUTS, wrt=(0, 1))
    outcome = gradient_of(found[0], right[0], by="mean").outcome()
    assert not outcome.passed and outcome.message.startswith("no gradient reaches `mean`: the path from it")


def test_no_gradient_is_right_where_none_is_wanted() -> None:
    found = student(loss=loss_detached).gradient_of("loss", *INPUTS, wrt=(0,))
    assert gradient_of(found[0], np.zeros(5), by="mean", terms=np.ones(5)).outcome().passed


def test_a_loss_in_numpy_is_told_to_be_a_tensor() -> None:
    found = student(loss=lambda x: np.sum(np.asarray(x) ** 2)).gradient_of("loss", np.ones(2), wrt=(0,))
    outcome = gradient_of(found[0], np.ones(2), by="x", terms=np.ones(2)).outcome()
    assert "`loss` should return a TensorFlow tensor, to be differentiated, not a float64" in outcome.message


def test_errors_inside_the_tape_name_the_function() -> None:
    def unwritten(x: Any) -> Any:
        raise NotImplementedError

    for function, text in ((unwritten, "`loss` is not written yet"), (lambda x: x + "a", "`loss` raised ")):
        found = student(loss=function).gradient_of("loss", np.ones(2), wrt=(0,))
        assert gradient_of(found[0], np.ones(2), by="x", terms=np.ones(2)).outcome().message.startswith(text)
    found = student().gradient_of("loss", np.ones(2), wrt=(0,))
    assert "`loss` is not defined" in gradient_of(found[0], 0.0, by="x", terms=1.0).outcome().message


def test_the_notebook_replays_it_with_names(suite: Suite, tmp_path: Path) -> None:
    save([record(suite, suite.checks["loss"], 2.0)], tmp_path / "x")
    (recording,) = load(tmp_path / "x")
    assert replay(recording, suite.namespace()).score == 2.0
    wrong = replay(recording, suite.namespace() | {"loss": loss_half_detached})
    assert [(o.passed, o.mistakes) for o in wrong.outcomes] == [(True, ()), (False, ("loss_half_detached",))]


def test_terms_are_asked_for() -> None:
    reference = Reference(made("reference", loss))
    right = reference.gradient_of("loss", *INPUTS, wrt=(0,))
    with pytest.raises(AuthoringError, match="define <function>_gradient_terms"):
        gradient_of(student(loss=loss).gradient_of("loss", *INPUTS, wrt=(0,))[0], right[0], by="mean")


def test_a_reference_that_has_no_gradient_is_the_authors_error() -> None:
    with pytest.raises(AuthoringError, match="the reference cannot be differentiated"):
        Reference(made("reference", loss_gradient_terms)).gradient_of("loss_gradient_terms", 1.0, wrt=(0,))
