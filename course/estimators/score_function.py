"""The score-function estimator, with and without a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from course.errors import ArgumentError
from course.estimators.baselines import leave_one_out_baseline, per_draw_scores
from course.estimators.estimator import BASE, Estimator, Function, attach, evaluate, sum_event
from course.estimators.law import Law

LEAVE_ONE_OUT = "leave_one_out"


class ScoreFunction(Estimator):
    """The score-function estimator (REINFORCE, log-ratio trick): f is never differentiated.

    ::

        g_i = (f(z_i) − b) · ∇_θ log p(z_i; θ),   z_i ~ p(z; θ)

    Unbiased for any baseline b that does not depend on z_i, because E[∇ log p] = 0. Called as
    ``estimator(f, law, parameters, draws=n, seed=s)`` or with ``noise=``; gradients by name, shape
    (n, *batch, *event).

    Args:
        baseline: None for no baseline; a number or tensor that broadcasts with f's values (n, *batch);
            ``"leave_one_out"``: for each draw the mean of the others, so n ≥ 2, and the gradients of one call
            are not independent of each other; or by parameter name, one number for each of its entries, as
            :func:`~course.estimators.baselines.optimal_baseline` gives.

    Raises:
        ArgumentError: the baseline is another word.

    Example:
        >>> from course.estimators import GaussianLaw
        >>> theta = {"mean": tf.constant(2.0), "std": tf.constant(1.0)}
        >>> ScoreFunction()(lambda z: z**2, GaussianLaw(), theta, noise=[1.0, -2.0])["mean"].numpy().tolist()
        [9.0, -0.0]

    Source:
        Williams 1992; Batra, "Two Options", option 1; Aziz, "Score function estimator".
    """

    def __init__(self, baseline: Any = None) -> None:
        if isinstance(baseline, str) and baseline != LEAVE_ONE_OUT:
            raise ArgumentError(
                "unknown `baseline`",
                where="ScoreFunction",
                expected=f"None, a number, a mapping or {LEAVE_ONE_OUT!r}",
                received=repr(baseline),
            )
        self.baseline = baseline

    def surrogate(
        self, f: Function, law: Law, parameters: dict[str, tf.Tensor], noise: dict[str, tf.Tensor]
    ) -> tf.Tensor:
        """``f(z) + stop(f(z) − b)·(log p − stop(log p))``."""
        z = tf.stop_gradient(law.place(parameters, noise[BASE]))
        values = evaluate(f, z, law)
        rank = values.shape.rank
        log_prob = sum_event(law.log_prob(parameters, z), rank)
        fixed = tf.stop_gradient(values)
        if self.baseline is None:
            return values + fixed * attach(log_prob)
        if isinstance(self.baseline, str):
            return values + (fixed - leave_one_out_baseline(fixed)) * attach(log_prob)
        if not isinstance(self.baseline, Mapping):
            return values + (fixed - tf.convert_to_tensor(self.baseline, values.dtype)) * attach(log_prob)
        return values + fixed * attach(log_prob) - self._coordinate_terms(law, parameters, z, rank)

    def _coordinate_terms(
        self, law: Law, parameters: dict[str, tf.Tensor], z: tf.Tensor, rank: int
    ) -> tf.Tensor:
        """Zero, with gradient b_j·s_j in entry j: entries have baselines of their own."""
        if set(self.baseline) != set(law.parameters):
            raise ArgumentError(
                "a baseline by entry names every parameter",
                where="ScoreFunction",
                expected=list(law.parameters),
                received=sorted(self.baseline),
            )
        scores = per_draw_scores(law, {k: tf.stop_gradient(v) for k, v in parameters.items()}, z)
        total = tf.zeros([], z.dtype)
        for name, score in scores.items():
            weight = tf.stop_gradient(tf.convert_to_tensor(self.baseline[name], z.dtype) * score)
            total += sum_event(weight * attach(parameters[name]), rank)
        return total
