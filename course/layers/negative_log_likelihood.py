"""The loss that belongs to the heads."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError
from course.layers.distribution_head import DistributionHead


@keras.saving.register_keras_serializable(package="course")
class NegativeLogLikelihood(keras.losses.Loss):
    """``−log p(y | params)`` for the distribution of a head, averaged over the batch.

    Args:
        head: the model's last layer; only its settings are used.
        name: of the loss.
        kwargs: reduction and dtype as for ``keras.losses.Loss``.

    Raises:
        ArgumentError: ``head`` is not a head.

    Example:
        >>> from course.layers import NormalHead
        >>> loss = NegativeLogLikelihood(NormalHead(1))
        >>> loss(tf.zeros([4, 1]), tf.zeros([4, 2])).shape
        TensorShape([])
    """

    def __init__(self, head: Any, name: str = "negative_log_likelihood", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if isinstance(head, dict):
            head = keras.saving.deserialize_keras_object(head)
        if not isinstance(head, DistributionHead):
            raise ArgumentError(
                "`head` is the layer whose output is the distribution's parameters",
                expected="an object such as NormalHead(1)",
                received=f"head={head!r}",
            )
        # An unbuilt copy: Keras saves what a loss holds, and would store the model's own head in the wrong
        # place.
        self.head = type(head).from_config(head.get_config())

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """−log p(y), one number an example.

        Args:
            y_true: targets, shape (batch, ...) as the distribution's batch and event; a last axis of 1 may be
                missing or left over, as Keras' own losses allow.
            y_pred: the head's output.
        """
        distribution = self.head.distribution(y_pred)
        y = tf.cast(y_true, distribution.dtype)
        rank = len(distribution.batch_shape) + len(distribution.event_shape)
        if len(y.shape) == rank + 1 and y.shape[-1] == 1:
            y = tf.squeeze(y, axis=-1)
        elif len(y.shape) == rank - 1:
            y = y[..., None]
        return -distribution.log_prob(y)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "head": keras.saving.serialize_keras_object(self.head)}
