"""Baselines for the score-function estimator."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from course.errors import ShapeError
from course.estimators.estimator import Function, evaluate, tile
from course.estimators.law import Law, Parameters
from course.estimators.noise import Seed, seed_pair
from course.validation import positive_int


def leave_one_out_baseline(values: Any) -> tf.Tensor:
    """For each draw, the mean of f over the other draws.

    ::

        b_i = (Σ_j f_j − f_i) / (n − 1)

    Args:
        values: f(z), shape (n, *batch), n ≥ 2.

    Returns:
        Shape (n, *batch); entry i does not depend on draw i, so the estimator stays unbiased. The mean of
        all n draws would shrink it by the factor 1 − 1/n.

    Raises:
        ShapeError: fewer than two draws.

    Example:
        >>> leave_one_out_baseline([1.0, 2.0, 6.0]).numpy().tolist()
        [4.0, 3.5, 1.5]

    Source:
        Mnih & Rezende 2016; Kool, van Hoof & Welling 2019.
    """
    values = tf.convert_to_tensor(values)
    count = values.shape[0] if values.shape.rank else 0
    if count is None or count < 2:
        raise ShapeError(
            "a leave-one-out baseline needs another draw to look at",
            expected="draws ≥ 2",
            received=f"shape {tuple(values.shape)}",
        )
    return (tf.reduce_sum(values, axis=0, keepdims=True) - values) / (count - 1)


def optimal_baseline(
    f: Function, law: Law, parameters: Parameters, *, draws: int, seed: Seed
) -> dict[str, tf.Tensor]:
    """For each entry of each parameter, the constant baseline of least variance, estimated from pilot draws.

    With s_j the score ∂ log p/∂θ_j::

        b_j = E[f s_j²] / E[s_j²]

    which is not E[f] unless f and s_j² are uncorrelated: for f = z², z ~ N(2, 1) it is 7 and not 5.

    Args:
        f: maps (n, *batch, *event) to (n, *batch).
        law: the family of laws.
        parameters: by name, each of shape (*batch, *event).
        draws: pilot draws, ≥ 1.
        seed: another one than the estimator's: a baseline made of the draws that it is used with is biased.

    Returns:
        By name, shape (*batch, *event): the ``baseline`` of
        :class:`~course.estimators.score_function.ScoreFunction`.

    Raises:
        ArgumentError: a parameter is outside its range.
        ShapeError: f has not one value a draw and batch entry.

    Example:
        >>> from course.estimators import GaussianLaw
        >>> theta = {"mean": tf.constant(2.0), "std": tf.constant(1.0)}
        >>> best = optimal_baseline(lambda z: z**2, GaussianLaw(), theta, draws=100_000, seed=1)
        >>> abs(float(best["mean"]) - 7.0) < 0.3
        True

    Source:
        Greensmith, Bartlett & Baxter 2004; mentioned in Aziz, "When variance is high we can".
    """
    tiled = tile(law.check(parameters), positive_int(draws, "draws"))
    tiled = {name: tf.stop_gradient(value) for name, value in tiled.items()}
    z = tf.stop_gradient(law.place(tiled, law.draw_noise(tiled, seed_pair(seed))))
    values = evaluate(f, z, law)
    best = {}
    for name, score in per_draw_scores(law, tiled, z).items():
        squares = tf.square(score)
        ones = [1] * (squares.shape.rank - values.shape.rank)
        weights = tf.reshape(values, tf.concat([tf.shape(values), ones], axis=0))
        best[name] = tf.stop_gradient(
            tf.math.divide_no_nan(tf.reduce_sum(weights * squares, axis=0), tf.reduce_sum(squares, axis=0))
        )
    return best


def per_draw_scores(law: Law, parameters: dict[str, tf.Tensor], z: tf.Tensor) -> dict[str, tf.Tensor]:
    """The score of every draw.

    Args:
        law: the family of laws.
        parameters: a copy a draw, each of shape (n, *batch, *event).
        z: draws, shape (n, *batch, *event).

    Returns:
        ∂ log p(z)/∂θ by name, shape (n, *batch, *event).
    """
    names = list(parameters)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([parameters[name] for name in names])
        log_prob = law.log_prob(parameters, z)
    return dict(zip(names, tape.gradient(log_prob, [parameters[name] for name in names]), strict=True))
