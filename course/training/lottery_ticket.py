"""Lottery tickets: iterative magnitude pruning with rewinding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from course.errors import ArgumentError, ShapeError
from course.training.variables import own_variables, put_back, values
from course.validation import one_of, positive_int, probability


class Mask(keras.constraints.Constraint):
    """Holds the pruned entries of a weight at zero: ``w ← w·mask`` after every step.

    The mask is a variable: pruning further reaches a training step that is compiled already.

    Args:
        weight: the variable to be constrained; nothing is pruned at first.

    Source:
        Frankle & Carbin 2019, section 1: the subnetwork f(x; m ⊙ θ).
    """

    def __init__(self, weight: keras.Variable) -> None:
        self.mask = keras.Variable(np.ones(weight.shape, "float32"), trainable=False, name="mask")

    def __call__(self, w: Any) -> Any:
        """The weight with zeros where it is pruned."""
        return w * keras.ops.cast(self.mask, w.dtype)


class LotteryTicket:
    """Prunes a model's kernels by magnitude, and puts the survivors back to where they were.

    ::

        m ← m · [ |w| is not among the smallest ⌊fraction·remaining⌋ ]
        w ← m · w₀

    The steps of the experiment are separate: :meth:`remember`, your training, :meth:`prune`,
    :meth:`rewind` or :meth:`reinitialize`. :func:`find_ticket` does them in their order. Every weight with
    two axes or more is pruned; biases and normalisation are not. While the object is in use the kernels
    carry a constraint, which saving leaves out.

    Args:
        model: a built Keras model.
        fraction: of the remaining weights that one :meth:`prune` takes, in (0, 1).
        scope: ``"layer"`` prunes the same fraction of each kernel, ``"global"`` the smallest of all kernels
            together.
        last_fraction: for the last kernel under ``"layer"``; None takes half of ``fraction``, as the paper
            does for the output layer.

    Raises:
        ArgumentError: an argument is outside its range, or the model has no kernel yet.

    Example:
        >>> model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(10)])
        >>> ticket = LotteryTicket(model, fraction=0.2, last_fraction=0.2)
        >>> ticket.prune()
        >>> ticket.remaining
        0.8

    Source:
        Frankle & Carbin 2019, section 1 and figure 1; rewinding to a later step: Frankle et al. 2020;
        Damianou, "Lottery ticket hypothesis".
    """

    def __init__(
        self,
        model: keras.Model,
        fraction: float = 0.2,
        *,
        scope: str = "layer",
        last_fraction: float | None = None,
    ) -> None:
        self.model = model
        self.fraction = probability(fraction, "fraction")
        self.scope = one_of(scope, ("layer", "global"), "scope")
        self.last_fraction = (
            fraction / 2 if last_fraction is None else probability(last_fraction, "last_fraction")
        )
        self.kernels = [weight for weight in model.trainable_variables if len(weight.shape) >= 2]
        if not self.kernels:
            raise ArgumentError(
                "the model has kernels to prune",
                expected="a built model with a trainable weight of two axes or more",
                received=f"{type(model).__name__} with {len(model.trainable_variables)} trainable weights",
                fix="call it once on data, or give it an Input",
            )
        self._constraints = [Mask(kernel) for kernel in self.kernels]
        for kernel, constraint in zip(self.kernels, self._constraints, strict=True):
            kernel.constraint = constraint
        self.remember()

    @property
    def masks(self) -> list[np.ndarray]:
        """One boolean array a kernel, in the order of :attr:`kernels`; True where a weight remains."""
        return [mask > 0 for mask in values([constraint.mask for constraint in self._constraints])]

    @property
    def remaining(self) -> float:
        """The share of the kernels' weights that is not pruned, in (0, 1]."""
        return float(sum(m.sum() for m in self.masks) / sum(m.size for m in self.masks))

    def remember(self) -> None:
        """Keeps weights and optimizer as they are now: what :meth:`rewind` goes back to.

        Called at the start; call it again a few epochs into the first training for late rewinding.
        """
        self._kept = values(self._state())

    def rewind(self) -> None:
        """Weights and optimizer as remembered, the pruned kernels' entries zero: the ticket."""
        self._put_back()
        self._apply()

    def reinitialize(self, fresh: keras.Model) -> None:
        """The same masks over the weights of another model, the optimizer as remembered.

        The control of the experiment: if the masks alone made the ticket win, this would win as well.

        Args:
            fresh: of the same architecture, built, initialised with another seed; it is left alone.

        Raises:
            ShapeError: its weights have other shapes.
        """
        self._put_back()
        own, other = own_variables(self.model), own_variables(fresh)
        shapes = [[tuple(v.shape) for v in variables] for variables in (own, other)]
        if shapes[0] != shapes[1]:
            raise ShapeError(
                "the fresh model has the ticket's architecture", expected=shapes[0], received=shapes[1]
            )
        put_back(own, values(other))
        self._apply()

    def prune(self) -> None:
        """Takes the smallest of the remaining weights away; biases are untouched."""
        magnitudes = [
            np.where(mask, np.abs(kernel.astype(np.float64)), np.inf)
            for kernel, mask in zip(values(self.kernels), self.masks, strict=True)
        ]
        if self.scope == "global":
            flat = np.concatenate([m.ravel() for m in magnitudes])
            kept = smallest_removed(flat, self.fraction)
            parts = np.split(kept, np.cumsum([m.size for m in magnitudes])[:-1])
        else:
            fractions = [self.fraction] * (len(magnitudes) - 1) + [self.last_fraction]
            parts = [smallest_removed(m.ravel(), f) for m, f in zip(magnitudes, fractions, strict=True)]
        for constraint, part in zip(self._constraints, parts, strict=True):
            constraint.mask.assign(part.reshape(constraint.mask.shape).astype("float32"))
        self._apply()

    def release(self) -> None:
        """Takes the constraints away; the kernels keep their zeros until they are trained further."""
        for kernel in self.kernels:
            kernel.constraint = None

    def _apply(self) -> None:
        for kernel, constraint in zip(self.kernels, self._constraints, strict=True):
            kernel.assign(constraint(kernel.value))

    def _state(self) -> list[Any]:
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is None:
            return own_variables(self.model)
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return [*own_variables(self.model), *optimizer.variables]

    def _put_back(self) -> None:
        state = self._state()
        if len(state) != len(self._kept):
            raise ArgumentError(
                "the model has the variables that were remembered",
                expected=f"{len(self._kept)} of them",
                received=f"{len(state)}",
                fix="compile the model before LotteryTicket(model), or call remember() after compile",
            )
        put_back(state, self._kept)


