"""Variational inference that asks a model for its log-density only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.estimators.estimator import Estimator, sum_event
from course.estimators.law import Law, Parameters
from course.estimators.noise import Seed
from course.estimators.pathwise import Pathwise
from course.estimators.score_function import LEAVE_ONE_OUT, ScoreFunction
from course.inference.stochastic_ascent import stochastic_ascent
from course.validation import one_of, positive_int

_BY_NAME: dict[str, Callable[[], Estimator]] = {
    "pathwise": Pathwise,
    "score_function": lambda: ScoreFunction(baseline=LEAVE_ONE_OUT),
}


@dataclass(frozen=True)
class BlackBoxPosterior:
    """A fitted variational posterior.

    Args:
        law: its family.
        parameters: of the fit, by name, as arrays.
        elbo: estimate of the ELBO at every step made, nats.
        interrupted: whether the run was stopped by hand.
    """

    law: Law
    parameters: dict[str, np.ndarray]
    elbo: np.ndarray
    interrupted: bool


def black_box_vi(
    log_joint: Callable[[tf.Tensor], tf.Tensor],
    law: Law,
    initial: Parameters,
    *,
    estimator: str | Estimator = "pathwise",
    steps: int = 2_000,
    draws: int = 16,
    learning_rate: float = 0.05,
    seed: Seed,
    jit: bool = False,
    progress: bool | None = None,
) -> BlackBoxPosterior:
    """Maximises the ELBO of a factorised q over its parameters λ, with any estimator of the gradient.

    ::

        ∇_λ E_q[f(z)],   f(z) = log p(x, z) − log q(z; stop(λ))

    is the ELBO's gradient, because E_q[∇_λ log q] = 0: no closed form of the entropy is needed. And f is
    constant where q is the posterior, so there both gradients have no variance at all (with a baseline, for
    the score function).

    Args:
        log_joint: maps z, shape (n, *event), to log p(x, z), nats, shape (n,).
        law: the family of q; entries are independent.
        initial: λ to start from, by name, each of the event's shape; positive ones are optimised as logs.
        estimator: ``"pathwise"``, ``"score_function"`` (with leave-one-out baseline), or any estimator.
        steps: of Adam, ≥ 1.
        draws: a step, ≥ 1; the leave-one-out baseline takes ≥ 2.
        learning_rate: of the first step, > 0; falls to 0.
        seed: of all noise.
        jit: whether XLA compiles the steps.
        progress: whether to draw a bar; None on a terminal only.

    Returns:
        The fit; after an interrupt from the keyboard, what was reached.

    Raises:
        ArgumentError: the estimator is unknown or does not suit the law, or a number is outside its range.
        ShapeError: ``log_joint`` does not give one number a draw.
        NumericsError: the ELBO is no longer finite.

    Example:
        >>> from course.estimators import GaussianLaw
        >>> start = {"mean": tf.zeros([1]), "std": tf.ones([1])}
        >>> target = lambda z: -0.5 * tf.reduce_sum((z - 3.0) ** 2, axis=-1)
        >>> fit = black_box_vi(target, GaussianLaw(), start, steps=500, learning_rate=0.1, seed=1)
        >>> round(float(fit.parameters["mean"][0]), 2)
        3.0

    Source:
        Ranganath, Gerrish & Blei 2014; the path's form is Roeder, Wu & Duvenaud 2017.
    """
    chosen = _BY_NAME[one_of(estimator, _BY_NAME, "estimator")]() if isinstance(estimator, str) else estimator
    if not isinstance(chosen, Estimator):
        raise ArgumentError(
            "`estimator` is a word or an estimator",
            expected=f"one of {list(_BY_NAME)} or for example Pathwise()",
            received=estimator,
        )
    positive_int(draws, "draws")
    start = law.check(initial)
    event_rank = next(iter(start.values())).shape.rank
    variables = {
        name: keras.Variable(
            tf.math.log(value) if name in law.positive else value, dtype=value.dtype.name, name=name
        )
        for name, value in start.items()
    }

    def parameters() -> dict[str, tf.Tensor]:
        values = {name: variable.value for name, variable in variables.items()}
        return {
            name: tf.exp(value) if name in law.positive else tf.convert_to_tensor(value)
            for name, value in values.items()
        }

    def objective(own: tf.Tensor) -> tf.Tensor:
        current = parameters()
        fixed = {name: tf.stop_gradient(value) for name, value in current.items()}

        def f(z: tf.Tensor) -> tf.Tensor:
            joint = tf.convert_to_tensor(log_joint(z))
            # A forgotten sum over the event would pass for a batch of models.
            if joint.shape != z.shape[:1]:
                raise ShapeError(
                    "log_joint gives one number a draw",
                    expected=tuple(z.shape[:1]),
                    received=tuple(joint.shape),
                    fix="sum over the event's axes",
                )
            return joint - sum_event(law.log_prob(fixed, z), 1)

        arguments: dict[str, Any] = {"draws": draws, "seed": own}
        return chosen.loss(f, law, current, **arguments)

    if event_rank is None or event_rank < 1:
        raise ArgumentError(
            "q has at least one axis of variables", expected="parameters of shape (d,)", received="shape ()"
        )
    run = stochastic_ascent(
        objective,
        list(variables.values()),
        steps=steps,
        learning_rate=learning_rate,
        seed=seed,
        jit=jit,
        progress=progress,
        description="black-box VI",
    )
    return BlackBoxPosterior(
        law=law,
        parameters={name: value.numpy() for name, value in parameters().items()},
        elbo=run.objective,
        interrupted=run.interrupted,
    )
