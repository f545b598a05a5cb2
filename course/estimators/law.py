"""The laws that expectations are taken under, as the estimators see them.

A law is stateless: parameters come in, by name, as tensors of one shape. It says how a draw is placed from
noise, what a draw's log-density is, and, where it has them, the further routes that some estimators need.
TFP's distributions stay the place for everything else;
:class:`~course.estimators.distribution_law.DistributionLaw` adapts any of them.

Shapes, here and in all estimators::

    parameters   (*batch, *event)          all of one shape
    noise, z     (n, *batch, *event)       one draw a leading row
    f(z)         (n, *batch)               f decides how many trailing axes are one event
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.distributions.tensors import common_tensors
from course.errors import ArgumentError, DtypeError, ShapeError

Parameters = Mapping[str, Any]
"""Parameters by name, for example ``{"mean": ..., "std": ...}``."""


class Law(abc.ABC):
    """A parametric family of distributions.

    Attributes:
        name: for messages.
        parameters: names of the parameters, which carry the parameterisation.
        positive: names of those that must be > 0.
        core_rank: number of trailing parameter axes that belong to a single variable; 1 for one-hot vectors.
        discrete: whether draws have no derivative.
        reparameterized: whether :meth:`place` is differentiable in the parameters.
    """

    name: str
    parameters: tuple[str, ...]
    positive: frozenset[str] = frozenset()
    core_rank: int = 0
    discrete: bool = False
    reparameterized: bool = False

    @abc.abstractmethod
    def draw_noise(self, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Noise for one draw a row.

        Args:
            parameters: each of shape (n, *batch, *event).
            seed: shape (2,).

        Returns:
            Shape (n, *batch, *event).
        """

    @abc.abstractmethod
    def place(self, parameters: dict[str, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
        """The draws that the noise stands for.

        Args:
            parameters: each of shape (n, *batch, *event).
            noise: shape (n, *batch, *event).

        Returns:
            Shape (n, *batch, *event).
        """

    @abc.abstractmethod
    def log_prob(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """Log-density or log-mass of every variable by itself, nats.

        Args:
            parameters: each broadcasts with z.
            z: draws.

        Returns:
            The shape of z without its last ``core_rank`` axes; not summed over the event.
        """

    def distribution(self, parameters: dict[str, tf.Tensor]) -> tfd.Distribution:
        """The same law as a TFP distribution.

        Args:
            parameters: by name.

        Raises:
            ArgumentError: there is none here.
        """
        self._lacks("a TFP distribution", "use DistributionLaw")

    def standardize(self, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> tf.Tensor:
        """Noise ε whose law depends on the parameters weakly, or not at all.

        Args:
            parameters: each broadcasts with z.
            z: draws.

        Raises:
            ArgumentError: the law has no such form.
        """
        self._lacks("a standardised form", "use a GammaLaw or a GaussianLaw")

    def unstandardize(
        self, parameters: dict[str, tf.Tensor], noise: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The inverse of :meth:`standardize` with its log-derivative.

        Args:
            parameters: each broadcasts with the noise.
            noise: ε.

        Returns:
            z = T(ε) and log|dz/dε|, both of the noise's shape.

        Raises:
            ArgumentError: the law has no such form.
        """
        self._lacks("a standardised form", "use a GammaLaw or a GaussianLaw")

    def states(self, event_shape: tuple[int, ...]) -> np.ndarray:
        """All values of one event.

        Args:
            event_shape: of one event.

        Returns:
            Shape (number of states, *event_shape).

        Raises:
            ArgumentError: the law has infinitely many.
        """
        self._lacks("finitely many states", "use a BernoulliLaw or a CategoricalLaw")

    def check(self, parameters: Parameters) -> dict[str, tf.Tensor]:
        """The parameters as tensors of one dtype and shape.

        Values are checked where they are known, which they are not inside a compiled function.

        Args:
            parameters: by name.

        Raises:
            ArgumentError: a name is missing or unknown, or a value is outside its range.
            DtypeError: the dtype is not float32 or float64, or there are several.
            ShapeError: the shapes differ.

        Example:
            >>> from course.estimators import GaussianLaw
            >>> sorted(GaussianLaw().check({"mean": 0.0, "std": 1.0}))
            ['mean', 'std']
        """
        if not isinstance(parameters, Mapping) or set(parameters) != set(self.parameters):
            names = sorted(parameters) if isinstance(parameters, Mapping) else type(parameters).__name__
            raise ArgumentError(
                "parameters come by name", where=self.name, expected=list(self.parameters), received=names
            )
        values = common_tensors(*(parameters[name] for name in self.parameters))
        tensors = dict(zip(self.parameters, values, strict=True))
        if values[0].dtype not in (tf.float32, tf.float64):
            raise DtypeError(
                "estimators compute in single or double precision",
                where=self.name,
                expected="float32 or float64",
                received=values[0].dtype.name,
                fix="cast the parameters",
            )
        shapes = {name: tuple(value.shape) for name, value in tensors.items()}
        if len(set(shapes.values())) > 1 or len(values[0].shape) < self.core_rank:
            raise ShapeError(
                "all parameters of a law have one shape",
                where=self.name,
                expected=f"one shape of at least {self.core_rank} axes",
                received=shapes,
                fix="broadcast them first",
            )
        for name, tensor in tensors.items():
            known = tf.get_static_value(tensor)
            if known is None:
                continue
            if not np.all(np.isfinite(known)) or (name in self.positive and not np.all(known > 0)):
                rule = "is positive" if name in self.positive else "is finite"
                bound = f"{name} > 0" if name in self.positive else f"a finite {name}"
                raise ArgumentError(
                    f"`{name}` {rule}",
                    where=self.name,
                    expected=bound,
                    received=f"{name}={known.tolist()}" if known.size <= 8 else f"minimum {known.min()}",
                )
        return tensors

    def _lacks(self, what: str, fix: str) -> NoReturn:
        raise ArgumentError(f"the {self.name} law has no {what.removeprefix('a ')} here", fix=fix)
