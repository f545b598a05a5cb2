"""Independent Gaussians."""

from __future__ import annotations

import math

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.estimators.law import Law
from course.estimators.noise import standard_normal

_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)


class GaussianLaw(Law):
    """Independent Gaussians with parameters ``mean`` and ``std``; noise is standard normal.

    ::

        z = mean + std·ε,   ε ~ N(0, 1)

    Example:
        >>> law = GaussianLaw()
        >>> float(law.place(law.check({"mean": 2.0, "std": 0.5}), 1.0))
        2.5

    Source:
        Aziz, "Gaussian Transformation".
    """

    name = "Gaussian"
    parameters = ("mean", "std")
    positive = frozenset({"std"})
    reparameterized = True

    def draw_noise(self, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Standard normal noise, one draw a row."""
        mean = parameters["mean"]
        return standard_normal(tf.shape(mean), seed, mean.dtype)

    def place(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """``mean + std·noise``."""
        return parameters["mean"] + parameters["std"] * noise

    def log_prob(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """``−½((z − mean)/std)² − log std − ½ log 2π``, elementwise."""
        mean, std = parameters["mean"], parameters["std"]
        return -0.5 * tf.square((z - mean) / std) - tf.math.log(std) - _HALF_LOG_TWO_PI

    def distribution(self, parameters: dict[str, tf.Tensor]) -> tfd.Distribution:
        """``tfd.Normal`` with ``loc`` the mean and ``scale`` the std."""
        return tfd.Normal(parameters["mean"], parameters["std"])

    def standardize(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """``(z − mean)/std``, whose law depends on no parameter."""
        return (z - parameters["mean"]) / parameters["std"]

    def unstandardize(
        self, parameters: dict[str, tf.Tensor], noise: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """``mean + std·ε`` and ``log std``."""
        z = self.place(parameters, noise)
        return z, tf.broadcast_to(tf.math.log(parameters["std"]), tf.shape(z))
