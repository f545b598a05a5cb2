"""Independent binary variables."""

from __future__ import annotations

import itertools
import math

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd
from tensorflow_probability import math as tfp_math

from course.estimators.relaxable_law import RelaxableLaw


def _logit(u: tf.Tensor) -> tf.Tensor:
    return tf.math.log(u) - tf.math.log1p(-u)


def _conditional(logits: tf.Tensor, z: tf.Tensor, lift: tf.Tensor) -> tf.Tensor:
    # With v = sigmoid(lift): log(v/((1−v)(1−p)) + 1) and −log(v/((1−v)p) + 1), written so that p = 0 and
    # p = 1 stay finite.
    up = tf.nn.softplus(lift + tf.nn.softplus(logits))
    down = -tf.nn.softplus(lift + tf.nn.softplus(-logits))
    return tf.where(z > 0.5, up, down)


class BernoulliLaw(RelaxableLaw):
    """Independent variables in {0, 1} with parameter ``logits``; noise is uniform on (0, 1).

    ::

        z = 1[logits + log u − log(1 − u) > 0],   u ~ U(0, 1)

    Example:
        >>> law = BernoulliLaw()
        >>> float(law.place(law.check({"logits": 0.0}), tf.constant(0.7)))
        1.0

    Source:
        Maddison, Mnih & Teh 2017, appendix; the conditional law is Tucker et al. 2017, appendix.
    """

    name = "Bernoulli"

    def log_prob(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """``z·logits − softplus(logits)``, elementwise."""
        return z * parameters["logits"] - tf.nn.softplus(parameters["logits"])

    def distribution(self, parameters: dict[str, tf.Tensor]) -> tfd.Distribution:
        """``tfd.Bernoulli`` of the logits' dtype."""
        return tfd.Bernoulli(logits=parameters["logits"], dtype=parameters["logits"].dtype)

    def states(self, event_shape: tuple[int, ...]) -> np.ndarray:
        """All 2^d binary arrays of the shape."""
        size = math.prod(event_shape)
        return np.array(list(itertools.product((0.0, 1.0), repeat=size))).reshape(-1, *event_shape)

    def latent(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """``logits + logit u``."""
        return parameters["logits"] + _logit(noise)

    def conditional_latent(
        self, parameters: dict[str, tf.Tensor], z: tf.Tensor, noise: tf.Tensor
    ) -> tf.Tensor:
        """Positive where z is 1, negative where z is 0."""
        return _conditional(parameters["logits"], z, _logit(noise))

    def coupled_latent(self, parameters: dict[str, tf.Tensor], z: tf.Tensor, latent: tf.Tensor) -> tf.Tensor:
        """The conditional latent variable that is ``latent`` now."""
        logits = parameters["logits"]
        # The two lines of _conditional, solved for the lift.
        reach = tf.nn.softplus(tf.where(z > 0.5, logits, -logits))
        lift = tfp_math.softplus_inverse(tf.abs(latent)) - reach
        return _conditional(logits, z, tf.stop_gradient(lift))

    def harden(self, latent: tf.Tensor) -> tf.Tensor:
        """1 where the latent variable is positive."""
        return tf.cast(latent > 0.0, latent.dtype)

    def soften(self, latent: tf.Tensor, temperature: float) -> tf.Tensor:
        """``sigmoid(latent / temperature)``."""
        return tf.sigmoid(latent / temperature)

    def mean(self, parameters: dict[str, tf.Tensor]) -> tf.Tensor:
        """``sigmoid(logits)``."""
        return tf.sigmoid(parameters["logits"])
