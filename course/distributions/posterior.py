"""The interface of variational posteriors over one weight tensor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

Variables = dict[str, keras.Variable]
Parameters = dict[str, tf.Tensor]


class Posterior(ABC):
    """A variational posterior q(w) over one weight tensor, as a configuration.

    It holds settings, never variables: :meth:`add_variables` makes those in a layer, and every other method
    takes what they hold. One object can therefore serve many layers, and saves as a few numbers.
    """

    @property
    @abstractmethod
    def random(self) -> bool:
        """Whether draws differ from the mean."""

    @abstractmethod
    def add_variables(
        self,
        layer: keras.Layer,
        name: str,
        shape: tuple[int, ...],
        initializer: Any,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Variables:
        """Makes the variables of the posterior in a layer.

        Args:
            layer: the layer that owns them.
            name: the weight's name, e.g. "kernel".
            shape: the weight's shape.
            initializer: Keras initializer of the mean, unless this object has one of its own.
            regularizer: callable on the mean.
            constraint: projection of the mean after an update.
        """

    @abstractmethod
    def parameters(self, variables: Variables) -> Parameters:
        """The distribution's parameters now, in float32 or float64 whatever the layer's dtype policy.

        Args:
            variables: what :meth:`add_variables` made.

        Returns:
            At least ``mean``; with ``std`` where :attr:`random`; each in the weight's shape.
        """

    @abstractmethod
    def distribution(self, parameters: Parameters) -> tfd.Distribution:
        """q(w) as a TFP distribution whose event is the whole weight tensor.

        Args:
            parameters: from :meth:`parameters`.
        """

    @abstractmethod
    def draw(self, parameters: Parameters, noise: tf.Tensor | None) -> tf.Tensor:
        """A draw of the weight tensor.

        Args:
            parameters: from :meth:`parameters`.
            noise: standard normal, in the weight's shape; None where not :attr:`random`.
        """

    @abstractmethod
    def entropy(self, parameters: Parameters) -> tf.Tensor:
        """H[q] in nats, a scalar.

        Args:
            parameters: from :meth:`parameters`.
        """

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, ready for JSON."""

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({settings})"

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Posterior:
        """The inverse of :meth:`get_config`."""
        return cls(**config)
