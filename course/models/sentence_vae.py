"""A variational autoencoder of sentences."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.data.vocabulary import END, PAD, START
from course.distributions import diagonal_gaussian_kl
from course.errors import ArgumentError, DtypeError, ShapeError
from course.inference.elbo import ElboTerms
from course.layers.gaussian_sampling import gaussian_sampling
from course.layers.noise import standard_normal, uniform
from course.models.base import CourseModel
from course.models.standard_latent import bound_of_many, latent_noise, log_prior_over_posterior
from course.validation import positive_int

# Start and padding are never written; a finite number, since 0·(−∞) is NaN in gradients.
_NEVER = -1e9


@keras.saving.register_keras_serializable(package="course")
class SentenceVAE(CourseModel):
    """Sentences from a continuous space: an LSTM on either side of a Gaussian latent.

    ::

        z ~ N(0, I),   x_t | z, x_<t ~ Categorical(softmax(W h_t)),   h = LSTM([embedding(x_{t−1}), z])
        q(z|x) = N(mean, exp(log_var)),   from the last state of an LSTM over x
        loss = −mean over the batch of  Σ_t log p(x_t|z, x_<t) − β·KL(q(z|x) ‖ N(0, I))

    An LSTM can do without z, and then the KL falls to 0: *posterior collapse*. Two remedies are here: β, a
    variable that :class:`course.training.KLAnnealing` moves, and word dropout, which hides words from the
    decoder during training, so that it has to ask z. ``fit(tokens)`` takes rows of
    :class:`course.data.Vocabulary`: start, words, end, padding.

    Args:
        vocabulary_size: V ≥ 4, the three special tokens included.
        latent_size: d ≥ 1.
        embedding_size: of a word, ≥ 1.
        units: of both LSTMs, ≥ 1.
        beta: weight of the KL in the loss, ≥ 0; 1 makes the loss a bound.
        word_dropout: probability that a word the decoder reads is hidden in training, in [0, 1].
        seed: of the noise; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, time), integers.
        training: hides words.
        sample: whether z is drawn; otherwise the posterior mean is decoded. The default.

    Output shape:
        (batch, time − 1, V): logits of the tokens after the start, float32.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: the inputs are not rows of tokens.
        DtypeError: the inputs are not integers.

    Example:
        >>> model = SentenceVAE(10, latent_size=2, embedding_size=3, units=4)
        >>> model(tf.constant([[1, 5, 2, 0], [1, 4, 6, 2]])).shape
        TensorShape([2, 3, 10])

    Source:
        Bowman et al. 2016, "Generating Sentences from a Continuous Space", section 3; Aziz, "Example".
    """

    def __init__(
        self,
        vocabulary_size: int,
        latent_size: int = 8,
        embedding_size: int = 32,
        units: int = 64,
        *,
        beta: float = 1.0,
        word_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = positive_int(vocabulary_size, "vocabulary_size")
        if vocabulary_size <= END + 1:
            raise ArgumentError(
                "there is a word beside padding, start and end", expected="≥ 4", received=vocabulary_size
            )
        self.latent_size = positive_int(latent_size, "latent_size")
        self.embedding_size = positive_int(embedding_size, "embedding_size")
        self.units, self.seed = positive_int(units, "units"), seed
        for name, value, top in (("beta", beta, float("inf")), ("word_dropout", word_dropout, 1.0)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= top:
                raise ArgumentError(
                    f"`{name}` is in its range", expected=f"0 to {top:g}", received=f"{name}={value!r}"
                )
        self.word_dropout = float(word_dropout)
        # A variable: annealing reaches a compiled step.
        self.beta = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(beta),
            trainable=False,
            name="beta",
            dtype="float32",
        )
        own = self.dtype_policy
        # One row more than the vocabulary: what the decoder reads in place of a hidden word.
        self.embedding = keras.layers.Embedding(vocabulary_size + 1, embedding_size, dtype=own)
        self.encoder = keras.layers.LSTM(units, dtype=own)
        self.posterior = keras.layers.Dense(2 * latent_size, dtype=own)
        self.first_state = keras.layers.Dense(2 * units, activation="tanh", dtype=own)
        self.decoder = keras.layers.LSTM(units, return_sequences=True, dtype=own)
        self.output_map = keras.layers.Dense(vocabulary_size, dtype=own)
        self.noise = keras.random.SeedGenerator(seed)
        self.log_likelihood_tracker = keras.metrics.Mean(name="log_likelihood")
        self.kl_tracker = keras.metrics.Mean(name="kl")

    def build(self, input_shape: Any) -> None:
        """Builds the layers.

        Args:
            input_shape: (batch, time).
        """
        if len(input_shape) != 2:
            raise ShapeError("tokens stand in rows", expected="(batch, time)", received=tuple(input_shape))
        self.embedding.build(tuple(input_shape))
        self.encoder.build((None, None, self.embedding_size))
        self.posterior.build((None, self.units))
        self.first_state.build((None, self.latent_size))
        self.decoder.build((None, None, self.embedding_size + self.latent_size))
        self.output_map.build((None, None, self.units))
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool = False, sample: bool = False) -> tf.Tensor:
        """Logits of the tokens after the start, each given those before it and z."""
        mean, log_var = self.encode(inputs)
        if sample:
            mean = gaussian_sampling(mean, log_var, standard_normal(self.noise, tf.shape(mean), tf.float32))
        return self.decode(mean, inputs[:, :-1], training=training)

    def encode(self, tokens: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log variance of q(z|x), float32, shape (batch, latent_size) each.

        Args:
            tokens: shape (batch, time).
        """
        tokens = self._checked(tokens)
        last = self.encoder(self.embedding(tokens), mask=tokens != PAD)
        mean, log_var = tf.split(tf.cast(self.posterior(last), tf.float32), 2, axis=-1)
        return mean, log_var

    def decode(self, z: tf.Tensor, tokens: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Logits of the token after each given one.

        Args:
            z: shape (n, latent_size).
            tokens: read by the decoder, shape (n, time), start first.
            training: hides words.

        Returns:
            Shape (n, time, V), float32.
        """
        tokens = self._checked(tokens)
        if training and self.word_dropout:
            hidden = uniform(self.noise, tf.shape(tokens)) < self.word_dropout
            tokens = tf.where(hidden & (tokens != START), self.vocabulary_size, tokens)
        words = self.embedding(tokens)
        z = tf.cast(z, words.dtype)
        if z.shape.rank != 2 or z.shape[-1] != self.latent_size:
            raise ShapeError(
                "latents have the shape (n, latent_size)",
                expected=f"(n, {self.latent_size})",
                received=tuple(z.shape),
            )
        repeated = tf.repeat(z[:, None], tf.shape(tokens)[1], axis=1)
        state = tf.split(self.first_state(z), 2, axis=-1)
        hidden_states = self.decoder(tf.concat([words, repeated], axis=-1), initial_state=state)
        logits = tf.cast(self.output_map(hidden_states), tf.float32)
        never = tf.one_hot([PAD, START], self.vocabulary_size, on_value=_NEVER, off_value=0.0)
        return logits + tf.reduce_sum(never, axis=0)

    def log_prob_given(self, tokens: tf.Tensor, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The log-likelihood log p(x|z) of sentences, nats.

        Args:
            tokens: shape (batch, time).
            z: shape (draws, batch, latent_size).
            training: hides words from the decoder.

        Returns:
            Shape (draws, batch); padding counts nothing.
        """
        tokens, draws = self._checked(tokens), tf.shape(z)[0]
        rows = tf.tile(tokens, [draws, 1])
        logits = self.decode(tf.reshape(z, [-1, self.latent_size]), rows[:, :-1], training)
        targets = rows[:, 1:]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        written = tf.reduce_sum(tf.where(targets != PAD, -losses, 0.0), axis=1)
        return tf.reshape(written, [draws, -1])

    def elbo_terms(
        self, tokens: tf.Tensor, eps: tf.Tensor | None = None, training: bool = False
    ) -> ElboTerms:
        """Both terms of the ELBO of each sentence, without β.

        Args:
            tokens: shape (batch, time).
            eps: standard normal noise, shape (draws, batch, latent_size); None draws it once.
            training: hides words: then the first term is none of the model that reads them all.

        Returns:
            Terms of shape (batch,), nats.
        """
        mean, log_var = self.encode(tokens)
        z = gaussian_sampling(mean, log_var, latent_noise(self.noise, mean, eps))
        expected = tf.reduce_mean(self.log_prob_given(tokens, z, training), axis=0)
        return ElboTerms(expected, diagonal_gaussian_kl(mean, log_var))

    def log_weights(self, tokens: tf.Tensor, eps: tf.Tensor | None = None) -> tf.Tensor:
        """Log importance weights log p(x|z) + log p(z) − log q(z|x), nats, shape (draws, batch).

        Args:
            tokens: shape (batch, time).
            eps: as for :meth:`elbo_terms`.
        """
        mean, log_var = self.encode(tokens)
        eps = latent_noise(self.noise, mean, eps)
        z = gaussian_sampling(mean, log_var, eps)
        return self.log_prob_given(tokens, z) + log_prior_over_posterior(z, eps, log_var)

    def log_likelihood_bound(self, tokens: Any, draws: int = 16, batch_size: int = 512) -> np.ndarray:
        """The importance-weighted bound on log p(x) of each sentence.

        Args:
            tokens: shape (n, time).
            draws: k ≥ 1; the bound rises with it.
            batch_size: sentences at a time, ≥ 1.

        Returns:
            Nats, float64, shape (n,).

        Source:
            Burda, Grosse & Salakhutdinov 2016, eq. (8).
        """
        return bound_of_many(
            self.log_weights,
            np.asarray(tokens),
            self.noise,
            latent_size=self.latent_size,
            draws=draws,
            batch_size=batch_size,
        )

    def generate(self, z: Any, length: int, *, greedy: bool = True) -> np.ndarray:
        """Sentences of given latents, word by word.

        Args:
            z: shape (n, latent_size).
            length: of a row, start and end included, ≥ 2; a sentence that has not ended by then is cut.
            greedy: the most probable word each time; otherwise a draw.

        Returns:
            Tokens, shape (n, length), int32: start, words, end, padding.
        """
        z = tf.convert_to_tensor(z, tf.float32)
        rows = np.full((len(z), max(2, positive_int(length, "length"))), PAD, np.int32)
        rows[:, 0] = START
        going = np.ones(len(rows), bool)
        for time in range(1, rows.shape[1]):
            # Every prefix anew: simple, and sentences are short.
            logits = self.decode(z, rows[:, :time])[:, -1]
            if not greedy:
                # Gumbel's maximum is a draw of the categorical law.
                logits -= tf.math.log(-tf.math.log(uniform(self.noise, tf.shape(logits))))
            rows[:, time] = np.where(going, tf.argmax(logits, axis=-1).numpy(), PAD)
            going &= rows[:, time] != END
        return rows

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tf.Tensor:
        """Minus the mean log-likelihood, plus β times the mean KL, nats a sentence."""
        del y, y_pred, sample_weight
        terms = self.elbo_terms(x, training=training)
        likelihood, kl = tf.reduce_mean(terms.expected_log_likelihood), tf.reduce_mean(terms.kl_to_prior)
        self.log_likelihood_tracker.update_state(likelihood)
        self.kl_tracker.update_state(kl)
        return tf.convert_to_tensor(self.beta) * kl - likelihood + sum(self.losses)

    def _checked(self, tokens: Any) -> tf.Tensor:
        tokens = tf.convert_to_tensor(tokens)
        if tokens.shape.rank != 2:
            raise ShapeError("tokens stand in rows", expected="(n, time)", received=tuple(tokens.shape))
        if not tokens.dtype.is_integer:
            raise DtypeError("tokens are integers", expected="int32", received=tokens.dtype.name)
        if tf.executing_eagerly() and tf.size(tokens):
            low, high = int(tf.reduce_min(tokens)), int(tf.reduce_max(tokens))
            # An embedding on a GPU gives zeros for what it does not know, without a word.
            if low < 0 or high >= self.vocabulary_size:
                raise ArgumentError(
                    "every token is in the vocabulary",
                    expected=f"0 to {self.vocabulary_size - 1}",
                    received=f"{low} to {high}",
                )
        return tf.cast(tokens, tf.int32)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "latent_size": self.latent_size,
            "embedding_size": self.embedding_size,
            "units": self.units,
            "beta": float(tf.convert_to_tensor(self.beta)),
            "word_dropout": self.word_dropout,
            "seed": self.seed,
        }
