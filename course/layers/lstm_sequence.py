"""The LSTM recurrence over a whole sequence, for given weights."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

Activation = Callable[[tf.Tensor], tf.Tensor]


def lstm_sequence(
    x: tf.Tensor,
    kernel: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    bias: tf.Tensor | None,
    mask: tf.Tensor | None = None,
    activation: Activation = tf.tanh,
    recurrent_activation: Activation = tf.sigmoid,
    initial_state: tuple[tf.Tensor, tf.Tensor] | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Hidden and cell states of an LSTM after every step.

    ::

        i, f, g, o = split(x_t·kernel + h·recurrent_kernel + bias)
        c ← σ(f) ∘ c + σ(i) ∘ tanh(g),   h ← σ(o) ∘ tanh(c)

    Args:
        x: shape (batch, time, features).
        kernel: shape (features, 4·units), gates in Keras' order i, f, g, o.
        recurrent_kernel: shape (units, 4·units).
        bias: shape (4·units,), or None.
        mask: booleans, shape (batch, time): where False, both states stay as they are.
        activation: of g and of the cell state.
        recurrent_activation: of the gates i, f and o.
        initial_state: h and c before the first step, each of shape (batch, units); None for zeros.

    Returns:
        h and c, each of shape (batch, time, units).

    Source:
        Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """
    units = recurrent_kernel.shape[0]
    # The products with x need no state: one matrix product for all steps. Then time first, as the scan reads
    # it.
    gates = tf.tensordot(x, kernel, axes=1)
    if bias is not None:
        gates = gates + bias
    gates = tf.transpose(gates, [1, 0, 2])
    steps = tf.ones(tf.shape(gates)[:2], tf.bool) if mask is None else tf.transpose(mask)

    def step(
        state: tuple[tf.Tensor, tf.Tensor], now: tuple[tf.Tensor, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        hidden, cell = state
        z, keep = now
        i, f, g, o = tf.split(z + tf.matmul(hidden, recurrent_kernel), 4, axis=-1)
        new_cell = recurrent_activation(f) * cell + recurrent_activation(i) * activation(g)
        new_hidden = recurrent_activation(o) * activation(new_cell)
        if mask is None:
            return new_hidden, new_cell
        keep = keep[:, None]
        return tf.where(keep, new_hidden, hidden), tf.where(keep, new_cell, cell)

    if initial_state is None:
        zeros = tf.zeros([tf.shape(x)[0], units], gates.dtype)
        initial_state = zeros, zeros
    hidden, cell = tf.scan(step, (gates, steps), initializer=tuple(initial_state))
    return tf.transpose(hidden, [1, 0, 2]), tf.transpose(cell, [1, 0, 2])
