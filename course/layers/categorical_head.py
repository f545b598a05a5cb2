"""A head for a categorical variable."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.layers.distribution_head import DistributionHead
from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class CategoricalHead(DistributionHead):
    """Outputs the parameters of a categorical variable.

    ::

        y ~ Categorical(softmax(params)),   y in 0, ..., num_classes − 1

    Args:
        num_classes: k, ≥ 1.
        kwargs: as for :class:`DistributionHead`.

    Call arguments:
        inputs: features, shape (batch, ..., features).

    Output shape:
        (batch, ..., params_size) with params_size = num_classes.

    Example:
        >>> head = CategoricalHead(3)
        >>> head.distribution(head(tf.ones([4, 5]))).event_shape
        TensorShape([])

    Source:
        Bishop 2006, section 4.3.4.
    """

    def __init__(self, num_classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_classes = positive_int(num_classes, "num_classes")

    @property
    def params_size(self) -> int:
        """num_classes."""
        return self.num_classes

    def make_distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """``tfd.Categorical``, event shape ()."""
        return tfd.Categorical(logits=params)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "num_classes": self.num_classes}
