"""3D convolution that draws its pre-activations."""

from __future__ import annotations

import keras

from course.layers.conv_local_reparameterization import ConvLocalReparameterization


@keras.saving.register_keras_serializable(package="course")
class Conv3DLocalReparameterization(ConvLocalReparameterization):
    """3D convolution with one noise for every output.

    ::

        outputs = activation(γ + √δ·eps + b),   γ = inputs ⋆ mean,   δ = inputs² ⋆ std²,   eps ~ N(0, 1)

    Exact for each single output; the correlation that a shared kernel gives to the positions of a feature
    map is left out.

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
        >>> layer = Conv3DLocalReparameterization(2, 3, dataset_size=100)
        >>> layer(keras.ops.ones([4, 5, 5, 5, 3])).shape
        TensorShape([4, 3, 3, 3, 2])

    Source:
        Kingma, Salimans & Welling 2015, section 2.3; Molchanov et al. 2017 for convolutions.
    """

    rank = 3
