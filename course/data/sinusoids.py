"""Sinusoids of random amplitude and phase, a few points of each: tasks to learn to learn from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course.validation import positive_int

AMPLITUDES = (0.1, 5.0)
PHASES = (0.0, float(np.pi))
INPUTS = (-5.0, 5.0)


class SinusoidTasks(NamedTuple):
    """Some tasks, each with examples to learn from and others to be judged on.

    Args:
        support_x: shape (tasks, shots, 1), float32, in [−5, 5].
        support_y: the same shape: the sinusoid there.
        query_x: shape (tasks, queries, 1), float32, in [−5, 5].
        query_y: the same shape.
        amplitude: shape (tasks,), in [0.1, 5].
        phase: shape (tasks,), in [0, π], radians.
    """

    support_x: np.ndarray
    support_y: np.ndarray
    query_x: np.ndarray
    query_y: np.ndarray
    amplitude: np.ndarray
    phase: np.ndarray


def sinusoids(tasks: int, shots: int = 10, queries: int = 10, *, seed: int) -> SinusoidTasks:
    """Regression tasks that differ in amplitude and phase, without noise.

    ::

        y = A sin(x − φ),   A ~ U(0.1, 5),  φ ~ U(0, π),  x ~ U(−5, 5)

    Generated: no licence is needed and nothing is downloaded.

    Args:
        tasks: number of sinusoids, ≥ 1.
        shots: examples of each to learn from, ≥ 1.
        queries: other examples of each, ≥ 1.
        seed: the same seed gives the same numbers.

    Returns:
        The tasks; float32 apart from amplitude and phase, which are float64.

    Raises:
        ArgumentError: a number is not a positive integer.

    Example:
        >>> data = sinusoids(3, shots=5, queries=7, seed=0)
        >>> data.support_x.shape, data.query_y.shape
        ((3, 5, 1), (3, 7, 1))

    Source:
        Finn, Abbeel & Levine 2017, section 5.1.
    """
    count = positive_int(tasks, "tasks")
    split = positive_int(shots, "shots")
    total = split + positive_int(queries, "queries")
    generator = np.random.default_rng(seed)
    amplitude = generator.uniform(*AMPLITUDES, size=count)
    phase = generator.uniform(*PHASES, size=count)
    x = generator.uniform(*INPUTS, size=(count, total, 1))
    y = amplitude[:, None, None] * np.sin(x - phase[:, None, None])
    x, y = x.astype(np.float32), y.astype(np.float32)
    return SinusoidTasks(x[:, :split], y[:, :split], x[:, split:], y[:, split:], amplitude, phase)
