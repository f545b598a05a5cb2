"""3D convolution whose kernel is drawn once a call."""

from __future__ import annotations

import keras

from course.layers.conv_reparameterization import ConvReparameterization


@keras.saving.register_keras_serializable(package="course")
class Conv3DReparameterization(ConvReparameterization):
    """3D convolution with one draw of the kernel for the whole batch.

    ::

        outputs = activation(inputs ⋆ W + b),   W = mean + std·eps,   eps ~ N(0, 1)

    All examples of a batch share the noise: see :class:`Conv3DFlipout` and
    :class:`Conv3DLocalReparameterization` for gradients whose variance falls with the batch size.

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
        >>> layer = Conv3DReparameterization(2, 3, dataset_size=100)
        >>> layer(keras.ops.ones([4, 5, 5, 5, 3])).shape
        TensorShape([4, 3, 3, 3, 2])

    Source:
        Blundell et al. 2015, section 3.2.
    """

    rank = 3
