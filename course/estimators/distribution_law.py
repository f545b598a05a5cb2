"""Any TFP distribution as a law."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.errors import ArgumentError
from course.estimators.law import Law


class DistributionLaw(Law):
    """Independent variables of a univariate TFP distribution; the noise is the draw itself.

    Args:
        build: makes the distribution; takes the parameters by name.
        parameters: names of the parameters.
        positive: names of those that must be > 0.
        discrete: whether draws have no derivative.

    Raises:
        ArgumentError: ``positive`` names something that is no parameter.

    Example:
        >>> law = DistributionLaw(tfd.Beta, ("concentration1", "concentration0"))
        >>> params = law.check({"concentration1": 2.0, "concentration0": 3.0})
        >>> float(law.distribution(params).mean())
        0.4000000059604645
    """

    def __init__(
        self,
        build: Callable[..., tfd.Distribution],
        parameters: Iterable[str],
        positive: Iterable[str] = (),
        discrete: bool = False,
    ) -> None:
        self.build = build
        self.parameters = tuple(parameters)
        self.positive = frozenset(positive)
        self.discrete = discrete
        self.name = getattr(build, "__name__", "given")
        unknown = sorted(self.positive - set(self.parameters))
        if unknown:
            raise ArgumentError(
                "`positive` names parameters", expected=f"among {list(self.parameters)}", received=unknown
            )

    def draw_noise(self, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Draws, by TFP's sampler."""
        return tf.stop_gradient(self.distribution(parameters).sample(seed=seed))

    def place(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """The noise: it is the draw."""
        return noise

    def log_prob(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """TFP's, elementwise."""
        return self.distribution(parameters).log_prob(z)

    def distribution(self, parameters: dict[str, Any]) -> tfd.Distribution:
        """What ``build`` makes of the parameters."""
        return self.build(**parameters)
