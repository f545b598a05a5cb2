"""A head for independent Gaussians with their own means and stds."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.layers.distribution_head import DistributionHead
from course.layers.positive import positive
from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class NormalHead(DistributionHead):
    """Outputs the parameters of independent Gaussians with their own means and stds.

    ::

        y_d ~ N(loc_d, scale_d²),   params = [loc, rho],   scale = softplus(rho) + 1e-5

    Args:
        event_size: d, entries of one event, ≥ 1.
        kwargs: as for :class:`DistributionHead`.

    Call arguments:
        inputs: features, shape (batch, ..., features).

    Output shape:
        (batch, ..., params_size) with params_size = 2·event_size.

    Example:
        >>> head = NormalHead(2)
        >>> head.distribution(head(tf.ones([4, 5]))).event_shape
        TensorShape([2])

    Source:
        Nix & Weigend 1994, for the learned variance.
    """

    def __init__(self, event_size: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.event_size = positive_int(event_size, "event_size")

    @property
    def params_size(self) -> int:
        """2·event_size."""
        return 2 * self.event_size

    def make_distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """``tfd.Independent(tfd.Normal)``, event shape (event_size,)."""
        loc, rho = tf.split(params, 2, axis=-1)
        return tfd.Independent(tfd.Normal(loc, positive(rho)), reinterpreted_batch_ndims=1)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "event_size": self.event_size}
