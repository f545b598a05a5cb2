"""The scale mixture of two Gaussians."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.posterior import Parameters, Variables
from course.distributions.prior import Prior
from course.errors import ArgumentError
from course.validation import positive_float, probability


@keras.saving.register_keras_serializable(package="course")
class ScaleMixtureNormal(Prior):
    """p(w) = Π_i [π·N(w_i; 0, std_wide²) + (1 − π)·N(w_i; 0, std_narrow²)].

    The narrow component pulls most weights to zero, the wide one leaves a few free: a smooth spike and slab.
    There is no closed-form KL; layers take −E_q[log p] by sample and the entropy exactly.

    Args:
        weight: π, the probability of the wide component, in (0, 1).
        std_wide: standard deviation of the wide component, > 0.
        std_narrow: standard deviation of the narrow component, > 0 and at most ``std_wide``.

    Raises:
        ArgumentError: an argument is outside its range.

    Example:
        >>> ScaleMixtureNormal(weight=0.25).get_config()
        {'weight': 0.25, 'std_wide': 1.0, 'std_narrow': 0.0025}

    Source:
        Blundell et al. 2015, section 3.3; the default stds are e⁰ and about e⁻⁶, from section 5.1's grid.
    """

    def __init__(self, weight: float = 0.5, std_wide: float = 1.0, std_narrow: float = 0.0025) -> None:
        self.weight = probability(weight, "weight")
        self.std_wide = positive_float(std_wide, "std_wide")
        self.std_narrow = positive_float(std_narrow, "std_narrow")
        if self.std_narrow > self.std_wide:
            raise ArgumentError(
                "the narrow component is not wider than the wide one",
                expected=f"std_narrow ≤ {self.std_wide}",
                received=f"std_narrow={std_narrow!r}",
            )

    def parameters(self, variables: Variables, dtype: tf.DType) -> Parameters:
        """``probs`` and ``std``, shape (2,), the wide component first."""
        del variables
        return {
            "probs": tf.constant([self.weight, 1.0 - self.weight], dtype),
            "std": tf.constant([self.std_wide, self.std_narrow], dtype),
        }

    def distribution(self, parameters: Parameters) -> tfd.Distribution:
        """``tfd.MixtureSameFamily``; its log density is a log-sum-exp, so no component underflows."""
        std = parameters["std"]
        return tfd.MixtureSameFamily(
            tfd.Categorical(probs=parameters["probs"]), tfd.Normal(tf.zeros_like(std), std)
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"weight": self.weight, "std_wide": self.std_wide, "std_narrow": self.std_narrow}
