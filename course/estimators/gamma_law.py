"""Independent gamma variables."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.estimators.law import Law


class GammaLaw(Law):
    """Independent gamma variables with parameters ``concentration`` and ``rate``; noise is the draw itself.

    The sampler rejects, so no fixed noise stands behind a draw that could be moved with the parameters. The
    standardised form of Ruiz et al., with ψ the digamma and ψ₁ the trigamma function::

        ε = (log z − ψ(concentration) + log rate) / √ψ₁(concentration)

    has mean 0 and variance 1 at every parameter, so its law depends on ``concentration`` weakly, and on
    ``rate`` not at all.

    Example:
        >>> law = GammaLaw()
        >>> float(law.place(law.check({"concentration": 2.0, "rate": 0.5}), 1.0))
        1.0

    Source:
        Ruiz, Titsias & Blei 2016 (there with a shape and a rate).
    """

    name = "gamma"
    parameters = ("concentration", "rate")
    positive = frozenset({"concentration", "rate"})

    def draw_noise(self, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Draws, by TFP's rejection sampler."""
        z = self.distribution(parameters).sample(seed=seed)
        # Small concentrations underflow to 0, where the log-density is infinite.
        return tf.maximum(z, np.finfo(z.dtype.as_numpy_dtype).tiny)

    def place(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """The noise: it is the draw."""
        return noise

    def log_prob(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """``a log b − log Γ(a) + (a − 1) log z − b z``, a the concentration, b the rate, elementwise."""
        a, b = parameters["concentration"], parameters["rate"]
        return a * tf.math.log(b) - tf.math.lgamma(a) + (a - 1.0) * tf.math.log(z) - b * z

    def distribution(self, parameters: dict[str, tf.Tensor]) -> tfd.Distribution:
        """``tfd.Gamma``."""
        return tfd.Gamma(parameters["concentration"], parameters["rate"])

    def standardize(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """Log z, made to have mean 0 and variance 1."""
        centre, spread = self._log_moments(parameters)
        return (tf.math.log(z) - centre) / spread

    def unstandardize(
        self, parameters: dict[str, tf.Tensor], noise: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """``z = exp(mean of log z + std of log z · ε)`` and ``log z + log std of log z``."""
        centre, spread = self._log_moments(parameters)
        log_z = centre + spread * noise
        return tf.exp(log_z), log_z + tf.math.log(spread)

    @staticmethod
    def _log_moments(parameters: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        a, b = parameters["concentration"], parameters["rate"]
        trigamma = tf.math.polygamma(tf.ones_like(a), a)
        return tf.math.digamma(a) - tf.math.log(b), tf.sqrt(trigamma)
