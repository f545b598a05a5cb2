"""The exact gradient of a small discrete expectation."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from course.errors import ArgumentError
from course.estimators.estimator import Estimator, Function, evaluate, sum_event
from course.estimators.law import Law, Parameters
from course.estimators.noise import Seed
from course.validation import positive_int


class Enumeration(Estimator):
    """The exact gradient, by a sum over all states of one event.

    ::

        g = ∇_θ Σ_z p(z; θ) f(z)

    Called as ``estimator(f, law, parameters)``: there is no noise, and one row of gradients, shape (1,
    *batch, *event). States are enumerated over the event's axes only, for all batch entries together; f is
    called once, with one state a row.

    Args:
        max_states: the most states of one event that are tried, ≥ 1.

    Raises:
        ArgumentError: ``max_states`` is not positive.

    Example:
        >>> from course.estimators import BernoulliLaw
        >>> g = Enumeration()(lambda z: (z - 0.45) ** 2, BernoulliLaw(), {"logits": tf.constant(0.0)})
        >>> round(float(g["logits"][0]), 6)  # p(1 − p)·(0.55² − 0.45²)
        0.025
    """

    def __init__(self, max_states: int = 65_536) -> None:
        self.max_states = positive_int(max_states, "max_states")

    def check_law(self, law: Law) -> None:
        """Draws have to be discrete."""
        if not law.discrete:
            raise ArgumentError(
                "only discrete laws can be enumerated",
                where="Enumeration",
                expected="a discrete law",
                received=f"the {law.name} law",
            )

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``Σ_z p(z) f(z)``, one row."""
        logits = next(iter(parameters.values()))
        shape = tuple(logits.shape[1:])
        # How many axes make an event is f's to say: it is asked with one draw of zeros.
        rank = evaluate(f, tf.zeros_like(logits), law).shape.rank - 1
        event = shape[rank:]
        count = self._count(law, event)
        if count > self.max_states:
            raise ArgumentError(
                "one event has few enough states to enumerate",
                where="Enumeration",
                expected=f"at most max_states={self.max_states}",
                received=f"{count} states of an event of shape {event}",
                fix="raise max_states, or use an estimator that draws",
            )
        states = tf.convert_to_tensor(law.states(event), logits.dtype)
        whole = tf.concat([[count], tf.shape(logits)[1:]], axis=0)
        z = tf.broadcast_to(tf.reshape(states, [count, *[1] * rank, *event]), whole)
        values = evaluate(f, z, law)
        probs = tf.exp(sum_event(law.log_prob(parameters, z), values.shape.rank))
        return tf.reduce_sum(probs * values, axis=0, keepdims=True)

    def _count(self, law: Law, event: tuple[int, ...]) -> int:
        # One variable tells how many values each has, without building all combinations.
        variable = event[len(event) - law.core_rank :]
        variables = math.prod(event[: len(event) - law.core_rank])
        return int(len(law.states(variable)) ** variables)

    def _prepare(
        self, law: Law, parameters: Parameters, draws: int | None, noise: Any, seed: Seed | None
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        if draws not in (None, 1) or noise is not None:
            raise ArgumentError(
                "an exact gradient has no noise",
                where="Enumeration",
                expected="no `noise`, and one row",
                received=f"draws={draws}, noise={'given' if noise is not None else None}",
            )
        return super()._prepare(law, parameters, 1, None, 0)

    def draw_noise(self, law: Law, parameters: dict[str, tf.Tensor], seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """None: the gradient is exact."""
        return {}
