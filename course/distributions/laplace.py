"""The Laplace prior."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.posterior import Parameters, Variables
from course.distributions.prior import Prior
from course.validation import finite_float, positive_float


@keras.saving.register_keras_serializable(package="course")
class Laplace(Prior):
    """p(w) = Π_i exp(−|w_i − loc| / scale) / (2·scale), which favours sparse weights.

    Args:
        loc: any finite number.
        scale: mean absolute deviation, > 0; the standard deviation is √2·scale.

    Raises:
        ArgumentError: ``scale`` is not positive.

    Example:
        >>> Laplace(scale=0.5).get_config()
        {'loc': 0.0, 'scale': 0.5}
    """

    def __init__(self, loc: float = 0.0, scale: float = 1.0) -> None:
        self.loc = finite_float(loc, "loc")
        self.scale = positive_float(scale, "scale")

    def parameters(self, variables: Variables, dtype: tf.DType) -> Parameters:
        """``loc`` and ``scale``, scalars."""
        del variables
        return {"loc": tf.constant(self.loc, dtype), "scale": tf.constant(self.scale, dtype)}

    def distribution(self, parameters: Parameters) -> tfd.Distribution:
        """``tfd.Laplace``."""
        return tfd.Laplace(parameters["loc"], parameters["scale"])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"loc": self.loc, "scale": self.scale}
