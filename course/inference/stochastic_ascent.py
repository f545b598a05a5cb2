"""The loop that the stochastic methods share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from course.errors import NumericsError
from course.estimators.noise import Seed, seed_pair
from course.inference.progress import progress_bar
from course.validation import positive_float, positive_int

_CHUNK = 100
"""Steps between two looks at the keyboard, the bar and the values."""

_TAIL = 0.5
"""Share of the steps after which iterates are averaged."""


@dataclass(frozen=True)
class Ascent:
    """How a run went.

    Args:
        objective: estimate of the objective at every step made, shape (steps made,).
        interrupted: whether the run was stopped by hand before its last step.
    """

    objective: np.ndarray
    interrupted: bool


def stochastic_ascent(
    objective: Callable[[tf.Tensor], tf.Tensor],
    variables: Sequence[keras.Variable],
    *,
    steps: int,
    learning_rate: float,
    seed: Seed,
    jit: bool = False,
    progress: bool | None = None,
    description: str = "ascent",
) -> Ascent:
    """Maximises the mean of a noisy objective by Adam with falling steps and averaged iterates.

    The step size falls to 0 along a cosine, and the result is the mean of the iterates of the second half: a
    single iterate keeps the noise of the last gradients.

    Args:
        objective: takes a seed of shape (2,), a fresh one every step, and returns a scalar.
        variables: what it depends on; changed in place.
        steps: number of steps, ≥ 1.
        learning_rate: of the first step, > 0.
        seed: of all noise.
        jit: whether XLA compiles the steps.
        progress: whether to draw a bar; None on a terminal only.
        description: the bar's title.

    Returns:
        The objective's trace. An interrupt from the keyboard ends the run early and is reported, not
        raised: the variables hold the last iterate.

    Raises:
        ArgumentError: ``steps`` or ``learning_rate`` is not positive.
        NumericsError: the objective is no longer finite.

    Source:
        Kingma & Ba 2015; Polyak & Juditsky 1992 for the mean.

    Example:
        >>> x = keras.Variable(3.0)
        >>> hill = lambda seed: -((x.value - 1.0) ** 2)
        >>> run = stochastic_ascent(hill, [x], steps=300, learning_rate=0.1, seed=0)
        >>> abs(float(x.value) - 1.0) < 1e-2, len(run.objective)
        (True, 300)
    """
    steps = positive_int(steps, "steps")
    schedule = keras.optimizers.schedules.CosineDecay(positive_float(learning_rate, "learning_rate"), steps)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(list(variables))
    averages = [tf.Variable(tf.zeros_like(variable.value)) for variable in variables]
    tail = int(_TAIL * steps)
    base = seed_pair(seed)

    @tf.function(jit_compile=jit, autograph=False)
    def one(step: tf.Tensor) -> tf.Tensor:
        own = tf.random.experimental.stateless_fold_in(base, step, alg="philox")
        with tf.GradientTape() as tape:
            value = objective(own)
            loss = -value
        weights = [variable.value for variable in variables]
        optimizer.apply(tape.gradient(loss, weights), list(variables))
        for variable, average in zip(variables, averages, strict=True):
            # A running mean from step `tail` on; before it, the share of 1 keeps the latest iterate.
            share = tf.cast(1.0 / tf.maximum(tf.cast(step - tail + 1, tf.float64), 1.0), average.dtype)
            average.assign_add(share * (variable.value - average))
        return value

    @tf.function(autograph=False)
    def chunk(first: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        # A loop in the graph: Python's overhead a step is many times the arithmetic of a small model.
        dtype = one.get_concrete_function(first).output_dtypes
        trace = tf.TensorArray(dtype, size=count)
        _, trace = tf.while_loop(
            lambda i, _: i < count,
            lambda i, values: (i + 1, values.write(i, one(first + i))),
            (tf.constant(0), trace),
        )
        return trace.stack()

    reached: list[np.ndarray] = []
    interrupted = False
    with progress_bar(description, steps, progress) as advance:
        try:
            for first in range(0, steps, _CHUNK):
                count = min(_CHUNK, steps - first)
                values = chunk(tf.constant(first), tf.constant(count)).numpy()
                reached.append(values)
                if not np.all(np.isfinite(values)):
                    raise NumericsError(
                        "the objective stays finite",
                        where=description,
                        received=f"{values[~np.isfinite(values)][0]} in steps {first} to {first + count - 1}",
                        fix="lower learning_rate, raise draws, or start closer",
                    )
                advance(count, f"{values.mean():.4g}")
        except KeyboardInterrupt:
            interrupted = True
    if not interrupted:
        for variable, average in zip(variables, averages, strict=True):
            variable.assign(average)
    return Ascent(np.concatenate(reached) if reached else np.zeros(0), interrupted)
