"""What the heads share: a Dense layer that outputs a distribution's parameters."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.tensors import accumulation_dtype
from course.errors import ShapeError


class DistributionHead(keras.layers.Layer):
    """Last layer of a model that predicts a distribution.

    The layer's output is a plain tensor of unconstrained parameters, which every Keras tool can handle;
    :meth:`distribution` makes a TFP distribution of it where one is wanted::

        params = features · kernel + bias          shape (batch, ..., params_size)
        head.distribution(params)                  batch shape (batch, ...)

    Train with :class:`NegativeLogLikelihood` as the loss.

    Args:
        kernel_initializer: as in ``keras.layers.Dense``.
        bias_initializer: as in ``keras.layers.Dense``.
        kernel_regularizer: as in ``keras.layers.Dense``.
        kwargs: as for ``keras.layers.Layer``.
    """

    def __init__(
        self,
        *,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.input_spec = keras.layers.InputSpec(min_ndim=2)
        self.supports_masking = True

    @property
    @abstractmethod
    def params_size(self) -> int:
        """Number of parameters an example, the last axis of the output."""

    @abstractmethod
    def make_distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """The distribution for parameters that have been checked.

        Args:
            params: shape (..., params_size), float32 or float64.
        """

    def distribution(self, params: Any) -> tfd.Distribution:
        """The distribution that the layer's output stands for.

        Args:
            params: the layer's output, shape (..., params_size), or an array such as ``model.predict``
                gives. Half precision is taken to float32 first.

        Raises:
            ShapeError: the last axis is not ``params_size``.
        """
        params = tf.convert_to_tensor(params)
        if params.shape[-1] != self.params_size:
            raise ShapeError(
                "the last axis of the parameters is the head's params_size",
                where=self.name,
                expected=f"(..., {self.params_size})",
                received=params.shape,
            )
        return self.make_distribution(tf.cast(params, accumulation_dtype(params.dtype)))

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes kernel and bias."""
        features = input_shape[-1]
        if features is None:
            raise ShapeError(
                "the last axis of the inputs is known when the layer is built",
                where=self.name,
                expected="(batch, ..., features)",
                received=input_shape,
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(features, self.params_size),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        self.bias = self.add_weight(name="bias", shape=(self.params_size,), initializer=self.bias_initializer)
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: features})
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The parameters.

        Args:
            inputs: features, shape (batch, ..., features).
        """
        return keras.ops.matmul(inputs, self.kernel) + self.bias

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, ..., params_size)."""
        return (*input_shape[:-1], self.params_size)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
