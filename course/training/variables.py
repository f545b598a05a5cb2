"""A model's state as arrays, to be put back later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def own_variables(model: keras.Model) -> list[Any]:
    """A model's variables without those of its metrics: weights, batch statistics and seeds.

    Args:
        model: a Keras model.
    """
    measured = {id(variable) for metric in model.metrics for variable in metric.variables}
    return [variable for variable in model.variables if id(variable) not in measured]


def values(variables: Sequence[Any]) -> list[np.ndarray]:
    """Copies of the variables' values.

    Args:
        variables: of Keras.
    """
    # Not np.array(variable): the variables' __array__ lacks an argument that NumPy 2 warns about. The copy
    # because `numpy` may be a view of what the next step writes to.
    return [tf.convert_to_tensor(variable.value).numpy().copy() for variable in variables]


def put_back(variables: Sequence[Any], kept: Sequence[np.ndarray]) -> None:
    """Assigns what :func:`values` gave.

    Args:
        variables: the same ones, in the same order.
        kept: one array each.
    """
    for variable, value in zip(variables, kept, strict=True):
        variable.assign(value)
