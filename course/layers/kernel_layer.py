"""What variational Dense and convolution layers share: a kernel, a bias, an activation."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.distributions.resolve import get_posterior, get_prior
from course.layers.defaults import BIAS_POSTERIOR, KERNEL_POSTERIOR, KERNEL_PRIOR
from course.layers.variational_layer import VariationalLayer
from course.layers.variational_weight import VariationalWeight


class KernelLayer(VariationalLayer):
    """``activation(linear(inputs, kernel) + bias)`` with a posterior over kernel and bias.

    Subclasses give the linear map, in :meth:`linear`, and the way in which the kernel's noise enters, in
    :meth:`perturbed`. The bias, where its posterior is random, is drawn once a call.

    Args:
        activation: as in Keras layers.
        use_bias: whether there is a bias.
        kernel_posterior: default ``MeanFieldNormal()``.
        kernel_prior: default ``Normal()``; None for no KL.
        bias_posterior: default ``Deterministic()``.
        bias_prior: default None.
        kernel_regularizer: on the mean of the kernel.
        bias_regularizer: on the mean of the bias.
        kernel_constraint: projects the mean of the kernel after an update.
        bias_constraint: projects the mean of the bias after an update.
        kwargs: as for :class:`VariationalLayer`.

    Raises:
        ArgumentError: an argument is outside its range, or a posterior or prior is unknown.
    """

    def __init__(
        self,
        *,
        activation: Any = None,
        use_bias: bool = True,
        kernel_posterior: Any = KERNEL_POSTERIOR,
        kernel_prior: Any = KERNEL_PRIOR,
        bias_posterior: Any = BIAS_POSTERIOR,
        bias_prior: Any = None,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_posterior = get_posterior(kernel_posterior, "kernel_posterior")
        self.kernel_prior = get_prior(kernel_prior, "kernel_prior")
        self.bias_posterior = get_posterior(bias_posterior, "bias_posterior")
        self.bias_prior = get_prior(bias_prior, "bias_prior")
        self.require_dataset_size(self.kernel_prior, self.bias_prior if self.use_bias else None)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self._kernel: VariationalWeight
        self._bias: VariationalWeight | None = None

    def add_kernel_and_bias(self, kernel_shape: tuple[int, ...]) -> None:
        """Makes both weights; the last axis of the kernel is the output's.

        Args:
            kernel_shape: shape of the kernel.
        """
        self._kernel = self.add_variational_weight(
            "kernel",
            kernel_shape,
            posterior=self.kernel_posterior,
            prior=self.kernel_prior,
            initializer="glorot_uniform",
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self._bias = self.add_variational_weight(
                "bias",
                kernel_shape[-1:],
                posterior=self.bias_posterior,
                prior=self.bias_prior,
                initializer="zeros",
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def call(self, inputs: tf.Tensor, training: bool | None = None, sample: bool | None = None) -> tf.Tensor:
        """The layer's output.

        Args:
            inputs: floating, in the compute dtype.
            training: has no effect: the posterior is the same in training and in inference.
            sample: None or True draws new noise; False takes the mean of every posterior.
        """
        del training
        self.check_inputs(inputs)
        draws = self.resolve_sample(sample)
        mean, std = self._kernel.mean_and_std()
        if draws and std is not None:
            outputs = self.perturbed(inputs, mean, std)
        else:
            outputs = self.linear(inputs, tf.cast(mean, inputs.dtype))
        if self._bias is not None:
            bias = tf.cast(self._bias.draw(draws), outputs.dtype)
            outputs = outputs + self.align_channels(bias, outputs)
        return self.activation(outputs)

    def linear(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """The linear map with a given kernel.

        Args:
            inputs: as in :meth:`call`.
            kernel: in the dtype of the inputs.
        """
        raise NotImplementedError

    def perturbed(self, inputs: tf.Tensor, mean: tf.Tensor, std: tf.Tensor) -> tf.Tensor:
        """The linear map with a kernel drawn from N(mean, std²).

        Args:
            inputs: as in :meth:`call`.
            mean: of the kernel, float32 or float64.
            std: of the kernel, in the shape and dtype of ``mean``.
        """
        raise NotImplementedError

    def align_channels(self, values: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The values, one a channel, in a shape that broadcasts along the channels of the outputs.

        Args:
            values: shape (channels,).
            outputs: channels on the last axis, unless a subclass has them elsewhere.
        """
        del outputs
        return values

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_posterior": serialize(self.kernel_posterior),
            "kernel_prior": serialize(self.kernel_prior),
            "bias_posterior": serialize(self.bias_posterior),
            "bias_prior": serialize(self.bias_prior),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
            "activity_regularizer": keras.regularizers.serialize(self.activity_regularizer),
        }
