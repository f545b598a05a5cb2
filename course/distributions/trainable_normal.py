"""The Gaussian prior that is learned."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.posterior import Parameters, Variables
from course.distributions.prior import Prior
from course.validation import finite_float, positive_float


@keras.saving.register_keras_serializable(package="course")
class TrainableNormal(Prior):
    """p(w) = Π_i N(w_i; mean, std²), whose two numbers are trained with the posterior.

    One mean and one std a weight tensor: empirical Bayes. A prior with its own std an entry would copy the
    posterior and make the KL zero.

    Args:
        initial_mean: before training, any finite number.
        initial_std: standard deviation before training, > 0; log std is the variable.

    Raises:
        ArgumentError: ``initial_std`` is not positive.

    Example:
        >>> TrainableNormal().get_config()
        {'initial_mean': 0.0, 'initial_std': 1.0}

    Source:
        MacKay 1992, for the evidence framework; maximising the ELBO over the prior is its variational form.
    """

    def __init__(self, initial_mean: float = 0.0, initial_std: float = 1.0) -> None:
        self.initial_mean = finite_float(initial_mean, "initial_mean")
        self.initial_std = positive_float(initial_std, "initial_std")

    def add_variables(self, layer: keras.Layer, name: str) -> Variables:
        """Makes the scalars ``{name}_prior_mean`` and ``{name}_prior_log_std``."""
        starts = {"mean": self.initial_mean, "log_std": math.log(self.initial_std)}
        return {
            key: layer.add_weight(
                name=f"{name}_prior_{key}",
                shape=(),
                initializer=keras.initializers.Constant(start),
                autocast=False,
            )
            for key, start in starts.items()
        }

    def parameters(self, variables: Variables, dtype: tf.DType) -> Parameters:
        """``mean`` and ``std``, scalars."""
        log_std = tf.cast(tf.convert_to_tensor(variables["log_std"]), dtype)
        return {"mean": tf.cast(tf.convert_to_tensor(variables["mean"]), dtype), "std": tf.exp(log_std)}

    def distribution(self, parameters: Parameters) -> tfd.Distribution:
        """``tfd.Normal``."""
        return tfd.Normal(parameters["mean"], parameters["std"])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"initial_mean": self.initial_mean, "initial_std": self.initial_std}
