"""Hard attention: a network chooses where to look, and learns from what it saw there."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.estimators import CategoricalLaw, Enumeration, Estimator, ScoreFunction
from course.models.base import CourseModel
from course.validation import one_of, positive_int

ESTIMATORS = ("exact", "score_function", "leave_one_out")


@keras.saving.register_keras_serializable(package="course")
class HardAttention(CourseModel):
    """A classifier that sees one of the K parts of its input, and chooses which.

    ::

        s ~ p(s|x; location) = softmax(location(x))        one part of K
        f(s) = −log p(y | part s of x, s; classifier)
        ∇ E_s f = E_s[f(s) ∇ log p(s|x)] + E_s[∇ f(s)]

    The location network sees the whole input, the classifier only the chosen part, with a one-hot vector that
    says which it is. The loss is E_s f. A location network that can tell the class tells it by its choice:
    give it less to see, or fewer weights, than that takes.

    Args:
        location: layer or model from (batch, K, features) to (batch, K) logits.
        classifier: from (batch, features + K) to (batch, classes) logits.
        parts: K ≥ 2.
        estimator: of the gradient in the location network. ``"exact"`` sums over all K parts,
            ``"score_function"`` draws, ``"leave_one_out"`` draws with the other draws' mean as a baseline.
        draws: of s an example, ≥ 1; ≥ 2 with ``"leave_one_out"``; 1 with ``"exact"``, which draws none.
        seed: of the draws; None takes a random one.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: shape (batch, K, features).

    Output shape:
        (batch, classes): log Σ_s p(s|x) p(y|x_s), the prediction with the choice summed out.

    Raises:
        ArgumentError: an argument is outside its range.
        ShapeError: the location network does not give K logits.

    Example:
        >>> model = HardAttention(
        ...     keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)]),
        ...     keras.layers.Dense(2), parts=3)
        >>> model(tf.zeros([4, 3, 5])).shape
        TensorShape([4, 2])

    Source:
        Xu et al. 2015, section 4.1; Mnih et al. 2014; Ivanov, "REINFORCE" (hard attention mechanisms).
    """

    def __init__(
        self,
        location: keras.layers.Layer,
        classifier: keras.layers.Layer,
        *,
        parts: int,
        estimator: str = "leave_one_out",
        draws: int = 2,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.location, self.classifier = location, classifier
        self.parts = positive_int(parts, "parts")
        self.estimator = one_of(estimator, ESTIMATORS, "estimator")
        self.draws = positive_int(draws, "draws")
        if self.parts < 2:
            raise ArgumentError(
                "there is something to choose", expected="parts ≥ 2", received=f"parts={parts}"
            )
        if estimator == "leave_one_out" and self.draws < 2:
            raise ArgumentError(
                "the other draws have a mean",
                expected="draws ≥ 2 with estimator='leave_one_out'",
                received=f"draws={draws}",
            )
        self.seed = seed
        self.noise = keras.random.SeedGenerator(seed)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.accuracy_tracker = keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    def build(self, input_shape: Any) -> None:
        """Builds both networks.

        Args:
            input_shape: (batch, K, features).
        """
        batch, parts, features = input_shape
        if parts != self.parts:
            raise ShapeError(
                "the inputs have the parts that the model chooses from",
                where=self.name,
                expected=f"(batch, {self.parts}, features)",
                received=tuple(input_shape),
            )
        if not self.location.built:
            self.location.build((batch, parts, features))
        if not self.classifier.built:
            self.classifier.build((batch, features + parts))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Log-probabilities of the classes, the choice summed out."""
        log_choice = tf.nn.log_softmax(self.location_logits(inputs))
        every = tf.eye(self.parts, batch_shape=[tf.shape(inputs)[0]])
        every = tf.transpose(every, [1, 0, 2])
        log_class = tf.nn.log_softmax(self._classify(inputs, every))
        return tf.reduce_logsumexp(tf.transpose(log_choice)[:, :, None] + log_class, axis=0)

    def location_logits(self, inputs: tf.Tensor) -> tf.Tensor:
        """Logits of the choice, float32, shape (batch, K).

        Args:
            inputs: shape (batch, K, features).

        Raises:
            ShapeError: the location network gives another shape.
        """
        logits = tf.cast(self.location(inputs), tf.float32)
        if logits.shape.rank != 2 or logits.shape[-1] != self.parts:
            raise ShapeError(
                "the location network gives a logit for each part",
                where=self.name,
                expected=f"(batch, {self.parts})",
                received=tuple(logits.shape),
            )
        return logits

    def expected_loss(self, inputs: tf.Tensor, labels: tf.Tensor, seed: Any = None) -> tf.Tensor:
        """E_s f of each example; its gradient is the estimator's.

        Args:
            inputs: shape (batch, K, features).
            labels: integers, shape (batch,).
            seed: of the draws; None takes the next of the model's own.

        Returns:
            Nats, shape (batch,).
        """
        labels = tf.reshape(tf.cast(labels, tf.int32), [-1])

        def f(choice: tf.Tensor) -> tf.Tensor:
            repeated = tf.broadcast_to(labels, tf.shape(choice)[:2])
            logits = self._classify(inputs, choice)
            return tf.nn.sparse_softmax_cross_entropy_with_logits(repeated, logits)

        parameters = {"logits": self.location_logits(inputs)}
        if self.estimator == "exact":
            return Enumeration().loss(f, CategoricalLaw(), parameters)
        estimator: Estimator = ScoreFunction("leave_one_out" if self.estimator == "leave_one_out" else None)
        seed = self.noise.next() if seed is None else seed
        return estimator.loss(f, CategoricalLaw(), parameters, draws=self.draws, seed=tf.cast(seed, tf.int32))

    def _classify(self, inputs: tf.Tensor, choice: tf.Tensor) -> tf.Tensor:
        """Logits for chosen parts: choice (n, batch, K) one-hot to (n, batch, classes)."""
        seen = tf.einsum("nbk,bkf->nbf", tf.cast(choice, inputs.dtype), inputs)
        both = tf.concat([seen, tf.cast(choice, inputs.dtype)], axis=-1)
        flat = tf.reshape(both, [-1, both.shape[-1]])
        logits = tf.cast(self.classifier(flat), tf.float32)
        return tf.reshape(logits, [tf.shape(choice)[0], tf.shape(choice)[1], logits.shape[-1]])

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Reset by Keras at the start of each epoch."""
        return [self.loss_tracker, self.accuracy_tracker]

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step on the expected loss."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.expected_loss(x, y)) + sum(self.losses)  # regularisers
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        return self._report(x, y, loss)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """The expected loss and the accuracy."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self._report(x, y, tf.reduce_mean(self.expected_loss(x, y)))

    def _report(self, x: tf.Tensor, y: tf.Tensor, loss: tf.Tensor) -> dict[str, tf.Tensor]:
        self.loss_tracker.update_state(loss)
        self.accuracy_tracker.update_state(y, self(x))
        return {metric.name: metric.result() for metric in self.metrics}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, the networks serialised."""
        parts = {name: getattr(self, name) for name in ("location", "classifier")}
        return {
            **super().get_config(),
            **{name: keras.saving.serialize_keras_object(part) for name, part in parts.items()},
            "parts": self.parts,
            "estimator": self.estimator,
            "draws": self.draws,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> HardAttention:
        """The model that :meth:`get_config` described."""
        config = dict(config)
        for name in ("location", "classifier"):
            config[name] = keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)
