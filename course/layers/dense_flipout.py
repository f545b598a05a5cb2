"""Dense layer whose kernel's noise gets random signs for each example."""

from __future__ import annotations

import keras
import tensorflow as tf

from course.layers.dense_base import DenseBase, affine, per_example_shape
from course.layers.noise import rademacher


def dense_flipout(
    x: tf.Tensor, mean: tf.Tensor, std: tf.Tensor, eps: tf.Tensor, sign_in: tf.Tensor, sign_out: tf.Tensor
) -> tf.Tensor:
    """``x · mean + ((x ∘ sign_in) · (std·eps)) ∘ sign_out``.

    Args:
        x: shape (batch, ..., features).
        mean: shape (features, units).
        std: standard deviations, ≥ 0, shape (features, units).
        eps: standard normal noise, shape (features, units), shared by the batch.
        sign_in: ±1, shape (batch, 1, ..., 1, features).
        sign_out: ±1, shape (batch, 1, ..., 1, units).

    Returns:
        Shape (batch, ..., units), in the dtype of x: row n uses the kernel mean + std·eps ∘ (sign_inₙ
        sign_outₙᵀ).

    Example:
        >>> x, one = tf.ones([4, 3]), tf.ones([3, 2])
        >>> float(dense_flipout(x, one, one, one, tf.ones([4, 3]), -tf.ones([4, 2]))[0, 0])
        0.0

    Source:
        Wen et al. 2018, section 3.1, the form for a batch.
    """
    sign_in, sign_out = tf.cast(sign_in, x.dtype), tf.cast(sign_out, x.dtype)
    return affine(x, mean) + affine(x * sign_in, std * eps) * sign_out


@keras.saving.register_keras_serializable(package="course")
class DenseFlipout(DenseBase):
    """Dense layer with one draw of the kernel's noise, given signs of its own in each example.

    ::

        outputs = activation(X·mean + ((X ∘ S)·(std·eps)) ∘ R + b),   S, R random signs, eps ~ N(0, 1)

    Any noise that is symmetric about 0 and independent between entries keeps its law under these signs, so
    each example sees a draw from the posterior. Examples are uncorrelated, though not independent, which
    makes the variance of the gradient fall with the batch size. Positions of one example share the signs,
    hence the kernel (TFP's layer gives each position its own).

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
        >>> layer = DenseFlipout(2, dataset_size=100)
        >>> layer(tf.ones([4, 3])).shape
        TensorShape([4, 2])

    Source:
        Wen et al. 2018, section 3.1, the form for a batch.
    """

    def perturbed(self, inputs: tf.Tensor, mean: tf.Tensor, std: tf.Tensor) -> tf.Tensor:
        """One noise for the batch, signs for each example."""
        features = mean.shape[0]
        eps = self.standard_normal(mean.shape, mean.dtype)
        # Both sign vectors in one draw: each draw costs an update of the generator's state.
        shape = per_example_shape(inputs, features + self.units)
        signs = rademacher(self.seed_generator, shape, inputs.dtype)
        return dense_flipout(inputs, mean, std, eps, signs[..., :features], signs[..., features:])
