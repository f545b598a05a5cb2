"""The plain cell and the deck's LSTM: Keras's own, NumPy, and closed forms of gradients through time."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.models import MemoryCell, gradient_norms_through_time, recurrent_cell

X = np.random.default_rng(5).normal(size=(3, 6, 4))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-12)])
@pytest.mark.parametrize("masked", [False, True])
def test_with_tanh_of_the_memory_it_is_keras_lstm(dtype: str, tolerance: float, masked: bool) -> None:
    theirs = keras.layers.LSTM(5, return_sequences=True, return_state=True, dtype=dtype)
    ours = keras.layers.RNN(MemoryCell(5, dtype=dtype), return_sequences=True, return_state=True, dtype=dtype)
    x = tf.constant(X, dtype)
    mask = np.array([[1, 1, 1, 0, 0, 0], [1] * 6, [1, 1, 1, 1, 0, 0]], bool) if masked else None
    theirs.build(x.shape)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    for mine, keras_own in zip(ours(x, mask=mask), theirs(x, mask=mask), strict=True):
        np.testing.assert_allclose(mine, keras_own, rtol=0, atol=tolerance)


@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_both_forms_are_their_equations(activation: str) -> None:
    cell = MemoryCell(2, cell_activation=activation, dtype="float64", seed=3)
    outputs = keras.layers.RNN(cell, return_sequences=True, dtype="float64")(tf.constant(X))
    kernel, recurrent, bias = (weight.numpy() for weight in (cell.kernel, cell.recurrent_kernel, cell.bias))
    h = c = np.zeros((3, 2))
    for t in range(6):
        w, f, candidate, r = np.split(X[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(w) * np.tanh(candidate)
        h = _sigmoid(r) * (c if activation == "linear" else np.tanh(c))
        np.testing.assert_allclose(outputs[:, t], h, rtol=0, atol=1e-12)


def test_without_the_tanh_a_cell_that_never_forgets_counts() -> None:
    cell = MemoryCell(1, cell_activation="linear", dtype="float64")
    cell.build((None, 1))
    # Every gate open to within 1e-13, and the candidate tanh(30) = 1.
    cell.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.full(4, 30.0)])
    x = tf.zeros([1, 7, 1], tf.float64)
    counted = keras.layers.RNN(cell, return_sequences=True, dtype="float64")(x)
    np.testing.assert_allclose(counted[0, :, 0], np.arange(1, 8), atol=1e-11)


def test_the_forget_gate_starts_where_it_is_put_and_seeds_repeat() -> None:
    first, second = MemoryCell(2, forget_bias=1.5, seed=4), MemoryCell(2, forget_bias=1.5, seed=4)
    for cell in (first, second):
        cell.build((None, 3))
    assert first.bias.numpy().tolist() == [0, 0, 1.5, 1.5, 0, 0, 0, 0]
    np.testing.assert_array_equal(first.recurrent_kernel, second.recurrent_kernel)


def test_a_linear_cells_gradient_is_a_power_of_its_matrix(rng: np.random.Generator) -> None:
    matrix = rng.normal(size=(4, 4)) / 2
    direction = rng.normal(size=4)
    cell = keras.layers.SimpleRNNCell(4, activation="linear", dtype="float64")
    cell.build((None, 4))
    cell.set_weights([rng.normal(size=(4, 4)), matrix, np.zeros(4)])
    norms = gradient_norms_through_time(cell, X, direction)
    assert norms.shape == (7, 3)
    closed = [np.linalg.norm(np.linalg.matrix_power(matrix, 6 - t) @ direction) for t in range(7)]
    np.testing.assert_allclose(norms, np.tile(closed, (3, 1)).T, rtol=1e-12)


def test_a_plain_cells_gradient_is_the_product_of_its_jacobians(rng: np.random.Generator) -> None:
    cell = recurrent_cell("rnn", 3, seed=2, dtype="float64")
    direction = rng.normal(size=3)
    norms = gradient_norms_through_time(cell, X, direction)
    kernel, recurrent, bias = (weight.numpy() for weight in cell.weights)
    for example in range(3):
        h, states = np.zeros(3), []
        for t in range(6):
            h = np.tanh(X[example, t] @ kernel + h @ recurrent + bias)
            states.append(h)
        gradient, expected = direction, [np.linalg.norm(direction)]
        for h in reversed(states):
            gradient = recurrent @ ((1 - h**2) * gradient)
            expected.append(np.linalg.norm(gradient))
        np.testing.assert_allclose(norms[:, example], expected[::-1], rtol=1e-10)


@pytest.mark.parametrize("kind", ["lstm", "deck_lstm"])
def test_an_lstms_gradient_is_that_of_finite_differences(kind: str, rng: np.random.Generator) -> None:
    cell = recurrent_cell(kind, 2, seed=2, dtype="float64")
    direction = rng.normal(size=2)
    norms = gradient_norms_through_time(cell, X[:1], direction)

    def after(states: np.ndarray, start: int) -> float:
        now = [tf.constant(states[None, :2]), tf.constant(states[None, 2:])]
        for t in range(start, 6):
            _, now = cell(tf.constant(X[:1, t]), now)
        return float(now[0].numpy()[0] @ direction)

    states = np.zeros(4)
    for t in range(6):
        differences = [(after(states + s, t) - after(states - s, t)) / 2e-5 for s in 1e-5 * np.eye(4)]
        assert norms[t, 0] == pytest.approx(np.linalg.norm(differences), rel=1e-7)
        _, new = cell(tf.constant(X[:1, t]), [tf.constant(states[None, :2]), tf.constant(states[None, 2:])])
        states = np.concatenate([part.numpy()[0] for part in new])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: MemoryCell(0), ArgumentError, r"`units`.*units ≥ 1.*units=0"),
        (
            lambda: MemoryCell(1, cell_activation="relu"),
            ArgumentError,
            r"unknown `cell_activation`.*'tanh', 'linear'.*'relu'",
        ),
        (
            lambda: recurrent_cell("gated", 2),
            ArgumentError,
            r"unknown `kind`.*'rnn', 'lstm', 'deck_lstm'.*'gated'",
        ),
        (
            lambda: gradient_norms_through_time(MemoryCell(2), np.zeros((3, 4)), [1.0, 0.0]),
            ShapeError,
            r"three axes.*\(batch, time, features\).*\(3, 4\)",
        ),
        (
            lambda: gradient_norms_through_time(MemoryCell(2), X, [1.0]),
            ShapeError,
            r"one entry a unit.*\(2,\).*received \(1,\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
