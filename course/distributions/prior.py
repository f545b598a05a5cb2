"""The interface of priors over one weight tensor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.posterior import Parameters, Variables


class Prior(ABC):
    """A prior p(w) over one weight tensor, as a configuration.

    The entries of the tensor are independent and identically distributed.

    It holds settings, never variables: a trainable prior makes its variables in the layer that uses it.
    """

    def add_variables(self, layer: keras.Layer, name: str) -> Variables:
        """Makes the prior's variables in a layer: none, unless the prior is trainable.

        Args:
            layer: the layer that owns them.
            name: the weight's name, e.g. "kernel".
        """
        del layer, name
        return {}

    @abstractmethod
    def parameters(self, variables: Variables, dtype: tf.DType) -> Parameters:
        """The distribution's parameters now, each a scalar or a short vector.

        Args:
            variables: what :meth:`add_variables` made.
            dtype: float32 or float64.
        """

    @abstractmethod
    def distribution(self, parameters: Parameters) -> tfd.Distribution:
        """The law of one entry of the weight tensor as a scalar TFP distribution.

        Args:
            parameters: from :meth:`parameters`.
        """

    def log_prob(self, parameters: Parameters, weight: tf.Tensor) -> tf.Tensor:
        """The log density log p(w) summed over the weight tensor, a scalar in nats.

        Args:
            parameters: from :meth:`parameters`.
            weight: any shape, in the parameters' dtype.
        """
        return tf.reduce_sum(self.distribution(parameters).log_prob(weight))

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, ready for JSON."""

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({settings})"

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Prior:
        """The inverse of :meth:`get_config`."""
        return cls(**config)
