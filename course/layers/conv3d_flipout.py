"""3D convolution whose kernel's noise gets random signs for each example."""

from __future__ import annotations

import keras

from course.layers.conv_flipout import ConvFlipout


@keras.saving.register_keras_serializable(package="course")
class Conv3DFlipout(ConvFlipout):
    """3D convolution with one draw of the kernel's noise, and signs for each example.

    ::

        outputs = activation(X ⋆ mean + ((X ∘ S) ⋆ (std·eps)) ∘ R + b),   S, R random signs, eps ~ N(0, 1)

    The signs are one an example and channel, the same at all positions, so that an example sees one kernel.

    Args:
        filters: output channels, ≥ 1.
        kernel_size: one positive integer, or 3 of them.
        kwargs: strides, padding, data_format, dilation_rate, groups and activation as in
            ``keras.layers.Conv3D``; posteriors, priors, regularisers and constraints as for
            :class:`KernelLayer`; dataset_size, kl_weight, seed and dtype as for :class:`VariationalLayer`.

    Call arguments:
        inputs: floating, shape (batch, depth, height, width, channels).
        training: no effect.
        sample: None or True draws; False takes the posterior mean.

    Output shape:
        (batch, new depth, new height, new width, filters).

    Example:
        >>> layer = Conv3DFlipout(2, 3, dataset_size=100)
        >>> layer(keras.ops.ones([4, 5, 5, 5, 3])).shape
        TensorShape([4, 3, 3, 3, 2])

    Source:
        Wen et al. 2018, section 3.1 (flipout, for convolutions too).
    """

    rank = 3
