"""What all gradient estimators share: a signature, checked arguments, one gradient a draw, a loss.

For a law p(z; θ) and a function f, every estimator of this package answers the same question, the gradient of

::

    L(θ) = E_{z ~ p(z; θ)}[f(z)]

and is called in the same way::

    estimator(f, law, parameters, *, draws=None, noise=None, seed=None)  ->  {name: gradients}

    f           maps z, shape (n, *batch, *event), to values, shape (n, *batch); f decides how many
                trailing axes are one event, and treats every draw by itself
    law         the family of p, for example GaussianLaw()
    parameters  θ by name, each of shape (*batch, *event)
    draws       n ≥ 1, with ``seed``: the estimator draws its own noise
    noise       instead of these, the noise itself, shape (n, *batch, *event): same noise, same answer;
                estimators that need several kinds of it take them by name (see ``noise_names``)
    seed        an integer or two
    gradients   shape (n, *batch, *event): one estimate of the gradient of its own batch entry a draw. Their
                mean over axis 0 is the estimate to descend along

Whatever an estimator can be set to (baselines, temperatures) is an argument of its constructor. All
arithmetic is in the parameters' dtype, float32 or float64, and runs eagerly, under ``tf.function`` and
under jit.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.estimators.law import Law, Parameters
from course.estimators.noise import Seed, seed_pair
from course.validation import positive_int

Function = Callable[[tf.Tensor], tf.Tensor]
"""f of the module's docstring."""

Gradients = dict[str, tf.Tensor]
"""By parameter, one gradient a draw: shape (n, *batch, *event)."""

BASE = "base"
"""Name of the noise that places a draw of the law itself."""


