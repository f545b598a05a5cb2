"""A head for independent Bernoulli variables."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.layers.distribution_head import DistributionHead
from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class BernoulliHead(DistributionHead):
    """Outputs the parameters of independent Bernoulli variables.

    ::

        y_d ~ Bernoulli(sigmoid(params_d))

    Args:
        event_size: d, entries of one event, ≥ 1.
        kwargs: as for :class:`DistributionHead`.

    Call arguments:
        inputs: features, shape (batch, ..., features).

    Output shape:
        (batch, ..., params_size) with params_size = event_size.

    Example:
        >>> head = BernoulliHead(2)
        >>> head.distribution(head(tf.ones([4, 5]))).event_shape
        TensorShape([2])

    Source:
        Kingma & Welling 2014, appendix C.1, the decoder of binary images.
    """

    def __init__(self, event_size: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.event_size = positive_int(event_size, "event_size")

    @property
    def params_size(self) -> int:
        """event_size."""
        return self.event_size

    def make_distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """``tfd.Independent(tfd.Bernoulli)``, event shape (event_size,)."""
        # Logits, not probabilities: log p stays finite where the sigmoid rounds to 0 or 1.
        bernoulli = tfd.Bernoulli(logits=params, dtype=params.dtype)
        return tfd.Independent(bernoulli, reinterpreted_batch_ndims=1)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "event_size": self.event_size}
