"""Dense layer whose kernel is drawn once a call."""

from __future__ import annotations

import keras
import tensorflow as tf

from course.layers.dense_base import DenseBase, affine


def dense_reparameterization(x: tf.Tensor, mean: tf.Tensor, std: tf.Tensor, eps: tf.Tensor) -> tf.Tensor:
    """``x · (mean + std·eps)``.

    Args:
        x: shape (batch, ..., features).
        mean: shape (features, units).
        std: standard deviations, ≥ 0, shape (features, units).
        eps: standard normal noise, shape (features, units).

    Returns:
        Shape (batch, ..., units), in the dtype of x.

    Example:
        >>> x, one = tf.ones([4, 3]), tf.ones([3, 2])
        >>> float(dense_reparameterization(x, one, one, -one)[0, 0])
        0.0

    Source:
        Kingma & Welling 2014, section 2.4; Blundell et al. 2015, section 3.2.
    """
    return affine(x, mean + std * eps)


@keras.saving.register_keras_serializable(package="course")
class DenseReparameterization(DenseBase):
    """Dense layer with one draw of the kernel for the whole batch.

    ::

        outputs = activation(inputs · W + b),   W = mean + std·eps,   eps ~ N(0, 1)

    All examples of a batch share the noise, so that the variance of the gradient does not fall with the
    batch size: see :class:`DenseFlipout` and :class:`DenseLocalReparameterization` for the two remedies.

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
        >>> layer = DenseReparameterization(2, dataset_size=100)
        >>> layer(tf.ones([4, 3])).shape
        TensorShape([4, 2])

    Source:
        Blundell et al. 2015, section 3.2, steps 1 to 3.
    """

    def perturbed(self, inputs: tf.Tensor, mean: tf.Tensor, std: tf.Tensor) -> tf.Tensor:
        """One kernel for the batch."""
        return dense_reparameterization(inputs, mean, std, self.standard_normal(mean.shape, mean.dtype))
