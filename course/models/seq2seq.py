"""An encoder, a decoder, and attention between them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.data.vocabulary import END, PAD, START, token_rows
from course.errors import ShapeError
from course.models.additive_attention import AdditiveAttention
from course.models.base import CourseModel
from course.models.beam_search import Found, beam_search
from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class Seq2Seq(CourseModel):
    """Translates rows of tokens by an encoder–decoder with additive attention.

    ::

        h = [forward GRU(x), backward GRU(x)],   s_0 = tanh(h's last states·W)
        context_t, a_t = attention(s_{t−1}, h),   s_t = GRU([e(y_{t−1}), context_t], s_{t−1})
        p(y_t | y_<t, x) = softmax([s_t, context_t]·V + b),   loss = −Σ log p / number of target tokens

    ``fit((sources, targets))`` takes rows of start, tokens, end and padding of either language; the decoder
    reads the true tokens before each (teacher forcing). Padding changes nothing: neither the encoder's
    states, nor attention, nor the loss.

    Args:
        source_size: tokens of the source's vocabulary, ≥ 1.
        target_size: of the target's, ≥ 1.
        embedding_size: of both embeddings, ≥ 1.
        units: of each encoder, of the decoder and of attention, ≥ 1.
        seed: of initial weights; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: (sources, targets), integers of shapes (batch, places) and (batch, time), time known.

    Output shape:
        (batch, time, target_size), float32: logits of the token that follows each place of the targets.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: inputs are not two batches of rows.

    Example:
        >>> model = Seq2Seq(9, 7, embedding_size=4, units=8)
        >>> model((tf.constant([[1, 3, 2, 0]]), tf.constant([[1, 5, 6]]))).shape
        TensorShape([1, 3, 7])

    Source:
        Bahdanau, Cho & Bengio 2015, section 3, with a plain readout for their maxout; Ivanov, "Machine
        translation".
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        embedding_size: int = 16,
        units: int = 64,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_size = positive_int(source_size, "source_size")
        self.target_size = positive_int(target_size, "target_size")
        self.embedding_size = positive_int(embedding_size, "embedding_size")
        self.units, self.seed = positive_int(units, "units"), seed
        policy = self.dtype_policy
        seeds = iter([None] * 20 if seed is None else range(seed, seed + 20))

        def gru(cls: type, **more: Any) -> keras.layers.Layer:
            first = keras.initializers.GlorotUniform(next(seeds))
            second = keras.initializers.Orthogonal(seed=next(seeds))
            return cls(units, kernel_initializer=first, recurrent_initializer=second, dtype=policy, **more)

        def dense(size: int, activation: str | None = None) -> keras.layers.Layer:
            first = keras.initializers.GlorotUniform(next(seeds))
            return keras.layers.Dense(size, activation, kernel_initializer=first, dtype=policy)

        def embedding(size: int) -> keras.layers.Layer:
            first = keras.initializers.RandomUniform(-0.3, 0.3, next(seeds))
            return keras.layers.Embedding(size, embedding_size, first, dtype=policy)

        self.source_embedding, self.target_embedding = embedding(source_size), embedding(target_size)
        both = {"return_sequences": True, "return_state": True}
        self.forward = gru(keras.layers.GRU, **both)
        self.backward = gru(keras.layers.GRU, go_backwards=True, **both)
        self.bridge = dense(units, "tanh")
        self.attention = AdditiveAttention(units, seed=next(seeds), dtype=policy)
        self.decoder = gru(keras.layers.GRUCell)
        self.readout = dense(target_size)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self._build_parts()

    def _build_parts(self) -> None:
        units, size = self.units, self.embedding_size
        self.source_embedding.build((None, None))
        self.target_embedding.build((None,))
        self.forward.build((None, None, size))
        self.backward.build((None, None, size))
        self.bridge.build((None, 2 * units))
        self.attention.build([(None, units), (None, None, 2 * units)])
        self.decoder.build((None, size + 2 * units))
        self.readout.build((None, 3 * units))
        self.built = True

    def build(self, input_shape: Any = None) -> None:
        """Nothing is left to build: no size depends on the inputs."""

    def encode(self, sources: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """What the decoder needs of the sources: s_0, attention's keys, h, and which places count.

        Args:
            sources: integers, shape (batch, places).
        """
        sources = tf.convert_to_tensor(sources)
        if sources.shape.rank != 2:
            raise ShapeError(
                "tokens stand in rows", expected="(batch, places)", received=tuple(sources.shape)
            )
        kept = sources != PAD
        embedded = self.source_embedding(sources)
        ahead, last = self.forward(embedded, mask=kept)
        back, first = self.backward(embedded, mask=kept)
        memory = tf.concat([ahead, tf.reverse(back, [1])], axis=-1)
        start = self.bridge(tf.concat([last, first], axis=-1))
        return start, self.attention.keys(memory), memory, kept

    def _decode(
        self, tokens: tf.Tensor, state: tf.Tensor, encoded: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """One step: the readout's input, the new state and the attention."""
        context, weights = self.attention(state, *encoded)
        state, _ = self.decoder(tf.concat([self.target_embedding(tokens), context], axis=-1), [state])
        return tf.concat([state, context], axis=-1), state, weights

    def _run(self, inputs: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Logits and attention for given targets."""
        sources, targets = inputs
        targets = tf.convert_to_tensor(targets)
        if targets.shape.rank != 2 or targets.shape[1] is None:
            raise ShapeError(
                "targets are rows of a known length", expected="(batch, time)", received=tuple(targets.shape)
            )
        state, *encoded = self.encode(sources)
        first = tf.zeros_like(tf.concat([state, encoded[1][:, 0]], axis=-1))
        # A loop in the graph: unrolled, tracing takes longer than an epoch of short rows.
        features, _, looks = tf.scan(
            lambda last, tokens: self._decode(tokens, last[1], tuple(encoded)),
            tf.transpose(targets),
            (first, state, tf.zeros_like(encoded[2], tf.float32)),
        )
        # One product for all steps.
        logits = tf.cast(self.readout(tf.transpose(features, [1, 0, 2])), tf.float32)
        return logits, tf.transpose(looks, [1, 0, 2])

    def call(self, inputs: Any) -> tf.Tensor:
        """Logits of the next token at every place of the targets."""
        return self._run(inputs)[0]

    def attention_weights(self, sources: Any, targets: Any) -> np.ndarray:
        """Where the decoder looks when it writes each token but the first of the targets.

        Args:
            sources: shape (batch, places), integers.
            targets: shape (batch, time), integers, start first.

        Returns:
            Float32, shape (batch, time − 1, places); rows sum to 1, and are 0 on padding.
        """
        return self._run((sources, tf.convert_to_tensor(targets)[:, :-1]))[1].numpy()

    def token_log_prob(self, sources: Any, targets: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """The log p(y_t | y_<t, x) of all target tokens but the first, and which of them count.

        Returns:
            Nats, float32, 0 where a place does not count, and 1 or 0, float32; shape (batch, time − 1) each.
        """
        targets = tf.convert_to_tensor(targets)
        following = targets[:, 1:]
        counts = tf.cast(following != PAD, tf.float32)
        logits = self((sources, targets[:, :-1]))
        return -counts * tf.nn.sparse_softmax_cross_entropy_with_logits(following, logits), counts

    def log_prob(self, sources: Any, targets: Any) -> np.ndarray:
        """Log probability of each target given its source.

        Args:
            sources: shape (n, places), integers.
            targets: shape (n, time), integers: start, tokens, end, padding.

        Returns:
            Nats, float64, shape (n,).
        """
        nats, _ = self.token_log_prob(
            token_rows(sources, self.source_size), token_rows(targets, self.target_size)
        )
        return nats.numpy().astype(np.float64).sum(axis=1)

    def translate(self, sources: Any, length: int) -> np.ndarray:
        """Greedy translations of all sources at once.

        Args:
            sources: shape (n, places), integers.
            length: of a row, start and end included, ≥ 2; a sentence that has not ended there is cut.

        Returns:
            Shape (n, length), int32: start, tokens, end, padding.
        """
        rows = token_rows(sources, self.source_size)
        state, *encoded = self.encode(rows)
        written = np.full((len(rows), positive_int(length, "length")), PAD, np.int32)
        written[:, 0] = START
        running = np.ones(len(rows), bool)
        for time in range(1, length):
            feature, state, _ = self._decode(tf.constant(written[:, time - 1]), state, tuple(encoded))
            logits = self.readout(feature).numpy().astype(np.float64)
            logits[:, [PAD, START]] = -np.inf
            written[:, time] = np.where(running, logits.argmax(axis=1), PAD)
            running &= written[:, time] != END
        return written

    def beam_search(self, source: Any, *, width: int, length: int) -> Found:
        """The most probable translations that a beam finds; width 1 is greedy.

        Args:
            source: one row of tokens, shape (places,).
            width: beginnings kept, ≥ 1.
            length: of a row, start and end included, ≥ 2.
        """
        row = token_rows([source], self.source_size)
        state, *encoded = self.encode(row)

        def step(tokens: np.ndarray, states: tf.Tensor) -> tuple[np.ndarray, tf.Tensor]:
            spread = tuple(tf.repeat(part, len(tokens), axis=0) for part in encoded)
            feature, states, _ = self._decode(tf.constant(tokens), states, spread)
            return tf.nn.log_softmax(tf.cast(self.readout(feature), tf.float32)).numpy(), states

        return beam_search(step, tf.gather, state, width=width, length=length)

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.fit``, for a pair of sources and targets.

        Raises:
            ShapeError, DtypeError, ArgumentError: the arrays are not rows of tokens, or not as many of each.
        """
        if isinstance(x, list | tuple) and all(isinstance(part, np.ndarray) for part in x):
            if len(x) != 2 or len(x[0]) != len(x[1]):
                raise ShapeError(
                    "every source has its target",
                    expected="(sources, targets) of equal length",
                    received=[part.shape for part in x],
                )
            x = token_rows(x[0], self.source_size), token_rows(x[1], self.target_size)
        return super().fit(x, *args, **kwargs)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``fit``."""
        (sources, targets), _, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            nats, counts = self.token_log_prob(sources, targets)
            total = tf.reduce_sum(counts)
            loss = -tf.reduce_sum(nats) / total
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        self.loss_tracker.update_state(loss, sample_weight=total)
        return {"loss": self.loss_tracker.result()}

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``evaluate``."""
        (sources, targets), _, _ = keras.utils.unpack_x_y_sample_weight(data)
        nats, counts = self.token_log_prob(sources, targets)
        total = tf.reduce_sum(counts)
        self.loss_tracker.update_state(-tf.reduce_sum(nats) / total, sample_weight=total)
        return {"loss": self.loss_tracker.result()}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Nats a target token."""
        return [self.loss_tracker]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("source_size", "target_size", "embedding_size", "units", "seed")
        return super().get_config() | {name: getattr(self, name) for name in names}
