"""Schedules for the weight of the KL, and the callback that applies them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from course.errors import ArgumentError
from course.validation import finite_float, one_of, positive_float, positive_int


@dataclass(frozen=True)
class LinearAnnealing:
    """A straight line from ``start`` to ``stop``, and ``stop`` ever after.

    ::

        β(t) = start + (stop − start)·min(t/steps, 1)

    Args:
        steps: until ``stop`` is reached, ≥ 1.
        start: β at step 0.
        stop: β from step ``steps`` on.

    Raises:
        ArgumentError: an argument is outside its range.

    Example:
        >>> [LinearAnnealing(4)(t) for t in (0, 1, 4, 9)]
        [0.0, 0.25, 1.0, 1.0]

    Source:
        Bowman et al. 2016, section 3.1, and Sønderby et al. 2016, "warm-up".
    """

    steps: int
    start: float = 0.0
    stop: float = 1.0

    def __post_init__(self) -> None:
        positive_int(self.steps, "steps")
        finite_float(self.start, "start")
        finite_float(self.stop, "stop")

    def __call__(self, step: int) -> float:
        """β at a step, counted from 0."""
        return self.start + (self.stop - self.start) * min(step / self.steps, 1.0)


@dataclass(frozen=True)
class SigmoidAnnealing:
    """A smooth step from 0 to 1, ½ at the midpoint.

    ::

        β(t) = 1 / (1 + exp(−(t − midpoint)/width))

    Args:
        midpoint: in steps.
        width: steps in which the odds of β grow by e, > 0.

    Raises:
        ArgumentError: an argument is outside its range.

    Example:
        >>> SigmoidAnnealing(midpoint=100, width=10)(100)
        0.5

    Source:
        Bowman et al. 2016, figure 2.
    """

    midpoint: float
    width: float

    def __post_init__(self) -> None:
        finite_float(self.midpoint, "midpoint")
        positive_float(self.width, "width")

    def __call__(self, step: int) -> float:
        """β at a step, counted from 0."""
        # tanh does not overflow where exp would.
        return 0.5 * (1.0 + math.tanh(0.5 * (step - self.midpoint) / self.width))


@dataclass(frozen=True)
class CyclicalAnnealing:
    """Rises from 0 to 1 and stays there, again and again; 1 after the last cycle.

    ::

        τ(t) = mod(t, T/M) / (T/M)
        β(t) = min(τ(t)/R, 1)          for t < T,   1 afterwards

    Each return to 0 lets the encoder learn again from a decoder that is better by then.

    Args:
        steps: T, of the whole training, ≥ 1.
        cycles: M ≥ 1.
        ratio: R in (0, 1], the share of a cycle in which β rises.

    Raises:
        ArgumentError: an argument is outside its range, or a cycle is shorter than one step.

    Example:
        >>> [CyclicalAnnealing(16, cycles=2)(t) for t in (0, 1, 2, 4, 7, 8, 9)]
        [0.0, 0.25, 0.5, 1.0, 1.0, 0.0, 0.25]

    Source:
        Fu et al. 2019, eq. (6) and (7); their t counts from 1.
    """

    steps: int
    cycles: int = 4
    ratio: float = 0.5

    def __post_init__(self) -> None:
        positive_int(self.steps, "steps")
        positive_int(self.cycles, "cycles")
        if positive_float(self.ratio, "ratio") > 1:
            raise ArgumentError(
                "`ratio` is a share of a cycle", expected="0 < ratio ≤ 1", received=f"ratio={self.ratio!r}"
            )
        if self.cycles > self.steps:
            raise ArgumentError(
                "a cycle has at least one step",
                expected=f"cycles ≤ {self.steps}",
                received=f"cycles={self.cycles}",
            )

    def __call__(self, step: int) -> float:
        """β at a step, counted from 0."""
        if step >= self.steps:
            return 1.0
        # In whole numbers: a rounded T/M would let a cycle begin one step late.
        into_cycle = (step * self.cycles % self.steps) / self.steps
        return min(into_cycle / self.ratio, 1.0)


class KLAnnealing(keras.callbacks.Callback):
    """Sets ``model.beta`` before each batch or epoch of ``fit``.

    For any model whose ``beta`` is a variable, as that of :class:`course.models.VAE` is: the new value
    reaches a step that is compiled already, under jit as well. With ``steps_per_execution`` above 1 Keras
    calls back once an execution, and β stands still in between.

    Args:
        schedule: from the step or epoch, counted from 0, to β: one of this module's, or any function.
        per: ``"batch"`` or ``"epoch"``: what is counted.

    Attributes:
        steps: batches or epochs so far; a second ``fit`` goes on from there.
        betas: the value set at each of them.

    Raises:
        ArgumentError: ``schedule`` is not callable, ``per`` is none of the two, the model has no variable
            ``beta``, or the schedule gives a negative or infinite weight.

    Example:
        >>> from course.models import dense_vae
        >>> vae = dense_vae((2,), 1, hidden=())
        >>> vae.compile("sgd")
        >>> annealing = KLAnnealing(LinearAnnealing(2))
        >>> _ = vae.fit(keras.ops.zeros([6, 2]), batch_size=2, callbacks=[annealing], verbose=0)
        >>> annealing.betas
        [0.0, 0.5, 1.0]

    Source:
        Bowman et al. 2016, section 3.1; Fu et al. 2019.
    """

    def __init__(self, schedule: Callable[[int], float], per: str = "batch") -> None:
        super().__init__()
        if not callable(schedule):
            raise ArgumentError(
                "`schedule` is a function of the step",
                expected="LinearAnnealing, CyclicalAnnealing or the like",
                received=f"schedule={schedule!r}",
            )
        self.schedule, self.per = schedule, one_of(per, ("batch", "epoch"), "per")
        self.steps = 0
        self.betas: list[float] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Refuses a model without a variable ``beta``."""
        if not isinstance(getattr(self.model, "beta", None), keras.Variable):
            raise ArgumentError(
                "the model's `beta` is a variable, so that a compiled step sees it change",
                where=type(self.model).__name__,
                expected="self.beta = self.add_weight(shape=(), trainable=False)",
                received=f"beta={getattr(self.model, 'beta', None)!r}",
            )

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """The next β, where batches count."""
        if self.per == "batch":
            self._set()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """The next β, where epochs count."""
        if self.per == "epoch":
            self._set()

    def _set(self) -> None:
        beta = float(self.schedule(self.steps))
        if not 0 <= beta < math.inf:
            raise ArgumentError(
                "`schedule` gives weights that are finite and not negative",
                expected="β ≥ 0",
                received=f"β={beta} at step {self.steps}",
            )
        self.model.beta.assign(beta)
        self.betas.append(beta)
        self.steps += 1
