"""The LSTM of the deck, from its gates: write, forget, read."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.validation import one_of, positive_int


@keras.saving.register_keras_serializable(package="course")
class MemoryCell(keras.layers.Layer):
    """One step of an LSTM, for ``keras.layers.RNN``.

    ::

        w, f, c', r = split(x_t·kernel + h_{t−1}·recurrent_kernel + bias)
        c_t = σ(f) ∘ c_{t−1} + σ(w) ∘ tanh(c')
        h_t = σ(r) ∘ c_t            cell_activation="linear", as the deck has it
        h_t = σ(r) ∘ tanh(c_t)      cell_activation="tanh", as Keras and most papers have it

    The deck's write and read gates are the input and output gates of other texts. The weights have the shapes
    and the order of ``keras.layers.LSTM``: ``set_weights(lstm.get_weights())`` makes the two equal.

    Args:
        units: size of h and of c, ≥ 1.
        cell_activation: ``"tanh"`` or ``"linear"``. Without the tanh h is not bounded by 1: a cell that
            writes at every step and never forgets counts, and h with it.
        forget_bias: the forget gate's bias at the start; 1 leaves the gate open, so that gradients pass from
            the first step of training on.
        seed: of the initial weights; None takes a random one.
        kwargs: name, dtype and trainable.

    Raises:
        ArgumentError: ``units`` is not positive, or the activation is another.

    Example:
        >>> layer = keras.layers.RNN(MemoryCell(4, cell_activation="linear"), return_sequences=True)
        >>> layer(tf.zeros([2, 5, 3])).shape
        TensorShape([2, 5, 4])

    Source:
        Ivanov, "LSTM: full scheme"; Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins
        2000; its bias: Jozefowicz, Zaremba & Sutskever 2015.
    """

    def __init__(
        self,
        units: int,
        *,
        cell_activation: str = "tanh",
        forget_bias: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_int(units, "units")
        self.cell_activation = one_of(cell_activation, ("tanh", "linear"), "cell_activation")
        self.forget_bias, self.seed = float(forget_bias), seed
        self.state_size = [self.units, self.units]
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        """Makes the weights.

        Args:
            input_shape: (batch, features).
        """
        # Two initialisers: one object of a seed gives the same numbers twice.
        seeds = (None, None) if self.seed is None else (self.seed, self.seed + 1)
        self.kernel = self.add_weight(
            shape=(input_shape[-1], 4 * self.units),
            initializer=keras.initializers.GlorotUniform(seeds[0]),
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, 4 * self.units),
            initializer=keras.initializers.Orthogonal(seed=seeds[1]),
            name="recurrent_kernel",
        )
        self.bias = self.add_weight(shape=(4 * self.units,), initializer=self._bias, name="bias")

    def _bias(self, shape: Any, dtype: Any = None) -> Any:
        zeros = keras.ops.zeros(self.units, dtype)
        return keras.ops.concatenate([zeros, zeros + self.forget_bias, zeros, zeros])

    def call(self, inputs: tf.Tensor, states: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """h_t, and the new states [h_t, c_t].

        Args:
            inputs: x_t, shape (batch, features).
            states: h and c of the step before, shape (batch, units) each.
        """
        hidden, memory = states
        gates = self.gates(inputs, hidden)
        memory = gates["forget"] * memory + gates["write"] * gates["candidate"]
        shown = tf.tanh(memory) if self.cell_activation == "tanh" else memory
        hidden = gates["read"] * shown
        return hidden, [hidden, memory]

    def gates(self, inputs: tf.Tensor, hidden: tf.Tensor) -> dict[str, tf.Tensor]:
        """The three gates, in (0, 1), and the candidate c', in (−1, 1).

        Args:
            inputs: x_t, shape (batch, features).
            hidden: h_{t−1}, shape (batch, units).

        Returns:
            ``write``, ``forget``, ``candidate`` and ``read``, shape (batch, units) each.
        """
        logits = tf.matmul(inputs, self.kernel) + tf.matmul(hidden, self.recurrent_kernel) + self.bias
        write, forget, candidate, read = tf.split(logits, 4, axis=-1)
        return {
            "write": tf.sigmoid(write),
            "forget": tf.sigmoid(forget),
            "candidate": tf.tanh(candidate),
            "read": tf.sigmoid(read),
        }

    def get_initial_state(self, batch_size: Any = None) -> list[tf.Tensor]:
        """Zeros for h and c."""
        return [tf.zeros([batch_size, self.units], self.compute_dtype) for _ in range(2)]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return super().get_config() | {
            "units": self.units,
            "cell_activation": self.cell_activation,
            "forget_bias": self.forget_bias,
            "seed": self.seed,
        }
