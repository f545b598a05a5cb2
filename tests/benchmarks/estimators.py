"""Measures draws a second and variance per second of the gradient estimators.

Run by hand; rewrites the table beside this file in about half a minute::

    python tests/benchmarks/estimators.py

Each estimator is compiled by ``tf.function``, without and with jit, and run in interleaved rounds in one
process: a round takes every estimator once, so that a slow moment of the machine falls on all of them. Times
are CPU seconds of the process, medians of the rounds. "Variance per second" is the variance of one draw
divided by the draws a CPU second: the variance of an estimate after a second's work, the figure to choose by.
"""

from __future__ import annotations

import os
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore", "distutils", DeprecationWarning)

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import course.estimators as ce  # noqa: E402

DRAWS = 100_000
ROUNDS = 15


@dataclass(frozen=True)
class Problem:
    """An expectation whose gradient is estimated."""

    name: str
    law: ce.Law
    parameters: dict[str, Any]
    f: Callable[[Any], Any]
    entry: str


def _bits(z: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(z - 0.45), axis=-1)


def _row_of_normals(z: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(z), axis=-1)


NORMAL = Problem("z², z ~ N(2, 1), d/dmean", ce.GaussianLaw(), {"mean": 2.0, "std": 1.0}, tf.square, "mean")
NORMALS = Problem(
    "Σz², 20 normals, d/dmean",
    ce.GaussianLaw(),
    {"mean": np.full(20, 2.0, np.float32), "std": np.ones(20, np.float32)},
    _row_of_normals,
    "mean",
)
GAMMA = Problem(
    "z², gamma(2, 1), d/dconcentration",
    ce.GammaLaw(),
    {"concentration": 2.0, "rate": 1.0},
    tf.square,
    "concentration",
)
BITS = Problem(
    "mean of (z − 0.45)², 8 bits, d/dlogit",
    ce.BernoulliLaw(),
    {"logits": np.linspace(-1, 1, 8, dtype=np.float32)},
    _bits,
    "logits",
)

ROWS: list[tuple[str, Problem, ce.Estimator]] = [
    ("score function", NORMAL, ce.ScoreFunction()),
    ("score function, b = 7", NORMAL, ce.ScoreFunction(7.0)),
    ("score function, leave-one-out", NORMAL, ce.ScoreFunction("leave_one_out")),
    ("delta, c = 1/2", NORMAL, ce.DeltaControlVariate(0.5)),
    ("measure-valued", NORMAL, ce.MeasureValued()),
    ("implicit", NORMAL, ce.ImplicitReparameterization()),
    ("pathwise", NORMAL, ce.Pathwise()),
    ("score function, leave-one-out", NORMALS, ce.ScoreFunction("leave_one_out")),
    ("measure-valued", NORMALS, ce.MeasureValued()),
    ("pathwise", NORMALS, ce.Pathwise()),
    ("score function, leave-one-out", GAMMA, ce.ScoreFunction("leave_one_out")),
    ("generalised", GAMMA, ce.GeneralizedReparameterization()),
    ("implicit", GAMMA, ce.ImplicitReparameterization()),
    ("score function", BITS, ce.ScoreFunction()),
    ("score function, leave-one-out", BITS, ce.ScoreFunction("leave_one_out")),
    ("REBAR", BITS, ce.Rebar()),
    ("REBAR, uncoupled", BITS, ce.Rebar(coupled=False)),
    ("measure-valued", BITS, ce.MeasureValued()),
    ("Gumbel-softmax (biased)", BITS, ce.GumbelSoftmaxRelaxation()),
    ("straight-through (biased)", BITS, ce.StraightThrough()),
]


def compiled(problem: Problem, estimator: ce.Estimator, draws: int, jit: bool) -> Callable[[int], np.ndarray]:
    """A function of the seed that draws and returns the gradients of the problem's entry."""

    @tf.function(jit_compile=jit)
    def run(seed: tf.Tensor) -> tf.Tensor:
        return estimator(problem.f, problem.law, problem.parameters, draws=draws, seed=seed)[problem.entry]

    return lambda seed: run(tf.constant([seed, 7])).numpy()


def _draws(problem: Problem) -> int:
    # Twenty normals take twenty times the memory, and measure-valued gradients forty times that.
    return DRAWS // 50 if problem is NORMALS else DRAWS


def measure() -> list[list[float]]:
    """By row: variance of a draw, draws a CPU second in a graph, and under jit."""
    runs = [
        [compiled(problem, estimator, _draws(problem), jit) for jit in (False, True)]
        for _, problem, estimator in ROWS
    ]
    variances = [float(np.mean(np.var(pair[0](1), axis=0))) for pair in runs]
    for pair in runs:
        pair[1](1)  # compiled before the first round
    seconds = np.zeros((ROUNDS, len(ROWS), 2))
    for round_ in range(ROUNDS):
        for row, pair in enumerate(runs):
            for which, run in enumerate(pair):
                started = time.process_time()
                run(round_ + 2)
                seconds[round_, row, which] = time.process_time() - started
    medians = np.median(seconds, axis=0)
    return [
        [variance, *(_draws(problem) / medians[row])]
        for row, (variance, (_, problem, _)) in enumerate(zip(variances, ROWS, strict=True))
    ]


def main() -> None:
    """Measures and rewrites ``estimators.md``."""
    lines = [
        "# Gradient estimators: draws a second, variance per second",
        "",
        f"Written by `python tests/benchmarks/estimators.py`: {DRAWS} draws a call ({DRAWS // 50} for 20"
        f" normals), float32, medians of {ROUNDS} interleaved rounds, CPU seconds on {platform.machine()}"
        f" with {os.cpu_count()} cores, TensorFlow {tf.__version__}. Variance is that of one draw, the mean"
        " over the entries of the parameter; a biased estimator's tells nothing of its bias.",
        "",
        "| gradient | estimator | variance | draws/s, graph | draws/s, jit | variance per second, graph"
        " | jit |",
        "|---|---|---|---|---|---|---|",
    ]
    for (name, problem, _), (variance, graph, jit) in zip(ROWS, measure(), strict=True):
        lines.append(
            f"| {problem.name} | {name} | {variance:.3g} | {graph:.2g} | {jit:.2g}"
            f" | {variance / graph:.2g} | {variance / jit:.2g} |"
        )
    lines.append("")
    text = "\n".join(lines)
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
