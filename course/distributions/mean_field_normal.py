"""The factorised Gaussian posterior."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.posterior import Parameters, Posterior, Variables
from course.distributions.tensors import accumulation_dtype
from course.validation import positive_float


@keras.saving.register_keras_serializable(package="course")
class MeanFieldNormal(Posterior):
    """q(w) = Π_i N(w_i; mean_i, std_i²) with std_i = exp(log_std_i).

    The exponential and not softplus: log std, which the KL needs, is then the variable itself. The KL stays
    finite however small the std, and the step is cheaper by two softplus of the kernel's size.

    Args:
        initial_std: standard deviation of every entry before training, > 0. The mean, not the spread, breaks
            the symmetry between units, so one number is enough.
        mean_initializer: Keras initializer of the means; None takes the one that the Keras layer of the same
            kind uses (Glorot for kernels, zeros for biases).

    Raises:
        ArgumentError: ``initial_std`` is not positive.

    Example:
        >>> MeanFieldNormal(initial_std=0.1).get_config()
        {'initial_std': 0.1, 'mean_initializer': None}

    Source:
        Blundell et al. 2015, section 3.2, with std = softplus(rho) there.
    """

    def __init__(self, initial_std: float = 0.05, mean_initializer: Any = None) -> None:
        self.initial_std = positive_float(initial_std, "initial_std")
        self.mean_initializer = None if mean_initializer is None else keras.initializers.get(mean_initializer)

    @property
    def random(self) -> bool:
        """Always: its draws have the spread of the posterior."""
        return True

    def add_variables(
        self,
        layer: keras.Layer,
        name: str,
        shape: tuple[int, ...],
        initializer: Any,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Variables:
        """Makes ``{name}_mean`` and ``{name}_log_std``, both in the weight's shape."""
        # A shared initializer instance would give two layers of one shape the same start: take a fresh one.
        mean_initializer = keras.initializers.get(self.mean_initializer or initializer)
        # Without autocast: the std and the KL would otherwise be taken in the compute dtype of a mixed
        # policy.
        return {
            "mean": layer.add_weight(
                name=f"{name}_mean",
                shape=shape,
                initializer=mean_initializer,
                regularizer=regularizer,
                constraint=constraint,
                autocast=False,
            ),
            "log_std": layer.add_weight(
                name=f"{name}_log_std",
                shape=shape,
                initializer=keras.initializers.Constant(math.log(self.initial_std)),
                autocast=False,
            ),
        }

    def parameters(self, variables: Variables) -> Parameters:
        """``mean``, ``std`` and ``log_std``."""
        dtype = accumulation_dtype(variables["mean"].dtype)
        mean = tf.cast(tf.convert_to_tensor(variables["mean"]), dtype)
        log_std = tf.cast(tf.convert_to_tensor(variables["log_std"]), dtype)
        return {"mean": mean, "std": tf.exp(log_std), "log_std": log_std}

    def distribution(self, parameters: Parameters) -> tfd.Distribution:
        """``tfd.Independent(tfd.Normal)``, the event being the whole weight tensor."""
        normal = tfd.Normal(parameters["mean"], parameters["std"])
        return tfd.Independent(normal, reinterpreted_batch_ndims=len(parameters["mean"].shape))

    def draw(self, parameters: Parameters, noise: tf.Tensor | None) -> tf.Tensor:
        """Mean + std·noise (Kingma & Welling 2014, section 2.4)."""
        return parameters["mean"] + parameters["std"] * noise

    def entropy(self, parameters: Parameters) -> tf.Tensor:
        """Σ_i ½ log(2πe) + log_std_i."""
        log_std = parameters["log_std"]
        constant = 0.5 * math.log(2.0 * math.pi * math.e) * log_std.shape.num_elements()
        return tf.reduce_sum(log_std) + constant

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        initializer = self.mean_initializer
        return {
            "initial_std": self.initial_std,
            "mean_initializer": None if initializer is None else keras.initializers.serialize(initializer),
        }
