"""Independent Poisson counts."""

from __future__ import annotations

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.estimators.law import Law


class PoissonLaw(Law):
    """Independent Poisson counts with parameter ``rate``; the noise is the draw itself.

    Example:
        >>> law = PoissonLaw()
        >>> round(float(law.log_prob(law.check({"rate": 2.0}), 0.0)), 6)
        -2.0
    """

    name = "Poisson"
    parameters = ("rate",)
    positive = frozenset({"rate"})
    discrete = True

    def draw_noise(self, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Draws, by TFP's sampler."""
        return self.distribution(parameters).sample(seed=seed)

    def place(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """The noise: it is the draw."""
        return noise

    def log_prob(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """``z log rate − rate − log z!``, elementwise."""
        rate = parameters["rate"]
        return z * tf.math.log(rate) - rate - tf.math.lgamma(z + 1.0)

    def distribution(self, parameters: dict[str, tf.Tensor]) -> tfd.Distribution:
        """``tfd.Poisson``."""
        return tfd.Poisson(parameters["rate"])
