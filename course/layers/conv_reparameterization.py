"""Convolutions whose kernel is drawn once a call."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from course.layers.conv_base import ConvBase

Convolve = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(inputs, kernel) → outputs: a convolution with strides, padding and dilation decided."""


def conv_reparameterization(
    x: tf.Tensor, mean: tf.Tensor, std: tf.Tensor, eps: tf.Tensor, convolve: Convolve
) -> tf.Tensor:
    """``x ⋆ (mean + std·eps)``.

    Args:
        x: shape (batch, *spatial, channels).
        mean: shape (*kernel_size, channels, filters).
        std: standard deviations, ≥ 0, in the shape of ``mean``.
        eps: standard normal noise, in the shape of ``mean``.
        convolve: the convolution.

    Returns:
        What ``convolve`` gives.

    Source:
        Kingma & Welling 2014, section 2.4; Blundell et al. 2015, section 3.2.
    """
    return convolve(x, tf.cast(mean + std * eps, x.dtype))


class ConvReparameterization(ConvBase):
    """A convolution with one draw of the kernel for the whole batch, in any number of dimensions."""

    def perturbed(self, inputs: tf.Tensor, mean: tf.Tensor, std: tf.Tensor) -> tf.Tensor:
        """One kernel for the batch."""
        eps = self.standard_normal(mean.shape, mean.dtype)
        return conv_reparameterization(inputs, mean, std, eps, self.linear)
