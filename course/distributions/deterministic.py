"""The posterior without spread: a point estimate."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.posterior import Parameters, Posterior, Variables
from course.distributions.tensors import accumulation_dtype


@keras.saving.register_keras_serializable(package="course")
class Deterministic(Posterior):
    """q(w) = δ(w − mean): an ordinary weight.

    With a prior, its "KL" is −log p(mean): the divergence of a point mass from a density is infinite, and
    what remains after dropping that constant is the MAP objective. So Deterministic with a Normal prior is
    weight decay.

    Args:
        mean_initializer: Keras initializer; None takes the one that the Keras layer of the same kind uses.

    Example:
        >>> Deterministic("zeros").random
        False
    """

    def __init__(self, mean_initializer: Any = None) -> None:
        self.mean_initializer = None if mean_initializer is None else keras.initializers.get(mean_initializer)

    @property
    def random(self) -> bool:
        """Never."""
        return False

    def add_variables(
        self,
        layer: keras.Layer,
        name: str,
        shape: tuple[int, ...],
        initializer: Any,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Variables:
        """Makes ``name``, in the weight's shape."""
        variable = layer.add_weight(
            name=name,
            shape=shape,
            # A shared initializer instance would give two layers of one shape the same start: take a fresh
            # one.
            initializer=keras.initializers.get(self.mean_initializer or initializer),
            regularizer=regularizer,
            constraint=constraint,
            autocast=False,
        )
        return {"mean": variable}

    def parameters(self, variables: Variables) -> Parameters:
        """``mean``."""
        mean = variables["mean"]
        return {"mean": tf.cast(tf.convert_to_tensor(mean), accumulation_dtype(mean.dtype))}

    def distribution(self, parameters: Parameters) -> tfd.Distribution:
        """``tfd.Independent(tfd.Deterministic)``, the event being the whole weight tensor."""
        point = tfd.Deterministic(parameters["mean"])
        return tfd.Independent(point, reinterpreted_batch_ndims=len(parameters["mean"].shape))

    def draw(self, parameters: Parameters, noise: tf.Tensor | None) -> tf.Tensor:
        """The mean."""
        del noise
        return parameters["mean"]

    def entropy(self, parameters: Parameters) -> tf.Tensor:
        """0 by convention: see the class."""
        return tf.zeros([], parameters["mean"].dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        initializer = self.mean_initializer
        return {
            "mean_initializer": None if initializer is None else keras.initializers.serialize(initializer)
        }
