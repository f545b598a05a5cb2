"""Dropout that stays on at inference."""

from __future__ import annotations

import numbers
from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError
from course.layers.noise import uniform
from course.layers.sampling_layer import SamplingLayer


def monte_carlo_dropout(x: tf.Tensor, rate: float, u: tf.Tensor) -> tf.Tensor:
    """``x·[u ≥ rate] / (1 − rate)``, whose mean over u is x.

    Args:
        x: floating, any shape.
        rate: probability of dropping an entry, in [0, 1).
        u: uniform noise in (0, 1), a shape that broadcasts to that of x.

    Returns:
        Shape and dtype of x.

    Example:
        >>> monte_carlo_dropout(tf.ones([2]), 0.5, tf.constant([0.25, 0.75])).numpy().tolist()
        [0.0, 2.0]

    Source:
        Gal & Ghahramani 2016, section 3.
    """
    keep = tf.cast(u >= rate, x.dtype)
    return x * keep * tf.cast(1.0 / (1.0 - rate), x.dtype)


@keras.saving.register_keras_serializable(package="course")
class MonteCarloDropout(SamplingLayer):
    """Dropout with new masks at inference too, whose spread is an estimate of the model's uncertainty.

    ::

        outputs = inputs·m / (1 − rate),   m ~ Bernoulli(1 − rate)

    Predict T times and take mean and variance; with ``sample=False`` it is the identity, as
    ``keras.layers.Dropout`` is at inference.

    Args:
        rate: probability of dropping an entry, in [0, 1).
        noise_shape: shape of the mask, with None for "as the inputs" and 1 for "shared along this axis".
        seed: of the noise.
        kwargs: as for ``keras.layers.Layer``.

    Call arguments:
        inputs: floating, any shape.
        training: no effect.
        sample: None or True drops; False is the identity.

    Output shape:
        That of the inputs.

    Raises:
        ArgumentError: ``rate`` is outside [0, 1).

    Example:
        >>> MonteCarloDropout(0.5)(tf.ones([4, 3])).shape
        TensorShape([4, 3])

    Source:
        Gal & Ghahramani 2016, section 3.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: tuple[int | None, ...] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if isinstance(rate, bool) or not isinstance(rate, numbers.Real) or not 0 <= float(rate) < 1:
            raise ArgumentError(
                "`rate` is a probability below 1", expected="0 ≤ rate < 1", received=f"rate={rate!r}"
            )
        self.rate: float = float(rate)
        self.noise_shape: tuple[int | None, ...] | None = None if noise_shape is None else tuple(noise_shape)
        self.supports_masking = True

    def call(self, inputs: tf.Tensor, training: bool | None = None, sample: bool | None = None) -> tf.Tensor:
        """The inputs with entries dropped.

        Args:
            inputs: floating, any shape.
            training: has no effect.
            sample: None or True draws a new mask; False is the identity.
        """
        del training
        self.check_inputs(inputs)
        if not self.resolve_sample(sample) or self.rate == 0:
            return inputs
        return monte_carlo_dropout(inputs, self.rate, uniform(self.seed_generator, self._mask_shape(inputs)))

    def _mask_shape(self, inputs: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(inputs)
        if self.noise_shape is None:
            return shape
        return tf.stack([shape[i] if size is None else size for i, size in enumerate(self.noise_shape)])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """That of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "rate": self.rate, "noise_shape": self.noise_shape}
