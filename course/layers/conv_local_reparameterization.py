"""Convolutions that draw the pre-activations instead of the kernel."""

from __future__ import annotations

import tensorflow as tf

from course.layers.conv_base import ConvBase
from course.layers.conv_reparameterization import Convolve
from course.layers.safe_sqrt import safe_sqrt


def conv_local_reparameterization(
    x: tf.Tensor, mean: tf.Tensor, std: tf.Tensor, eps: tf.Tensor, convolve: Convolve
) -> tf.Tensor:
    """``x ⋆ mean + √(x² ⋆ std²)·eps``.

    Args:
        x: shape (batch, *spatial, channels).
        mean: shape (*kernel_size, channels, filters).
        std: standard deviations, ≥ 0, in the shape of ``mean``.
        eps: standard normal noise, in the shape of the outputs.
        convolve: the convolution.

    Returns:
        For each single output, the law of ``x ⋆ W`` with W ~ N(mean, std²).

    Source:
        Kingma, Salimans & Welling 2015, section 2.3, applied at each position as in Molchanov et al. 2017.
    """
    location = convolve(x, tf.cast(mean, x.dtype))
    variance = convolve(tf.square(x), tf.cast(tf.square(std), x.dtype))
    return location + safe_sqrt(variance) * tf.cast(eps, x.dtype)


class ConvLocalReparameterization(ConvBase):
    """A convolution with one noise for every output, in any number of dimensions.

    Each output has exactly the law it has under the posterior, but outputs of one feature map are
    independent where a shared kernel would correlate them: the joint law is an approximation, the marginals
    are not.
    """

    def perturbed(self, inputs: tf.Tensor, mean: tf.Tensor, std: tf.Tensor) -> tf.Tensor:
        """One noise for every output."""
        eps = self.standard_normal(self.output_shape_of(inputs), inputs.dtype)
        return conv_local_reparameterization(inputs, mean, std, eps, self.linear)
