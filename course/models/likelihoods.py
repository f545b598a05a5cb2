"""What a decoder's output says about an image: Bernoulli or Gaussian."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.validation import finite_float, one_of


class Likelihood(keras.layers.Layer):
    """p(x|z) through a decoder's output; base of the two below.

    Computes in float32 whatever the model's policy: a sum over hundreds of pixels has no digits to spare.

    Args:
        kwargs: as for ``keras.layers.Layer``.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def log_prob(self, x: tf.Tensor, params: tf.Tensor) -> tf.Tensor:
        """The log-likelihood in nats, summed over pixels.

        Args:
            x: shape (batch, *event).
            params: the decoder's output, shape (draws, batch, *event).

        Returns:
            Shape (draws, batch).

        Raises:
            ShapeError: the decoder does not give one number a pixel.
        """
        x, params = tf.cast(x, tf.float32), tf.cast(params, tf.float32)
        if params.shape[2:] != x.shape[1:]:
            raise ShapeError(
                "the decoder gives one number for each pixel",
                expected=f"(batch, {', '.join(map(str, x.shape[1:]))})",
                received=f"(batch, {', '.join(map(str, params.shape[2:]))})",
            )
        return tf.reduce_sum(self.pixel_log_prob(x, params), axis=range(2, params.shape.rank))

    def pixel_log_prob(self, x: tf.Tensor, params: tf.Tensor) -> tf.Tensor:
        """The log-likelihood of each pixel, nats, shape of ``params``."""
        raise NotImplementedError

    def mean(self, params: tf.Tensor) -> tf.Tensor:
        """E[x|z], the image to show, shape of ``params``."""
        raise NotImplementedError

    def call(self, params: tf.Tensor) -> tf.Tensor:
        """The mean, so that the likelihood can stand at the end of a stack of layers."""
        return self.mean(params)


@keras.saving.register_keras_serializable(package="course")
class BernoulliLikelihood(Likelihood):
    """Independent binary pixels; the decoder gives logits.

    ::

        log p(x|z) = Σ_d x_d·l_d − log(1 + exp(l_d))

    Grey values in [0, 1] are accepted, as papers do, but the sum is then no log-likelihood.

    Example:
        >>> round(float(BernoulliLikelihood().log_prob(tf.ones([1, 2]), tf.zeros([1, 1, 2]))[0, 0]), 4)
        -1.3863

    Source:
        Kingma & Welling 2014, eq. (11).
    """

    def log_prob(self, x: tf.Tensor, params: tf.Tensor) -> tf.Tensor:
        """As :meth:`Likelihood.log_prob`; outside a graph it also looks at the values.

        Raises:
            ArgumentError: a pixel lies outside [0, 1]: the bound would be no bound, and could be raised for
                ever.
        """
        if tf.executing_eagerly():
            check_binary_range(x)
        return super().log_prob(x, params)

    def pixel_log_prob(self, x: tf.Tensor, params: tf.Tensor) -> tf.Tensor:
        """x·l − softplus(l), which neither overflows nor takes the logarithm of 0."""
        return x * params - tf.nn.softplus(params)

    def mean(self, params: tf.Tensor) -> tf.Tensor:
        """Probabilities of a dark pixel."""
        return tf.sigmoid(tf.cast(params, tf.float32))


def check_binary_range(x: Any) -> None:
    """Refuses pixels that no Bernoulli variable has.

    Args:
        x: pixels.

    Raises:
        ArgumentError: one lies outside [0, 1], or is NaN.
    """
    low, high = float(tf.reduce_min(x)), float(tf.reduce_max(x))
    if not (low >= 0 and high <= 1):
        raise ArgumentError(
            "a Bernoulli likelihood takes pixels in [0, 1]",
            expected="0 ≤ x ≤ 1",
            received=f"{low:.3g} ≤ x ≤ {high:.3g}",
            fix="scale the images, or take likelihood='gaussian'",
        )


@keras.saving.register_keras_serializable(package="course")
class GaussianLikelihood(Likelihood):
    """Pixels with Gaussian noise of a learned variance; the decoder gives means.

    ::

        log p(x|z) = −½ Σ_d ((x_d − μ_d)²·exp(−s_d) + s_d + log 2π),   s = log σ²

    Args:
        noise: ``"isotropic"``, one variance for all pixels, as in probabilistic PCA, or ``"diagonal"``, one
            a pixel, as in factor analysis.
        log_var: where s starts.
        kwargs: as for ``keras.layers.Layer``.

    Raises:
        ArgumentError: an unknown ``noise``, or ``log_var`` is not finite.

    Example:
        >>> likelihood = GaussianLikelihood()
        >>> round(float(likelihood.log_prob(tf.zeros([1, 2]), tf.zeros([1, 1, 2]))[0, 0]), 4)
        -1.8379

    Source:
        Kingma & Welling 2014, eq. (12); Tipping & Bishop 1999 for the isotropic noise.
    """

    def __init__(self, noise: str = "isotropic", log_var: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.noise = one_of(noise, ("isotropic", "diagonal"), "noise")
        self.initial_log_var = finite_float(log_var, "log_var")

    def build(self, input_shape: Any) -> None:
        """Adds s, of shape () or of the event's.

        Args:
            input_shape: of a batch of decoder outputs.
        """
        shape = () if self.noise == "isotropic" else tuple(input_shape[1:])
        start = keras.initializers.Constant(self.initial_log_var)
        self.log_var = self.add_weight(shape=shape, initializer=start, name="log_var")
        super().build(input_shape)

    def log_prob(self, x: tf.Tensor, params: tf.Tensor) -> tf.Tensor:
        """As :meth:`Likelihood.log_prob`."""
        if not self.built:
            self.build((None, *params.shape[2:]))
        return super().log_prob(x, params)

    def pixel_log_prob(self, x: tf.Tensor, params: tf.Tensor) -> tf.Tensor:
        """The log-density of N(μ, exp(s)) at x."""
        log_var = tf.convert_to_tensor(self.log_var)
        return -0.5 * ((x - params) ** 2 * tf.exp(-log_var) + log_var + math.log(2.0 * math.pi))

    def mean(self, params: tf.Tensor) -> tf.Tensor:
        """The decoder's output itself."""
        return tf.cast(params, tf.float32)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "noise": self.noise, "log_var": self.initial_log_var}
