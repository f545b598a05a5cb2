"""The outer loop of learning to learn: new tasks at each step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from course.data import sinusoids
from course.validation import positive_int

_TOGETHER = 64
"""Steps whose tasks are drawn at once: drawing them one by one takes as long as a step."""


def learn_from_sinusoids(
    step: Callable[..., tf.Tensor],
    steps: int,
    *,
    tasks: int,
    shots: int,
    seed: int,
    noise: Callable[[int], np.ndarray] | None = None,
) -> list[float]:
    """Calls a training step with new sinusoids each time.

    Args:
        step: from support x and y and query x and y, each of shape (tasks, shots, 1), to a loss.
        steps: ≥ 1.
        tasks: sinusoids a step, ≥ 1.
        shots: examples to adapt to, and as many to judge by, ≥ 1.
        seed: of the tasks.
        noise: from a number of tasks to noise that is handed to ``step`` as well.

    Returns:
        The loss of each step.

    Raises:
        ArgumentError: a number is not a positive integer.
    """
    count = positive_int(steps, "steps")
    losses = []
    for part in range(0, count, _TOGETHER):
        some = min(_TOGETHER, count - part)
        data = sinusoids(tasks * some, shots, shots, seed=seed * 100_003 + part)
        for i in range(some):
            arrays = [array[i * tasks : (i + 1) * tasks] for array in data[:4]]
            if noise is not None:
                arrays.append(noise(tasks))
            losses.append(float(step(*map(tf.constant, arrays))))
    return losses
