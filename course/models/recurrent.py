"""Recurrent layers by name, and what their gradients do through time."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.errors import ShapeError
from course.models.memory_cell import MemoryCell
from course.validation import one_of, positive_int

CELLS = ("rnn", "lstm", "deck_lstm")


def recurrent_cell(kind: str, units: int, seed: int | None = None, **kwargs: Any) -> keras.layers.Layer:
    """A cell for ``keras.layers.RNN``.

    Args:
        kind: ``"rnn"`` for h_t = tanh(A[x_t, h_{t−1}]); ``"lstm"`` for gates with tanh(c_t);
            ``"deck_lstm"`` for gates with c_t as it is.
        units: ≥ 1.
        seed: of the initial weights; None takes a random one.
        kwargs: name, dtype and trainable.

    Raises:
        ArgumentError: another kind, or ``units`` is not positive.

    Example:
        >>> keras.layers.RNN(recurrent_cell("rnn", 4))(tf.zeros([2, 5, 3])).shape
        TensorShape([2, 4])

    Source:
        Ivanov, "Recurrent units" and "LSTM: full scheme"; Damianou, "Recurrent Neural Network".
    """
    one_of(kind, CELLS, "kind")
    if kind == "rnn":
        seeds = (None, None) if seed is None else (seed, seed + 1)
        return keras.layers.SimpleRNNCell(
            positive_int(units, "units"),
            kernel_initializer=keras.initializers.GlorotUniform(seeds[0]),
            recurrent_initializer=keras.initializers.Orthogonal(seed=seeds[1]),
            **kwargs,
        )
    activation = "tanh" if kind == "lstm" else "linear"
    return MemoryCell(units, cell_activation=activation, seed=seed, **kwargs)


def gradient_norms_through_time(cell: keras.layers.Layer, x: Any, direction: Any) -> np.ndarray:
    """How much of a gradient at the last step arrives at each step before.

    ::

        g_t = ∂(a·h_T)/∂s_t = J_{t+1}ᵀ J_{t+2}ᵀ ⋯ J_Tᵀ [a, 0],   J_τ = ∂s_τ/∂s_{τ−1}

    s_t is all that the cell hands on: h_t, and c_t where it has one. For the plain cell
    h_t = φ(x_t·K + h_{t−1}·W + b) that is a product of W·diag(φ′) — T − t of them, hence the deck's "most
    absolute values < 1: vanishing, > 1: exploding"; for a linear one it is W^{T−t}·a.

    Args:
        cell: a built or unbuilt cell for ``keras.layers.RNN``.
        x: shape (batch, T, features).
        direction: a, shape (units,).

    Returns:
        ‖g_t‖ for t = 0 … T, float64, shape (T + 1, batch).

    Raises:
        ShapeError: x is no batch of sequences, or ``direction`` has not the cell's units.

    Example:
        >>> cell = keras.layers.SimpleRNNCell(1, activation="linear", recurrent_initializer="ones")
        >>> gradient_norms_through_time(cell, tf.ones([1, 3, 1]), [2.0]).ravel().tolist()
        [2.0, 2.0, 2.0, 2.0]

    Source:
        Ivanov, "Gradients problem"; Pascanu, Mikolov & Bengio 2013, eq. (5).
    """
    x = tf.convert_to_tensor(x, cell.compute_dtype)
    direction = tf.convert_to_tensor(direction, cell.compute_dtype)
    if x.shape.rank != 3:
        raise ShapeError("sequences have three axes", expected="(batch, time, features)", received=x.shape)
    if direction.shape != (cell.output_size,):
        raise ShapeError(
            "the direction has one entry a unit",
            expected=(cell.output_size,),
            received=tuple(direction.shape),
        )
    if not cell.built:
        cell.build((None, x.shape[-1]))
        cell.built = True
    states = tf.nest.flatten(cell.get_initial_state(batch_size=x.shape[0]))
    with tf.GradientTape() as tape:
        tape.watch(states)
        passed = [states]
        for step in tf.unstack(x, axis=1):
            _, states = cell(step, states)
            # Copies: h_t comes from c_t, whose gradient would otherwise hold what goes on through h_t too.
            states = [tf.identity(state) for state in tf.nest.flatten(states)]
            passed.append(states)
        last = tf.reduce_sum(passed[-1][0] * direction)
    gradients = tape.gradient(last, passed, unconnected_gradients="zero")
    # Examples do not meet inside a cell, so that the gradient of the sum is each example's own.
    stacked = tf.stack([tf.concat(parts, axis=-1) for parts in gradients])
    return np.linalg.norm(stacked.numpy().astype(np.float64), axis=-1)
