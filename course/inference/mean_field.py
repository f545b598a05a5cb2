"""Mean-field coordinate ascent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.errors import ArgumentError
from course.inference.progress import progress_bar
from course.validation import positive_float, positive_int

Factors = dict[str, Any]
"""The factors of q by name, in whatever form the updates share."""


@dataclass(frozen=True)
class MeanFieldResult:
    """What coordinate ascent reached.

    Args:
        factors: of q, by name.
        elbo: after every single update, nats, shape (updates made,); never falls if the updates are optima.
        converged: whether the tolerance was met.
        interrupted: whether the run was stopped by hand.
    """

    factors: Factors
    elbo: np.ndarray
    converged: bool
    interrupted: bool


def mean_field(
    updates: Mapping[str, Callable[[Factors], Any]],
    elbo: Callable[[Factors], float],
    start: Mapping[str, Any],
    *,
    sweeps: int = 1_000,
    tolerance: float = 1e-10,
    progress: bool | None = None,
) -> MeanFieldResult:
    """Coordinate ascent on the ELBO: each factor of q in turn is set to its optimum given the others.

    ::

        log q_j(z_j) = E_{i ≠ j}[log p(x, z)] + constant

    Args:
        updates: by factor, a function of all factors that gives this one's optimum.
        elbo: of all factors, nats.
        start: the first factors, of the same names.
        sweeps: most passes over all factors, ≥ 1.
        tolerance: stop once a sweep raises the ELBO by less than this, nats, > 0.
        progress: whether to draw a bar; None on a terminal only.

    Returns:
        The factors with the ELBO at every update; after an interrupt from the keyboard, what was reached.

    Raises:
        ArgumentError: the names differ, there are none, or a number is outside its range.

    Example:
        >>> halves = {"a": lambda q: q["b"] / 2, "b": lambda q: q["a"] / 2}
        >>> valley = lambda q: -(q["a"] ** 2) + q["a"] * q["b"] - q["b"] ** 2
        >>> run = mean_field(halves, valley, {"a": 1.0, "b": 1.0})
        >>> run.converged, abs(run.factors["a"]) < 1e-4
        (True, True)

    Source:
        Bishop 2006, eq. (10.9); Aziz, "Mean field assumption".
    """
    positive_int(sweeps, "sweeps")
    positive_float(tolerance, "tolerance")
    if not updates or set(updates) != set(start):
        raise ArgumentError(
            "every factor has a start and an update", expected=sorted(updates), received=sorted(start)
        )
    factors = dict(start)
    trace: list[float] = []
    before = elbo(factors)
    converged = interrupted = False
    with progress_bar("mean field", sweeps, progress) as advance:
        try:
            for _ in range(sweeps):
                for name, update in updates.items():
                    factors[name] = update(factors)
                    trace.append(float(elbo(factors)))
                advance(1, f"ELBO {trace[-1]:.6g}")
                if trace[-1] - before < tolerance:
                    converged = True
                    break
                before = trace[-1]
        except KeyboardInterrupt:
            interrupted = True
    return MeanFieldResult(factors, np.array(trace), converged, interrupted)
