"""Skip-gram with negative sampling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.data.word_vectors import WordVectors
from course.errors import ArgumentError, DtypeError, ShapeError
from course.layers.noise import uniform
from course.models.base import CourseModel
from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class SkipGram(CourseModel):
    r"""Word vectors that tell a word's contexts from words drawn at random (word2vec).

    ::

        loss = −mean over pairs (w, c) of  log σ(u_w·v_c) + Σ_{j=1..k} log σ(−u_w·v_{c_j}),   c_j ~ noise

    With as many dimensions as it needs, the optimum is u_w·v_c = log p(w, c)/(p(w) q(c)) − log k for noise q:
    with words' own frequencies as noise, the pointwise mutual information less log k.

    ``fit(pairs)`` takes (word, context) rows, as :func:`course.data.skip_gram_pairs` makes them. New noise is
    drawn in every step.

    Args:
        noise: q, by token: weights ≥ 0, not all 0; they are divided by their sum. word2vec takes counts^0.75.
        dimension: of the vectors, ≥ 1.
        negatives: k ≥ 1.
        seed: of initial vectors and of noise; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: (word, context) pairs, integers of shape (batch, 2).

    Output shape:
        (batch,), float32: u_w·v_c, the logit of "a pair of the corpus, not of noise".

    Raises:
        ArgumentError: an argument is outside its range, or a token is unknown.
        ShapeError, DtypeError: inputs are not pairs of integers.

    Example:
        >>> model = SkipGram([5, 3, 2], dimension=4)
        >>> model(tf.constant([[0, 1], [2, 2]])).shape
        TensorShape([2])

    Source:
        Mikolov et al. 2013, "Distributed Representations of Words and Phrases", eq. (4); Levy & Goldberg
        2014, eq. (7) and (11), for the optimum; Ivanov, "Word embeddings".
    """

    def __init__(
        self,
        noise: Sequence[float] | np.ndarray,
        *,
        dimension: int = 16,
        negatives: int = 5,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        weights = np.asarray(noise, np.float64)
        if weights.ndim != 1 or not weights.size:
            raise ShapeError(
                "noise has a weight for each token", expected="(tokens,)", received=weights.shape
            )
        if not np.isfinite(weights).all() or weights.min() < 0 or weights.sum() <= 0:
            raise ArgumentError(
                "noise weights are finite, not negative, and not all 0", received=weights.tolist()[:10]
            )
        self.noise = tuple(weights.tolist())
        self.noise_law = weights / weights.sum()
        self.noise_sums = tf.constant(np.cumsum(self.noise_law)[:-1], tf.float32)
        self.dimension = positive_int(dimension, "dimension")
        self.negatives, self.seed = positive_int(negatives, "negatives"), seed
        seeds = (None, None) if seed is None else (seed, seed + 1)
        # Both tables random: zero contexts, word2vec's start, give words no gradient in the first step.
        self.words, self.contexts = (
            keras.layers.Embedding(
                len(weights),
                dimension,
                keras.initializers.RandomNormal(stddev=0.1, seed=one),
                dtype=self.dtype_policy,
            )
            for one in seeds
        )
        self.generator = keras.random.SeedGenerator(seed)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        # Nothing of its shapes is unknown.
        self.build((None, 2))

    def build(self, input_shape: Any) -> None:
        """Makes both tables.

        Args:
            input_shape: (batch, 2).
        """
        if len(input_shape) != 2 or input_shape[-1] != 2:
            raise ShapeError(
                "a row is a word and its context", expected="(batch, 2)", received=tuple(input_shape)
            )
        for table in (self.words, self.contexts):
            table.build((input_shape[0],))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The logit of each pair."""
        return self._logits(inputs[:, 0], inputs[:, 1:])[:, 0]

    def _logits(self, words: tf.Tensor, contexts: tf.Tensor) -> tf.Tensor:
        """u_w·v_c for (batch,) words and (batch, n) contexts each."""
        u, v = self.words(words), self.contexts(contexts)
        return tf.reduce_sum(tf.cast(u[:, None] * v, tf.float32), axis=-1)

    def batch_loss(self, pairs: tf.Tensor) -> tf.Tensor:
        """The loss of a batch with new noise, a scalar."""
        drawn = uniform(self.generator, [tf.shape(pairs)[0], self.negatives])
        # Inverse of the distribution function.
        noise = tf.searchsorted(self.noise_sums, tf.reshape(drawn, [-1]), side="right")
        contexts = tf.concat([pairs[:, 1:], tf.reshape(noise, tf.shape(drawn))], axis=1)
        logits = self._logits(pairs[:, 0], contexts)
        right = tf.nn.softplus(-logits[:, 0])
        return tf.reduce_mean(right + tf.reduce_sum(tf.nn.softplus(logits[:, 1:]), axis=1))

    def expected_loss(self, pair_law: Any) -> tf.Tensor:
        """The loss in expectation over pairs and noise, for a known law of pairs.

        Args:
            pair_law: p(w, c), shape (tokens, tokens).

        Returns:
            A scalar that can be differentiated.

        Raises:
            ShapeError: the law has another shape.

        Source:
            Levy & Goldberg 2014, eq. (4) to (6).
        """
        size = len(self.noise_law)
        law = np.asarray(pair_law, np.float64)
        if law.shape != (size, size):
            raise ShapeError("a law of pairs is a square", expected=(size, size), received=law.shape)
        logits = tf.matmul(self.words.embeddings, self.contexts.embeddings, transpose_b=True)
        by_chance = np.outer(law.sum(axis=1), self.noise_law)
        positive = tf.cast(law, logits.dtype) * tf.nn.softplus(-logits)
        negative = tf.cast(self.negatives * by_chance, logits.dtype) * tf.nn.softplus(logits)
        return tf.reduce_sum(positive + negative)

    def logits_table(self) -> np.ndarray:
        """u_w·v_c of all pairs, float64, shape (tokens, tokens)."""
        u, v = (table.embeddings.numpy().astype(np.float64) for table in (self.words, self.contexts))
        return u @ v.T

    def word_vectors(self, words: Sequence[str]) -> WordVectors:
        """The vectors u under their words' names.

        Args:
            words: by token.

        Raises:
            ShapeError: not one name a token.
        """
        return WordVectors(words, self.words.embeddings.numpy())

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.fit``, for pairs without targets.

        Raises:
            ShapeError, DtypeError, ArgumentError: an array does not hold pairs of tokens.
        """
        if isinstance(x, np.ndarray):
            size = len(self.noise_law)
            if x.ndim != 2 or x.shape[1] != 2 or not len(x):
                raise ShapeError("a row is a word and its context", expected="(n ≥ 1, 2)", received=x.shape)
            if not np.issubdtype(x.dtype, np.integer):
                raise DtypeError("tokens are integers", received=x.dtype)
            if x.min() < 0 or x.max() >= size:
                raise ArgumentError(
                    "every token has noise weight and vectors",
                    expected=f"0 to {size - 1}",
                    received=f"{x.min()} to {x.max()}",
                )
        return super().fit(x, *args, **kwargs)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``fit``."""
        pairs, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = self.batch_loss(pairs)
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of ``evaluate``."""
        pairs, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        self.loss_tracker.update_state(self.batch_loss(pairs))
        return {"loss": self.loss_tracker.result()}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The loss, nats a pair."""
        return [self.loss_tracker]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return super().get_config() | {
            "noise": list(self.noise),
            "dimension": self.dimension,
            "negatives": self.negatives,
            "seed": self.seed,
        }