class Estimator(abc.ABC):
    """A way to estimate the gradient of an expectation; see the module's docstring for the signature.

    Attributes:
        unbiased: whether the gradients' mean is the true gradient.
    """

    unbiased: ClassVar[bool] = True

    def __call__(
        self,
        f: Function,
        law: Law,
        parameters: Parameters,
        *,
        draws: int | None = None,
        noise: Any = None,
        seed: Seed | None = None,
    ) -> Gradients:
        """One gradient a draw.

        Args:
            f: maps (n, *batch, *event) to (n, *batch).
            law: the family of laws.
            parameters: by name, each of shape (*batch, *event).
            draws: n, with ``seed``.
            noise: the noise, instead of ``draws`` and ``seed``.
            seed: of the noise.

        Returns:
            By name, shape (n, *batch, *event).

        Raises:
            ArgumentError: a parameter is outside its range, the law does not suit the estimator, or it is not
                clear where noise comes from.
            ShapeError: parameters, noise or values have shapes that do not fit.
        """
        tiled, checked = self._prepare(law, parameters, draws, noise, seed)
        tiled = {name: tf.stop_gradient(value) for name, value in tiled.items()}
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(tiled.values()))
            # Each draw has a copy of the parameters of its own, so the gradient of the sum over all draws
            # holds each draw's gradient in that draw's copy.
            values = self.surrogate(f, law, tiled, checked)
        names = list(tiled)
        zero = tf.UnconnectedGradients.ZERO
        return dict(
            zip(
                names,
                tape.gradient(values, [tiled[n] for n in names], unconnected_gradients=zero),
                strict=True,
            )
        )

    def loss(
        self,
        f: Function,
        law: Law,
        parameters: Parameters,
        *,
        draws: int | None = None,
        noise: Any = None,
        seed: Seed | None = None,
    ) -> tf.Tensor:
        """A loss to train with: its value estimates E[f(z)], its gradient is the estimator's mean over draws.

        Parameters may be functions of weights, and f may have weights of its own: the gradient of each is
        what it should be, because f sees every draw once with the draw held fixed, or moved along its path
        where the estimator is pathwise. Differentiating twice has no meaning.

        Args:
            f: maps (n, *batch, *event) to (n, *batch).
            law: the family of laws.
            parameters: by name, each of shape (*batch, *event).
            draws: n, with ``seed``.
            noise: the noise, instead of ``draws`` and ``seed``.
            seed: of the noise; a new one every step.

        Returns:
            Shape (*batch).

        Raises:
            ArgumentError: as when called.
            ShapeError: as when called.
        """
        tiled, checked = self._prepare(law, parameters, draws, noise, seed)
        return tf.reduce_mean(self.surrogate(f, law, tiled, checked), axis=0)

    @abc.abstractmethod
    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """A differentiable stand-in for f(z), one a draw.

        Args:
            f: maps (n, *batch, *event) to (n, *batch).
            law: the family of laws.
            parameters: checked, a copy a draw: each of shape (n, *batch, *event).
            noise: checked, by name.

        Returns:
            Shape (n, *batch). The value is f(z) or, where the estimator has no draws or relaxed ones, what it
            puts in its place; the gradient in ``parameters`` is the estimator.
        """

    def check_law(self, law: Law) -> None:
        """Refuses a law that the estimator cannot work with.

        Args:
            law: the family of laws.

        Raises:
            ArgumentError: it cannot.
        """
        del law  # any will do unless a subclass says otherwise

    def noise_names(self, law: Law) -> tuple[str, ...]:
        """What kinds of noise the estimator needs; a single kind may be given as a bare tensor.

        Args:
            law: the family of laws.
        """
        return (BASE,)

    def draw_noise(self, law: Law, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """All noise for one draw a row.

        Args:
            law: the family of laws.
            parameters: each of shape (n, *batch, *event).
            seed: shape (2,).

        Returns:
            By name, each of shape (n, *batch, *event).
        """
        return {BASE: law.draw_noise(parameters, seed)}

    def _prepare(
        self, law: Law, parameters: Parameters, draws: int | None, noise: Any, seed: Seed | None
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """The parameters, one copy a draw, and the noise by name."""
        if not isinstance(law, Law):
            raise ArgumentError(
                "`law` is a law",
                where=type(self).__name__,
                expected="for example GaussianLaw()",
                received=law,
                fix="wrap a TFP distribution in DistributionLaw",
            )
        self.check_law(law)
        tensors = law.check(parameters)
        if (noise is None) == (draws is None or seed is None) or (
            noise is not None and not (draws is seed is None)
        ):
            raise ArgumentError(
                "noise is given, or drawn from a seed",
                where=type(self).__name__,
                expected="`noise`, or `draws` and `seed`",
                received=f"noise={'given' if noise is not None else None}, draws={draws}, seed={seed}",
            )
        if noise is None:
            tiled = tile(tensors, positive_int(draws, "draws"))
            assert seed is not None
            drawn = self.draw_noise(law, tiled, seed_pair(seed))
            return tiled, {name: tf.stop_gradient(value) for name, value in drawn.items()}
        given = self._check_noise(law, noise, next(iter(tensors.values())))
        return tile(tensors, tf.shape(next(iter(given.values())))[0]), given

    def _check_noise(self, law: Law, noise: Any, parameter: tf.Tensor) -> dict[str, tf.Tensor]:
        names = self.noise_names(law)
        by_name = noise if isinstance(noise, Mapping) else {BASE: noise}
        if set(by_name) != set(names):
            raise ArgumentError(
                "noise is given by name where there are several kinds",
                where=type(self).__name__,
                expected=list(names),
                received=sorted(by_name) if isinstance(noise, Mapping) else "one tensor",
            )
        tensors = {name: tf.convert_to_tensor(by_name[name], parameter.dtype) for name in names}
        shapes = {name: tuple(value.shape) for name, value in tensors.items()}
        rows = shapes[names[0]][:1] or (None,)
        wanted = tf.TensorShape(rows).concatenate(parameter.shape)
        if rows[0] == 0 or not all(wanted.is_compatible_with(shape) for shape in shapes.values()):
            event = ", ".join(["draws", *map(str, parameter.shape)])
            raise ShapeError(
                "noise has one row a draw, each of the parameters' shape",
                where=type(self).__name__,
                expected=f"({event})",
                received=shapes if len(shapes) > 1 else shapes[names[0]],
            )
        return {name: tf.stop_gradient(value) for name, value in tensors.items()}


def tile(parameters: dict[str, tf.Tensor], draws: int | tf.Tensor) -> dict[str, tf.Tensor]:
    """A copy of the parameters for every draw.

    Args:
        parameters: each of shape (*batch, *event).
        draws: n.

    Returns:
        Each of shape (n, *batch, *event).
    """
    return {
        name: tf.broadcast_to(value[tf.newaxis], tf.concat([[draws], tf.shape(value)], axis=0))
        for name, value in parameters.items()
    }


def evaluate(f: Function, z: tf.Tensor, law: Law) -> tf.Tensor:
    """f(z), after a look at its shape.

    Args:
        f: maps (n, *batch, *event) to (n, *batch).
        z: shape (n, *batch, *event).
        law: whose one-hot axes f has to consume.

    Returns:
        Shape (n, *batch).

    Raises:
        ShapeError: the values are not one a draw and batch entry.
    """
    values = tf.convert_to_tensor(f(z))
    rank = values.shape.rank
    if (
        rank is None
        or rank < 1
        or rank > z.shape.rank - law.core_rank
        or not values.shape.is_compatible_with(z.shape[:rank])
    ):
        raise ShapeError(
            "f gives one value a draw and batch entry",
            expected=f"leading axes of {tuple(z.shape)}, without the last {law.core_rank}"
            if law.core_rank
            else f"leading axes of {tuple(z.shape)}",
            received=tuple(values.shape),
            fix="sum over the axes of one event only",
        )
    return values


def sum_event(terms: tf.Tensor, rank: int) -> tf.Tensor:
    """The sum over an event's axes.

    Args:
        terms: shape (n, *batch, ...).
        rank: number of leading axes that stay, that of f's values.

    Returns:
        Shape (n, *batch).
    """
    return tf.reduce_sum(terms, axis=list(range(rank, terms.shape.rank)))


def attach(value: tf.Tensor) -> tf.Tensor:
    """Zero, with the gradient of the value.

    Args:
        value: any tensor.
    """
    return value - tf.stop_gradient(value)
