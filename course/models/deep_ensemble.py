"""Several networks of one architecture, trained apart and averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError
from course.models.base import CourseModel


@keras.saving.register_keras_serializable(package="course")
class DeepEnsemble(CourseModel):
    """Classifiers from different random starts, whose probabilities are averaged.

    ::

        p(y|x) = (1/M) Σ_m softmax(f_m(x))_y

    ``fit`` trains all members side by side, each on its own loss: the loss is the members' mean, so that each
    gets the gradient it would get alone, and an optimiser that treats weights apart (all of Keras' but those
    that clip a global norm) trains it as if it were.

    Args:
        members: M ≥ 2 layers or models from inputs to logits (batch, classes), no two the same object.
        kwargs: name, dtype and trainable.

    Call arguments:
        inputs: what the members take.

    Output shape:
        (batch, M, classes): every member's logits.

    Raises:
        ArgumentError: there are fewer than two members, or one stands there twice.

    Example:
        >>> ensemble = DeepEnsemble([keras.layers.Dense(3), keras.layers.Dense(3)])
        >>> ensemble(tf.zeros([4, 2])).shape
        TensorShape([4, 2, 3])

    Source:
        Lakshminarayanan, Pritzel & Blundell 2017, algorithm 1 without adversarial training.
    """

    def __init__(self, members: Sequence[keras.layers.Layer], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        found = list(members)
        if len(found) < 2 or len({id(member) for member in found}) < len(found):
            raise ArgumentError(
                "an ensemble has members of its own",
                expected="two different layers or more",
                received=f"{len(found)} members, {len({id(member) for member in found})} different",
                fix="build one from new initial weights for each place",
            )
        self.members = found

    def build(self, input_shape: Any) -> None:
        """Builds the members.

        Args:
            input_shape: of the inputs.
        """
        for member in self.members:
            if not member.built:
                member.build(input_shape)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Every member's logits, shape (batch, M, classes)."""
        return tf.stack([member(inputs, **self._mode(member, training)) for member in self.members], axis=1)

    def log_probs(self, inputs: Any) -> tf.Tensor:
        """The ensemble's prediction: log of the mean probability, float32, shape (batch, classes).

        Args:
            inputs: what the members take.
        """
        return _average(self(inputs))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tf.Tensor:
        """The mean of the members' losses."""
        parts = [
            super(DeepEnsemble, self).compute_loss(x, y, y_pred[:, member], sample_weight, training)
            for member in range(len(self.members))
        ]
        return tf.add_n(parts) / len(parts)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Metrics of the average's log-probabilities."""
        return super().compute_metrics(x, y, _average(y_pred), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The members, serialised."""
        members = [keras.saving.serialize_keras_object(member) for member in self.members]
        return {**super().get_config(), "members": members}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> DeepEnsemble:
        """The ensemble that :meth:`get_config` described."""
        config = dict(config)
        config["members"] = [
            keras.saving.deserialize_keras_object(member, custom_objects=custom_objects)
            for member in config["members"]
        ]
        return cls(**config)

    @staticmethod
    def _mode(member: keras.layers.Layer, training: bool | None) -> dict[str, Any]:
        return {"training": training} if member._call_has_training_arg else {}


def _average(logits: tf.Tensor) -> tf.Tensor:
    log_probs = tf.nn.log_softmax(tf.cast(logits, tf.float32))
    return tf.reduce_logsumexp(log_probs, axis=1) - tf.math.log(tf.cast(tf.shape(logits)[1], tf.float32))
