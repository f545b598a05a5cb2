"""A head for a Gaussian with full covariance."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

from course.layers.distribution_head import DistributionHead
from course.layers.positive import SCALE_FLOOR
from course.validation import positive_int


@keras.saving.register_keras_serializable(package="course")
class MultivariateNormalTriLHead(DistributionHead):
    """Outputs the parameters of a Gaussian with full covariance.

    ::

        y ~ N(loc, L·Lᵀ),   params = [loc, entries of L],   diag(L) = softplus(·) + 1e-5

    Args:
        event_size: d, entries of one event, ≥ 1.
        kwargs: as for :class:`DistributionHead`.

    Call arguments:
        inputs: features, shape (batch, ..., features).

    Output shape:
        (batch, ..., params_size) with params_size = event_size + event_size·(event_size + 1)/2.

    Example:
        >>> head = MultivariateNormalTriLHead(2)
        >>> head.distribution(head(tf.ones([4, 5]))).event_shape
        TensorShape([2])

    Source:
        Williams 1996, for the Cholesky parameterisation; the order of entries is that of TFP's
        FillTriangular.
    """

    def __init__(self, event_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.event_size = positive_int(event_size, "event_size")

    @property
    def params_size(self) -> int:
        """event_size + event_size·(event_size + 1)/2."""
        return self.event_size + self.event_size * (self.event_size + 1) // 2

    def make_distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """``tfd.MultivariateNormalTriL``, event shape (event_size,)."""
        loc, entries = params[..., : self.event_size], params[..., self.event_size :]
        floor = tf.constant(SCALE_FLOOR, params.dtype)
        fill = tfb.FillScaleTriL(diag_bijector=tfb.Softplus(), diag_shift=floor)
        return tfd.MultivariateNormalTriL(loc, scale_tril=fill.forward(entries))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "event_size": self.event_size}
