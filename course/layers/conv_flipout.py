"""Convolutions whose kernel's noise gets random signs for each example."""

from __future__ import annotations

import tensorflow as tf

from course.layers.conv_base import ConvBase
from course.layers.conv_reparameterization import Convolve
from course.layers.noise import rademacher


def conv_flipout(
    x: tf.Tensor,
    mean: tf.Tensor,
    std: tf.Tensor,
    eps: tf.Tensor,
    sign_in: tf.Tensor,
    sign_out: tf.Tensor,
    convolve: Convolve,
) -> tf.Tensor:
    """``x ⋆ mean + ((x ∘ sign_in) ⋆ (std·eps)) ∘ sign_out``.

    Args:
        x: shape (batch, *spatial, channels).
        mean: shape (*kernel_size, channels, filters).
        std: standard deviations, ≥ 0, in the shape of ``mean``.
        eps: standard normal noise, in the shape of ``mean``, shared by the batch.
        sign_in: ±1, one an example and channel, shape (batch, 1, ..., 1, channels).
        sign_out: ±1, one an example and filter, shape (batch, 1, ..., 1, filters).
        convolve: the convolution.

    Returns:
        What ``convolve`` gives; example n uses the kernel mean + std·eps ∘ (sign_inₙ sign_outₙᵀ).

    Source:
        Wen et al. 2018, section 3.1, its form for a batch with a convolution for the product.
    """
    noise = tf.cast(std * eps, x.dtype)
    sign_in, sign_out = tf.cast(sign_in, x.dtype), tf.cast(sign_out, x.dtype)
    return convolve(x, tf.cast(mean, x.dtype)) + convolve(x * sign_in, noise) * sign_out


class ConvFlipout(ConvBase):
    """A convolution with one draw of the kernel's noise, and signs for each example.

    In any number of dimensions.
    With ``groups`` above 1 the input signs are still one a channel: each filter sees only its own group's.
    """

    def perturbed(self, inputs: tf.Tensor, mean: tf.Tensor, std: tf.Tensor) -> tf.Tensor:
        """One noise for the batch, signs for each example."""
        channels = inputs.shape[self.channel_axis]
        eps = self.standard_normal(mean.shape, mean.dtype)
        # Both sign vectors in one draw: each draw costs an update of the generator's state.
        shape = tf.stack([tf.shape(inputs)[0], channels + self.filters])
        signs = rademacher(self.seed_generator, shape, inputs.dtype)
        sign_in = self.align_channels(signs[:, :channels], inputs)
        sign_out = self.align_channels(signs[:, channels:], inputs)
        return conv_flipout(inputs, mean, std, eps, sign_in, sign_out, self.linear)
