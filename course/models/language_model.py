"""A recurrent language model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.data.vocabulary import END, PAD, START, token_rows
from course.errors import ArgumentError, ShapeError
from course.layers.noise import uniform
from course.models.base import CourseModel
from course.models.recurrent import CELLS, recurrent_cell
from course.validation import one_of, positive_float, positive_int


@keras.saving.register_keras_serializable(package="course")
class LanguageModel(CourseModel):
    """A law of sentences, one token after the other, by a recurrent network.

    ::

        log p(x) = Σ_t log p(x_t | x_<t)
        p(x_t | x_<t) = softmax(h_t·W + b),   h_t = cell(e(x_{t−1}), h_{t−1})
        loss = −Σ log p(x_t | x_<t) / number of tokens,   perplexity = exp(loss)

    ``fit(tokens)`` takes rows of start, words, end and padding, as :class:`course.data.Vocabulary` makes
    them. The start is given and not predicted; padding is neither.

    Args:
        vocabulary_size: number of tokens, ≥ 4: padding, start, end and a word.
        embedding_size: of e, ≥ 1.
        units: of the cell, ≥ 1.
        cell: ``"rnn"``, ``"lstm"`` or ``"deck_lstm"``, as for :func:`recurrent_cell`.
        seed: of initial weights and of :meth:`sample`; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: tokens, integers of shape (batch, time).

    Output shape:
        (batch, time, vocabulary_size), float32: logits of the token that follows each place.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError, DtypeError: inputs are not rows of integers.

    Example:
        >>> model = LanguageModel(10, embedding_size=4, units=8)
        >>> model(tf.constant([[1, 5, 2, 0]])).shape
        TensorShape([1, 4, 10])

    Source:
        Mikolov et al. 2010; Ivanov, "Recurrent neural nets" and "Word embeddings" ("learned end-to-end").
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        embedding_size: int = 16,
        units: int = 32,
        cell: str = "lstm",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = positive_int(vocabulary_size, "vocabulary_size")
        if vocabulary_size < 4:
            raise ArgumentError(
                "a vocabulary has padding, start, end and a word",
                expected="vocabulary_size ≥ 4",
                received=f"vocabulary_size={vocabulary_size}",
            )
        self.embedding_size = positive_int(embedding_size, "embedding_size")
        self.units = positive_int(units, "units")
        self.cell, self.seed = one_of(cell, CELLS, "cell"), seed
        seeds = [None] * 3 if seed is None else [seed + step for step in (10, 20, 30)]
        self.embedding = keras.layers.Embedding(
            vocabulary_size,
            embedding_size,
            keras.initializers.RandomUniform(seed=seeds[0]),
            dtype=self.dtype_policy,
        )
        # No mask: what follows the end cannot reach what came before it, and has no part in the loss.
        self.recurrent = keras.layers.RNN(
            recurrent_cell(cell, units, seeds[1], dtype=self.dtype_policy),
            return_sequences=True,
            return_state=True,
            dtype=self.dtype_policy,
        )
        self.readout = keras.layers.Dense(
            vocabulary_size,
            kernel_initializer=keras.initializers.GlorotUniform(seeds[2]),
            dtype=self.dtype_policy,
        )
        self.generator = keras.random.SeedGenerator(seed)
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def build(self, input_shape: Any) -> None:
        """Builds the three layers.

        Args:
            input_shape: (batch, time).
        """
        if len(input_shape) != 2:
            raise ShapeError("tokens stand in rows", expected="(batch, time)", received=tuple(input_shape))
        self.embedding.build(tuple(input_shape))
        self.recurrent.build((*input_shape, self.embedding_size))
        self.readout.build((*input_shape, self.units))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Logits of the next token at every place."""
        return self._step(inputs, None)[0]

    def _step(self, tokens: tf.Tensor, states: list[tf.Tensor] | None) -> tuple[tf.Tensor, list[tf.Tensor]]:
        hidden, *states = self.recurrent(self.embedding(tokens), initial_state=states)
        return tf.cast(self.readout(hidden), tf.float32), states

    def token_log_prob(self, tokens: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """The log p(x_t | x_<t) of all tokens but the first, and which of them count.

        Args:
            tokens: integers, shape (batch, time): start, words, end, padding.

        Returns:
            Nats, float32, and 1 or 0, float32; shape (batch, time − 1) each. Where a place does not count,
            the log probability is 0.

        Raises:
            ShapeError: not rows of at least two tokens.
        """
        tokens = tf.convert_to_tensor(tokens)
        if tokens.shape.rank != 2 or (tokens.shape[1] is not None and tokens.shape[1] < 2):
            raise ShapeError(
                "a row has a start and a token after it", expected="(batch, time ≥ 2)", received=tokens.shape
            )
        following = tokens[:, 1:]
        nats = -tf.nn.sparse_softmax_cross_entropy_with_logits(following, self(tokens[:, :-1]))
        counts = tf.cast(following != PAD, tf.float32)
        return nats * counts, counts

    def log_prob(self, tokens: Any, batch_size: int = 1024) -> np.ndarray:
        """Log probability of each sentence.

        Args:
            tokens: integers, shape (n, time): start, words, end, padding.
            batch_size: rows at a time, ≥ 1.

        Returns:
            Nats, float64, shape (n,).
        """
        tokens = token_rows(tokens, self.vocabulary_size)
        step = positive_int(batch_size, "batch_size")
        parts = [self.token_log_prob(tokens[at : at + step])[0].numpy() for at in range(0, len(tokens), step)]
        return np.concatenate(parts).astype(np.float64).sum(axis=1)

    def perplexity(self, tokens: Any) -> float:
        """The exponential of the mean of −log p(x_t | x_<t) over words and ends.

        On sentences of a known source its expectation is at least exp of the source's entropy a token.

        Args:
            tokens: as for :meth:`log_prob`.
        """
        tokens = token_rows(tokens, self.vocabulary_size)
        return float(np.exp(-self.log_prob(tokens).sum() / np.count_nonzero(tokens[:, 1:])))

    def sample(self, count: int, length: int, temperature: float = 1.0) -> np.ndarray:
        """Sentences drawn from the model.

        Args:
            count: ≥ 1.
            length: of a row, start and end included, ≥ 2; a sentence that has not ended there is cut.
            temperature: the logits are divided by it, > 0; below 1 for more probable words.

        Returns:
            Tokens of shape (count, length), int32: start, words, end, padding. Padding and start are never
            drawn as words.

        Raises:
            ArgumentError: an argument is outside its range.
        """
        if positive_int(length, "length") < 2:
            raise ArgumentError(
                "there is place for the end", expected="length ≥ 2", received=f"length={length}"
            )
        positive_float(temperature, "temperature")
        drawn = np.full((positive_int(count, "count"), length), PAD, np.int32)
        drawn[:, 0] = START
        states, running = None, np.ones(count, bool)
        for time in range(1, length):
            logits, states = self._step(tf.constant(drawn[:, time - 1 : time]), states)
            probabilities = _softmax_of_words(logits[:, 0].numpy().astype(np.float64) / temperature)
            noise = uniform(self.generator, [count, 1]).numpy().astype(np.float64)
            sums = np.cumsum(probabilities, axis=1)
            # The last sum may round to less than the noise.
            chosen = np.minimum((sums < noise).sum(axis=1), self.vocabulary_size - 1)
            drawn[:, time] = np.where(running, chosen, PAD)
            running &= chosen != END
            if not running.any():
                break
        return drawn

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.fit``, for rows of tokens without targets.

        Raises:
            ShapeError, DtypeError, ArgumentError: an array does not hold rows of tokens.
        """
        if isinstance(x, np.ndarray | list):
            x = token_rows(x, self.vocabulary_size)
        return super().fit(x, *args, **kwargs)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``fit``."""
        tokens, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            nats, counts = self.token_log_prob(tokens)
            total = tf.reduce_sum(counts)
            loss = -tf.reduce_sum(nats) / total
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        return self._report(loss, total)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``evaluate``."""
        tokens, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        nats, counts = self.token_log_prob(tokens)
        return self._report(-tf.reduce_sum(nats) / tf.reduce_sum(counts), tf.reduce_sum(counts))

    def _report(self, loss: tf.Tensor, tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        # Weighted: batches hold different numbers of tokens; exp of the result is the corpus's perplexity.
        self.loss_tracker.update_state(loss, sample_weight=tokens)
        return {"loss": self.loss_tracker.result()}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Nats a token."""
        return [self.loss_tracker]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("vocabulary_size", "embedding_size", "units", "cell", "seed")
        return super().get_config() | {name: getattr(self, name) for name in names}


def _softmax_of_words(logits: np.ndarray) -> np.ndarray:
    logits[:, [PAD, START]] = -np.inf
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
