"""1D convolution that draws its pre-activations."""

from __future__ import annotations

import keras

from course.layers.conv_local_reparameterization import ConvLocalReparameterization


@keras.saving.register_keras_serializable(package="course")
class Conv1DLocalReparameterization(ConvLocalReparameterization):
    """1D convolution with one noise for every output.

    ::

        outputs = activation(γ + √δ·eps + b),   γ = inputs ⋆ mean,   δ = inputs² ⋆ std²,   eps ~ N(0, 1)

    Exact for each single output; the correlation that a shared kernel gives to the positions of a feature
    map is left out.

    Args:
        filters: output channels, ≥ 1.
        kernel_size: one positive integer.
        kwargs: strides, padding, data_format, dilation_rate, groups and activation as in
            ``keras.layers.Conv1D``; posteriors, priors, regularisers and constraints as for
            :class:`KernelLayer`; dataset_size, kl_weight, seed and dtype as for :class:`VariationalLayer`.

    Call arguments:
        inputs: floating, shape (batch, length, channels).
        training: no effect.
        sample: None or True draws; False takes the posterior mean.

    Output shape:
        (batch, new length, filters).

    Example:
        >>> layer = Conv1DLocalReparameterization(2, 3, dataset_size=100)
        >>> layer(keras.ops.ones([4, 8, 3])).shape
        TensorShape([4, 6, 2])

    Source:
        Kingma, Salimans & Welling 2015, section 2.3; Molchanov et al. 2017 for convolutions.
    """

    rank = 1
