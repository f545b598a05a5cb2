"""A pathwise draw from a Gaussian given by its mean and log variance."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.errors import ShapeError
from course.layers.sampling_layer import SamplingLayer


def gaussian_sampling(mean: tf.Tensor, log_var: tf.Tensor, eps: tf.Tensor) -> tf.Tensor:
    """``mean + exp(½·log_var)·eps``.

    Args:
        mean: any shape.
        log_var: log variances, in the shape of ``mean``.
        eps: standard normal noise, in the shape of ``mean``.

    Returns:
        A draw from N(mean, exp(log_var)), differentiable in both parameters.

    Example:
        >>> float(gaussian_sampling(tf.constant(1.0), tf.constant(0.0), tf.constant(2.0)))
        3.0

    Source:
        Kingma & Welling 2014, eq. (10).
    """
    return mean + tf.exp(0.5 * log_var) * eps


@keras.saving.register_keras_serializable(package="course")
class GaussianSampling(SamplingLayer):
    """The latent draw of a variational autoencoder.

    ::

        z = mean + exp(½·log_var)·eps,   eps ~ N(0, 1)

    Args:
        seed: of the noise.
        kwargs: as for ``keras.layers.Layer``.

    Call arguments:
        inputs: the list [mean, log_var], two floating tensors of one shape; log variance, not log std.
        training: no effect.
        sample: None or True draws; False returns the mean.

    Output shape:
        That of the mean.

    Example:
        >>> GaussianSampling()([tf.zeros([4, 2]), tf.zeros([4, 2])]).shape
        TensorShape([4, 2])

    Source:
        Kingma & Welling 2014, eq. (10).
    """

    def __init__(self, *, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Refuses anything but two shapes that are equal."""
        if len(input_shape) != 2 or not all(isinstance(shape, tuple | list) for shape in input_shape):
            raise ShapeError(
                "inputs are a list of two tensors",
                where=self.name,
                expected="[mean, log_var]",
                received=f"shape {input_shape}",
            )
        mean, log_var = input_shape
        if tuple(mean) != tuple(log_var):
            raise ShapeError(
                "mean and log_var have one shape",
                where=self.name,
                expected=tuple(mean),
                received=tuple(log_var),
            )
        self.built = True

    def call(
        self, inputs: list[tf.Tensor], training: bool | None = None, sample: bool | None = None
    ) -> tf.Tensor:
        """A draw.

        Args:
            inputs: [mean, log_var].
            training: has no effect.
            sample: None or True draws; False returns the mean.
        """
        del training
        mean, log_var = inputs
        self.check_inputs(mean)
        self.check_inputs(log_var)
        if not self.resolve_sample(sample):
            return mean
        return gaussian_sampling(mean, log_var, self.standard_normal(tf.shape(mean), mean.dtype))

    def compute_mask(self, inputs: list[tf.Tensor], mask: Any = None) -> Any:
        """That of the mean."""
        del inputs
        return mask[0] if isinstance(mask, list | tuple) else mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """That of the mean."""
        return tuple(input_shape[0])
