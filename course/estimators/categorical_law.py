"""Independent one-hot variables."""

from __future__ import annotations

import itertools
import math

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd
from tensorflow_probability import math as tfp_math

from course.estimators.relaxable_law import RelaxableLaw


def _conditional(logits: tf.Tensor, z: tf.Tensor, exponential: tf.Tensor) -> tf.Tensor:
    # Sums over the one-hot axis pick the chosen class's entry.
    top = tf.reduce_sum(tf.where(z > 0.5, exponential, 0.0), axis=-1, keepdims=True)
    # −log(e_j/p_j + e_top) in logs, because p_j may underflow.
    others = -top - tf.nn.softplus(exponential - tf.nn.log_softmax(logits) - top)
    return tf.where(z > 0.5, -top, others)


class CategoricalLaw(RelaxableLaw):
    """Independent one-hot vectors with parameter ``logits``, shape (..., k); noise is uniform on (0, 1).

    ::

        z = onehot(argmax_j (log_softmax(logits)_j − log(−log u_j))),   u_j ~ U(0, 1)

    Example:
        >>> law = CategoricalLaw()
        >>> law.place(law.check({"logits": [0.0, 0.0]}), tf.constant([0.9, 0.2])).numpy().tolist()
        [1.0, 0.0]

    Source:
        Jang, Gu & Poole 2017, eq. (1); the conditional law is Tucker et al. 2017, appendix.
    """

    name = "categorical"
    core_rank = 1

    def log_prob(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """``Σ_j z_j log_softmax(logits)_j``: the last axis is summed."""
        return tf.reduce_sum(z * tf.nn.log_softmax(parameters["logits"]), axis=-1)

    def distribution(self, parameters: dict[str, tf.Tensor]) -> tfd.Distribution:
        """``tfd.OneHotCategorical`` of the logits' dtype."""
        return tfd.OneHotCategorical(logits=parameters["logits"], dtype=parameters["logits"].dtype)

    def states(self, event_shape: tuple[int, ...]) -> np.ndarray:
        """All k^d ways to choose one class in each of the d one-hot vectors."""
        *outer, classes = event_shape
        choices = itertools.product(range(classes), repeat=math.prod(outer))
        return np.eye(classes)[np.array(list(choices))].reshape(-1, *event_shape)

    def latent(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """``log_softmax(logits) − log(−log u)``: log-probabilities with Gumbel noise."""
        return tf.nn.log_softmax(parameters["logits"]) - tf.math.log(-tf.math.log(noise))

    def conditional_latent(
        self, parameters: dict[str, tf.Tensor], z: tf.Tensor, noise: tf.Tensor
    ) -> tf.Tensor:
        """The chosen class has the largest entry, a Gumbel variable; the others are Gumbel below it."""
        # log of a standard exponential variable
        return _conditional(parameters["logits"], z, tf.math.log(-tf.math.log(noise)))

    def coupled_latent(self, parameters: dict[str, tf.Tensor], z: tf.Tensor, latent: tf.Tensor) -> tf.Tensor:
        """The conditional latent variable that is ``latent`` now."""
        logits = parameters["logits"]
        # The two lines of _conditional, solved for the exponential variables.
        top = -tf.reduce_sum(z * latent, axis=-1, keepdims=True)
        gap = tfp_math.softplus_inverse(tf.nn.relu(-top - latent))
        exponential = tf.where(z > 0.5, top, tf.nn.log_softmax(logits) + top + gap)
        return _conditional(logits, z, tf.stop_gradient(exponential))

    def harden(self, latent: tf.Tensor) -> tf.Tensor:
        """One-hot argmax."""
        return tf.one_hot(tf.argmax(latent, axis=-1), latent.shape[-1], dtype=latent.dtype)

    def soften(self, latent: tf.Tensor, temperature: float) -> tf.Tensor:
        """``softmax(latent / temperature)``."""
        return tf.nn.softmax(latent / temperature)

    def mean(self, parameters: dict[str, tf.Tensor]) -> tf.Tensor:
        """``softmax(logits)``."""
        return tf.nn.softmax(parameters["logits"])
