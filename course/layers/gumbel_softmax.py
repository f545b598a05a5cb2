"""Relaxed categorical draws."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.layers.noise import uniform
from course.layers.sampling_layer import SamplingLayer
from course.validation import positive_float


def gumbel_softmax(
    logits: tf.Tensor, gumbel: tf.Tensor, temperature: tf.Tensor | float, straight_through: bool = False
) -> tf.Tensor:
    """``softmax((logits + gumbel) / temperature)``, or its one-hot argmax with the gradient of that.

    Args:
        logits: shape (..., k).
        gumbel: standard Gumbel noise, −log(−log u), shape (..., k).
        temperature: > 0.
        straight_through: whether to return one-hot vectors.

    Returns:
        Shape (..., k), each row summing to 1.

    Example:
        >>> logits, noise = tf.constant([0.0, 1.0]), tf.constant([2.0, 0.0])
        >>> gumbel_softmax(logits, noise, 1.0, straight_through=True).numpy().tolist()
        [1.0, 0.0]

    Source:
        Jang, Gu & Poole 2017, eq. (2) and section 2.2; Maddison, Mnih & Teh 2017.
    """
    soft = tf.nn.softmax((logits + gumbel) / tf.cast(temperature, logits.dtype))
    if not straight_through:
        return soft
    hard = tf.one_hot(tf.argmax(soft, axis=-1), soft.shape[-1], dtype=soft.dtype)
    # In this order the bracket is exactly 0, and the value exactly one-hot.
    return hard + (soft - tf.stop_gradient(soft))


@keras.saving.register_keras_serializable(package="course")
class GumbelSoftmax(SamplingLayer):
    """A draw from a categorical distribution that gradients pass through.

    ::

        y = softmax((logits + g) / temperature),   g ~ Gumbel(0, 1)

    As the temperature falls to 0, y tends to a one-hot draw from softmax(logits) and the variance of the
    gradient grows. With ``straight_through`` the value is one-hot at any temperature; its gradient is that
    of y, so biased.

    Args:
        temperature: initial value of the variable ``layer.temperature``, > 0; assign to it to anneal.
        straight_through: whether outputs are one-hot.
        seed: of the noise.
        kwargs: as for ``keras.layers.Layer``.

    Call arguments:
        inputs: logits, floating, shape (batch, ..., k).
        training: no effect.
        sample: None or True draws; False gives softmax(logits), or its one-hot mode with
            ``straight_through``.

    Output shape:
        That of the inputs.

    Raises:
        ArgumentError: ``temperature`` is not positive.

    Example:
        >>> GumbelSoftmax(temperature=0.5)(tf.zeros([4, 3])).shape
        TensorShape([4, 3])

    Source:
        Jang, Gu & Poole 2017, eq. (2) and section 2.2.
    """

    def __init__(
        self,
        temperature: float = 1.0,
        straight_through: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self._temperature_start = positive_float(temperature, "temperature")
        self.straight_through = bool(straight_through)
        self.supports_masking = True
        self.temperature = self.add_weight(
            name="temperature",
            shape=(),
            initializer=keras.initializers.Constant(self._temperature_start),
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: tf.Tensor, training: bool | None = None, sample: bool | None = None) -> tf.Tensor:
        """A relaxed one-hot vector for every vector of logits.

        Args:
            inputs: logits.
            training: has no effect.
            sample: None or True draws; False is without noise.
        """
        del training
        self.check_inputs(inputs)
        # Half precision would round the noise to so few values that ties decide.
        logits = inputs if inputs.dtype == tf.float64 else tf.cast(inputs, tf.float32)
        if self.resolve_sample(sample):
            u = uniform(self.seed_generator, tf.shape(logits))
            gumbel = tf.cast(-tf.math.log(-tf.math.log(u)), logits.dtype)
            temperature = tf.convert_to_tensor(self.temperature)
        else:
            gumbel, temperature = tf.zeros_like(logits), 1.0
        return tf.cast(gumbel_softmax(logits, gumbel, temperature, self.straight_through), inputs.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """That of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; ``temperature`` is the initial value, the present one is a weight."""
        return {
            **super().get_config(),
            "temperature": self._temperature_start,
            "straight_through": self.straight_through,
        }
