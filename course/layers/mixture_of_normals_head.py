"""A head for a mixture of diagonal Gaussians."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.layers.distribution_head import DistributionHead
from course.layers.positive import positive
from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class MixtureOfNormalsHead(DistributionHead):
    """Outputs the parameters of a mixture of diagonal Gaussians.

    ::

        p(y) = Σ_k softmax(logits)_k Π_d N(y_d; loc_kd, scale_kd²),   params = [logits, loc, rho]

    Args:
        num_components: K, ≥ 1.
        event_size: d, entries of one event, ≥ 1.
        kwargs: as for :class:`DistributionHead`.

    Call arguments:
        inputs: features, shape (batch, ..., features).

    Output shape:
        (batch, ..., params_size) with params_size = num_components·(1 + 2·event_size).

    Example:
        >>> head = MixtureOfNormalsHead(3, 2)
        >>> head.distribution(head(tf.ones([4, 5]))).event_shape
        TensorShape([2])

    Source:
        Bishop 1994, eqs. (22) to (25), the mixture density network; its stds are exp(rho) there.
    """

    def __init__(self, num_components: int, event_size: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_components = positive_int(num_components, "num_components")
        self.event_size = positive_int(event_size, "event_size")

    @property
    def params_size(self) -> int:
        """num_components·(1 + 2·event_size)."""
        return self.num_components * (1 + 2 * self.event_size)

    def make_distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """``tfd.MixtureSameFamily``, event shape (event_size,)."""
        components = [self.num_components, self.event_size]
        block = self.num_components * self.event_size
        logits, loc, rho = tf.split(params, [self.num_components, block, block], axis=-1)
        shape = tf.concat([tf.shape(params)[:-1], components], axis=0)
        static = params.shape[:-1] + components
        loc, scale = (tf.ensure_shape(tf.reshape(values, shape), static) for values in (loc, positive(rho)))
        normal = tfd.Independent(tfd.Normal(loc, scale), reinterpreted_batch_ndims=1)
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), normal)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "num_components": self.num_components, "event_size": self.event_size}
