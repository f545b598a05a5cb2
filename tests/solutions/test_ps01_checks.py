"""The checks of ps01: what they let through, what they do not, and what students are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograder.checks.answers import Student, in_namespace
from autograder.checks.recording import load, record, replay, save
from autograder.checks.run import run_check, seed_for
from autograder.checks.source import source_in_cells
from autograder.percent import Kind
from autograder.problem_sets import locate
from autograder.results import CheckResult

ROOT = Path(__file__).resolve().parents[2]
problem_set = locate("ps01_backprop", ROOT)
suite = problem_set.suite
reference: Any = suite.reference

BY_HAND = [
    "two_layer_gradients",
    "deep_gradients",
    "softmax_cross_entropy",
    "backward",
    "map_objective",
    "gradient_norms",
]


def judged(check: str, seed: int = 9, cells: list[str] | None = None, **functions: Any) -> CheckResult:
    def source(function: str) -> str:
        return source_in_cells(cells or [f"def {function}(): pass"], function)

    student = Student(in_namespace(suite.namespace() | functions), source)
    return run_check(suite, suite.checks[check], student, seed=seed, grade_id=check, points=1.0)


def seeds(check: str, count: int) -> list[int]:
    return [seed_for(b"steps", f"submission {number}", check) for number in range(count)]


def differences(step_of_ones_own: float) -> Callable[..., Any]:
    def numerical_gradient(f: Any, w: Any, step: Any = None) -> Any:
        return reference.numerical_gradient(f, w, step_of_ones_own if step is None else step)

    return numerical_gradient


@pytest.mark.parametrize("step", [1e-6, 3e-6, 1e-5, 3e-5, 1e-4])
def test_every_sensible_step_is_accurate_enough_by_a_factor_of_three(step: float) -> None:
    for seed in seeds("numerical_gradient", 40):
        found = judged("numerical_gradient", seed, numerical_gradient=differences(step))
        assert found.fraction == 1.0
        assert found.outcomes[-1].evidence["error_over_bound"] < 1 / 3


@pytest.mark.parametrize("step", [1e-10, 1e-8, 1e-3, 1e-2])
def test_every_careless_step_fails_the_accuracy_and_nothing_else(step: float) -> None:
    for seed in seeds("numerical_gradient", 40):
        found = judged("numerical_gradient", seed, numerical_gradient=differences(step))
        assert [o.label for o in found.outcomes if not o.passed] == ["accuracy with your step"]


def test_step_of_one_millionth_of_a_millionth_is_named() -> None:
    found = judged("numerical_gradient", numerical_gradient=differences(1e-10))
    assert "your own step were 1e-10, far too small" in found.outcomes[-1].message


@pytest.mark.parametrize("check", BY_HAND)
def test_untouched_stub_without_a_tape_earns_nothing_for_being_without(check: str) -> None:
    cells = [cell.source for cell in problem_set.notebook.of(Kind.SOLUTION)]
    stubs: dict[str, Any] = {"np": np}
    for cell in cells:
        exec(cell, stubs)
    found = judged(check, cells=cells, **{check: stubs[check]})
    assert found.fraction == 0.0
    assert found.outcomes[-1].kind == "avoids"
    assert found.outcomes[-1].message == f"`{check}` is not written yet"


def test_gradient_by_tape_keeps_its_numbers_and_loses_the_share_for_by_hand() -> None:
    cell = """
import tensorflow as tf

def softmax_cross_entropy(logits, labels):
    z = tf.convert_to_tensor(logits)
    with tf.GradientTape() as tape:
        tape.watch(z)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, z)
        loss = tf.reduce_mean(losses)
    return loss, tape.gradient(loss, z)
