"""Dense layer that draws the pre-activations instead of the kernel."""

from __future__ import annotations

import keras
import tensorflow as tf

from course.layers.dense_base import DenseBase, affine
from course.layers.safe_sqrt import safe_sqrt


def dense_local_reparameterization(
    x: tf.Tensor, mean: tf.Tensor, std: tf.Tensor, eps: tf.Tensor
) -> tf.Tensor:
    """``x · mean + √(x² · std²)·eps``.

    Args:
        x: shape (batch, ..., features).
        mean: shape (features, units).
        std: standard deviations, ≥ 0, shape (features, units).
        eps: standard normal noise, shape (batch, ..., units).

    Returns:
        Shape (batch, ..., units), in the dtype of x: for each row the law of ``x · W`` with W ~ N(mean,
        std²).

    Example:
        >>> x, one = tf.ones([5, 4]), tf.ones([4, 2])
        >>> float(dense_local_reparameterization(x, one, one, tf.ones([5, 2]))[0, 0])
        6.0

    Source:
        Kingma, Salimans & Welling 2015, section 2.3.
    """
    variance = affine(tf.square(x), tf.square(std))
    return affine(x, mean) + safe_sqrt(variance) * tf.cast(eps, x.dtype)


@keras.saving.register_keras_serializable(package="course")
class DenseLocalReparameterization(DenseBase):
    """Dense layer that draws its pre-activations, one noise a row and unit.

    ::

        outputs = activation(γ + √δ·eps + b),   γ = inputs · mean,   δ = inputs² · std²,   eps ~ N(0, 1)

    For a factorised Gaussian posterior this is the exact law of each row's output, and rows are independent,
    which makes the variance of the gradient fall with the batch size. The price is a second product. Inputs
    with more than two axes get independent noise at every position too: positions of one example do not
    share a kernel then; where they should, take :class:`DenseFlipout`.

    Args:
        units: size of the output, ≥ 1.
        activation: as in ``keras.layers.Dense``.
        kwargs: use_bias, kernel_posterior, kernel_prior, bias_posterior, bias_prior, regularisers and
            constraints as for :class:`KernelLayer`; dataset_size, kl_weight, seed and dtype as for
            :class:`VariationalLayer`.

    Call arguments:
        inputs: floating, shape (batch, ..., features).
        training: no effect.
        sample: None or True draws; False takes the posterior mean.

    Output shape:
        (batch, ..., units).

    Example:
        >>> layer = DenseLocalReparameterization(2, dataset_size=100)
        >>> layer(tf.ones([4, 3])).shape
        TensorShape([4, 2])

    Source:
        Kingma, Salimans & Welling 2015, section 2.3.
    """

    def perturbed(self, inputs: tf.Tensor, mean: tf.Tensor, std: tf.Tensor) -> tf.Tensor:
        """One noise a row and unit."""
        shape = tf.concat([tf.shape(inputs)[:-1], [self.units]], axis=0)
        eps = self.standard_normal(shape, inputs.dtype)
        return dense_local_reparameterization(inputs, mean, std, eps)