def smallest_removed(magnitudes: np.ndarray, fraction: float) -> np.ndarray:
    """Which entries survive when the smallest of the finite ones go.

    Args:
        magnitudes: ≥ 0, shape (n,); infinite where an entry is gone already.
        fraction: of the finite ones to remove, in (0, 1): ⌊fraction·count⌋, earlier entries
            first among equals.

    Returns:
        Booleans, shape (n,).

    Example:
        >>> smallest_removed(np.array([3.0, 1.0, np.inf, 2.0, 4.0]), 0.5).tolist()
        [True, False, False, False, True]
    """
    there = np.isfinite(magnitudes)
    # A product such as 0.2·15 comes out a hair above or below the whole number it means.
    removed = int(np.floor(fraction * there.sum() + 1e-9))
    kept = there.copy()
    kept[np.argsort(magnitudes, kind="stable")[:removed]] = False
    return kept


def find_ticket(
    ticket: LotteryTicket, train: Callable[[], Any], rounds: int, *, warm_up: Callable[[], Any] | None = None
) -> list[Any]:
    """Iterative magnitude pruning: train, prune, rewind, so many times.

    Args:
        ticket: of the model, at its beginning.
        train: trains ``ticket.model``, the same each time, and gives what is to be kept of it (a score).
        rounds: ≥ 1; the weights that remain are about (1 − fraction) to this power.
        warm_up: trains once, before all; rewinding goes back to where it ended. None goes back to the start.

    Returns:
        What ``train`` gave in each round: the first is that of the whole network. Afterwards the model is
        the rewound ticket, not yet trained.

    Raises:
        ArgumentError: ``rounds`` is not positive.

    Source:
        Frankle & Carbin 2019, section 1, "iterative pruning"; Frankle et al. 2020 for the warm-up.
    """
    if warm_up is not None:
        warm_up()
        ticket.remember()
    scores = []
    for _ in range(positive_int(rounds, "rounds")):
        scores.append(train())
        ticket.prune()
        ticket.rewind()
    return scores