"""
    namespace: dict[str, Any] = {}
    exec(cell, namespace)
    found = judged(
        "softmax_cross_entropy", cells=[cell], softmax_cross_entropy=namespace["softmax_cross_entropy"]
    )
    assert [o.passed for o in found.outcomes] == [True] * 4 + [False]
    assert found.outcomes[-1].message == "`softmax_cross_entropy` should do without `tf.GradientTape`"
    assert found.fraction == pytest.approx(4 / 4.25)


def test_right_second_layer_is_worth_half_of_the_numbers_and_says_which_half() -> None:
    def two_layer_gradients(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
        dw0, db0, dw1, db1 = reference.two_layer_gradients(x, h1, h2, y, w1)
        return dw0 * 1.5, db0 * 1.5, dw1, db1  # in no bank

    found = judged("two_layer_gradients", two_layer_gradients=two_layer_gradients)
    wrong = [o.label for o in found.outcomes if not o.passed]
    assert wrong == ["w0 of a network", "b0 of a network", "w0 of another", "b0 of another"]
    assert all("1.5 times what it should be" in o.message for o in found.outcomes if not o.passed)
    assert found.fraction == pytest.approx(4.25 / 8.25)


def test_forgotten_average_is_told_the_factor_and_the_size_it_comes_from() -> None:
    found = judged("squared_error", squared_error=lambda h, y: 0.5 * np.sum((h - y) ** 2))
    for outcome in found.outcomes:
        assert outcome.mistakes == ("error_sum_of_examples",)
        assert "N = " in outcome.message and "times too large" in outcome.message


@pytest.mark.parametrize("epsilon", [1e-7, 1e-10, 1e-12, 1e-300])
def test_no_epsilon_under_the_logarithm_saves_an_unstable_loss(epsilon: float) -> None:
    def softmax_cross_entropy(logits: Any, labels: Any) -> Any:
        _, gradient = reference.softmax_cross_entropy(logits, labels)
        p = gradient * len(logits)
        p[np.arange(len(logits)), labels] += 1
        return -np.mean(np.log(p[np.arange(len(logits)), labels] + epsilon)), gradient

    for seed in seeds("softmax_cross_entropy", 40):
        found = judged("softmax_cross_entropy", seed, softmax_cross_entropy=softmax_cross_entropy)
        assert "loss, logits near ±1000" in {o.label for o in found.outcomes if not o.passed}


def test_two_mistakes_at_once_are_both_named() -> None:
    # The loss without its minus, and the gradient without its 1: each explains outcomes of its own.
    def softmax_cross_entropy(logits: Any, labels: Any) -> Any:
        loss, gradient = reference.softmax_cross_entropy(logits, labels)
        return -loss, gradient + np.eye(logits.shape[1])[labels] / len(logits)

    found = judged("softmax_cross_entropy", softmax_cross_entropy=softmax_cross_entropy)
    named = {o.label: o.mistakes for o in found.outcomes if not o.passed}
    assert named["loss, ordinary logits"] == ("softmax_loss_sign",)
    assert named["gradient, ordinary logits"] == ("softmax_one_hot_forgotten",)


def test_transposed_weights_cannot_look_right() -> None:
    # All sizes differ, so that a product in the wrong order has no shape at all, or the wrong one.
    def two_layer_gradients(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
        dw0, db0, dw1, db1 = reference.two_layer_gradients(x, h1, h2, y, w1)
        return dw0.T, db0, dw1.T, db1

    for seed in seeds("two_layer_gradients", 10):
        found = judged("two_layer_gradients", seed, two_layer_gradients=two_layer_gradients)
        told = [o.message for o in found.outcomes if not o.passed]
        assert len(told) == 4 and all(text.endswith("; the axes are swapped") for text in told)


def test_deep_gradients_that_need_a_hidden_layer_lose_the_line_only() -> None:
    def deep_gradients(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
        assert len(weights) > 1
        return reference.deep_gradients(x, y, weights, biases, phi, slope)

    found = judged("deep_gradients", deep_gradients=deep_gradients)
    assert [o.label for o in found.outcomes if not o.passed] == [
        "a line, weights of layer 1",
        "a line, biases of layer 1",
    ]


def test_check_in_the_notebook_lets_functions_work_in_place_and_gives_each_run_fresh_inputs(
    tmp_path: Path,
) -> None:
    # The customary loop moves the entries of w itself and puts them back; this one forgets to.
    def numerical_gradient(f: Any, w: Any, step: Any = None) -> Any:
        found = reference.numerical_gradient(f, w, step)
        w += 1.0
        return found

    save([record(suite, suite.checks["numerical_gradient"], 1.0)], tmp_path / "one.checks")
    (recording,) = load(tmp_path / "one.checks")
    for _ in range(2):
        assert replay(recording, {"numerical_gradient": numerical_gradient}).fraction == 1.0


def test_every_reference_computes_in_double_precision() -> None:
    found = {name: judged(name) for name in suite.checks}
    for name, result in found.items():
        dtypes = {o.evidence["dtype"] for o in result.outcomes if "dtype" in o.evidence}
        assert dtypes == {"float64"}, name


def test_inputs_never_meet_a_corner_or_a_singular_point() -> None:
    # |w| and ReLU have no slope at 0, the logarithm and the root of the slide no value below it.
    seen: list[tuple[str, tuple[Any, ...]]] = []

    def watching(name: str) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            seen.append((name, args))
            return getattr(reference, name)(*args, **kwargs)

        return function

    for name in ("map_objective", "backward"):
        for seed in seeds(name, 200):
            assert judged(name, seed, **{name: watching(name)}).fraction == 1.0
    for name, args in seen:
        if name == "map_objective":
            w = args[2]
            assert np.abs(w).min() > 0.2 and w.min() < 0 < w.max()
        else:
            assert np.isfinite(args[1]).all() and np.abs(args[1]).min() > 1e-4


def test_training_with_the_slides_sign_is_found_to_go_uphill() -> None:
    def train(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
        def descent_direction(values: Any) -> Any:
            loss, gradients = objective(values)
            return loss, [-g for g in gradients]

        return reference.train(descent_direction, parameters, rate, steps)

    found = judged("train", train=train)
    assert {o.mistakes for o in found.outcomes if not o.passed} == {("train_uphill",)}


def test_tensors_are_as_good_as_arrays() -> None:
    def squared_error(h: Any, y: Any) -> Any:
        return tf.reduce_mean(tf.reduce_sum((h - tf.constant(y)) ** 2, axis=1)) / 2

    assert judged("squared_error", squared_error=squared_error).fraction == 1.0
