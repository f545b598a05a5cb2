"""The Gaussian prior."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.posterior import Parameters, Variables
from course.distributions.prior import Prior
from course.validation import finite_float, positive_float


@keras.saving.register_keras_serializable(package="course")
class Normal(Prior):
    """p(w) = Π_i N(w_i; mean, std²).

    Args:
        mean: any finite number.
        std: standard deviation, > 0.

    Raises:
        ArgumentError: ``std`` is not positive.

    Example:
        >>> Normal(std=0.5).get_config()
        {'mean': 0.0, 'std': 0.5}
    """

    def __init__(self, mean: float = 0.0, std: float = 1.0) -> None:
        self.mean = finite_float(mean, "mean")
        self.std = positive_float(std, "std")

    def parameters(self, variables: Variables, dtype: tf.DType) -> Parameters:
        """``mean`` and ``std``, scalars."""
        del variables
        return {"mean": tf.constant(self.mean, dtype), "std": tf.constant(self.std, dtype)}

    def distribution(self, parameters: Parameters) -> tfd.Distribution:
        """``tfd.Normal``."""
        return tfd.Normal(parameters["mean"], parameters["std"])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"mean": self.mean, "std": self.std}
