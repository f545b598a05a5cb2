"""Additive attention."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class AdditiveAttention(keras.layers.Layer):
    """Where to look, from a query and the keys of all places.

    ::

        e_j = vᵀ tanh(q·W + k_j),   a = softmax(e) over what the mask keeps,   context = Σ_j a_j·h_j

    with keys k_j = h_j·U + b, which do not depend on the query: :meth:`keys` makes them once.

    Args:
        units: size of the hidden layer in e, ≥ 1.
        seed: of the initial weights; None takes a random one.
        kwargs: name, dtype and trainable.

    Raises:
        ArgumentError: ``units`` is not positive.

    Example:
        >>> attention, memory = AdditiveAttention(4), tf.ones([2, 5, 3])
        >>> attention.build([(None, 6), (None, None, 3)])
        >>> kept = tf.fill([2, 5], True)
        >>> context, weights = attention(tf.ones([2, 6]), attention.keys(memory), memory, kept)
        >>> context.shape, weights.shape
        (TensorShape([2, 3]), TensorShape([2, 5]))

    Source:
        Bahdanau, Cho & Bengio 2015, appendix A.1.2.
    """

    def __init__(self, units: int, *, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.seed = positive_int(units, "units"), seed

    def build(self, input_shape: Any) -> None:
        """Makes the weights.

        Args:
            input_shape: (batch, query size) and (batch, places, memory size).
        """
        query, memory = input_shape
        for place, (name, rows) in enumerate((("query_kernel", query[-1]), ("key_kernel", memory[-1]))):
            seed = None if self.seed is None else self.seed + place
            initializer = keras.initializers.GlorotUniform(seed)
            setattr(self, name, self.add_weight(shape=(rows, self.units), initializer=initializer, name=name))
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        seed = None if self.seed is None else self.seed + 2
        self.score = self.add_weight(
            shape=(self.units,),
            initializer=keras.initializers.RandomNormal(stddev=0.3, seed=seed),
            name="score",
        )
        self.built = True

    def keys(self, memory: tf.Tensor) -> tf.Tensor:
        """h·U + b, shape (batch, places, units).

        Args:
            memory: h, shape (batch, places, memory size).
        """
        return tf.tensordot(memory, tf.convert_to_tensor(self.key_kernel), axes=1) + self.bias

    def call(
        self, query: tf.Tensor, keys: tf.Tensor, memory: tf.Tensor, kept: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The context, shape (batch, memory size), and the weights a, float32, shape (batch, places).

        Args:
            query: q, shape (batch, query size).
            keys: of :meth:`keys`.
            memory: h, shape (batch, places, memory size).
            kept: booleans, shape (batch, places): where False, a is exactly 0. One in each row is True.
        """
        hidden = tf.tanh(tf.matmul(query, self.query_kernel)[:, None] + keys)
        scores = tf.cast(tf.reduce_sum(hidden * self.score, axis=-1), tf.float32)
        # The lowest float32, not −∞: a row that keeps nothing stays finite.
        weights = tf.nn.softmax(tf.where(kept, scores, scores.dtype.min))
        return tf.reduce_sum(tf.cast(weights, memory.dtype)[..., None] * memory, axis=1), weights

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return super().get_config() | {"units": self.units, "seed": self.seed}
