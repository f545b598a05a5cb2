"""The checks of ps05: exact where the noise is given, statistical where the student draws it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.checks import Suite, close, code, fresh, unbiased, variance
from autograder.checks.claim import Claim

from . import mistakes, reference, variants

suite = Suite("ps05_estimators", reference=reference, mistakes=mistakes, variants=variants)

DRAWS = 100_000
"""Draws of one call: enough that, for every θ in range, the mean or the variance betrays each registered
mistake that draws its noise properly with a probability above 1 − 1e-3."""

THETA = (1.4, 1.8)
"""Range of θ: away from 2, where 2θ = θ², and from 0 and 1, where a wrong power of θ looks right."""


@suite.check("draw_score_gradients")
def draw_score_gradients(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Noise of its own, the mean 2θ, and the variance that sets the score function apart from the others."""
    theta = float(rng.uniform(*THETA))
    mean, spread, kurtosis = moments(theta)
    # A call for each moment: those of one sample are correlated, and diagnosis adds up independent evidence.
    first = student.draw_score_gradients(theta, DRAWS)
    second = student.draw_score_gradients(theta, DRAWS)
    # Any fresh noise passes the first outcome, which is why it weighs less.
    yield fresh(first, second, draws=DRAWS, label="noise", weight=0.5)
    # Every correct route draws from one law: the bank's two variances are the same.
    yield unbiased(first, draws=DRAWS, mean=mean, variances=[spread, spread], label="mean")
    yield variance(second, draws=DRAWS, mean=mean, variance=spread, kurtosis=kurtosis, label="variance")


@suite.check("score_function_gradient")
def score_function_gradient(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Both columns, for two functions, at a given noise."""
    yield from _both_columns("score_function_gradient", student, reference, rng)


@suite.check("pathwise_gradient")
def pathwise_gradient(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Both columns, for two functions, at a given noise."""
    yield from _both_columns("pathwise_gradient", student, reference, rng)


@suite.check("leave_one_out_baseline")
def leave_one_out_baseline(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Three sizes: with two values each one's baseline is the other, which no average of all can imitate."""
    for n in (2, int(rng.integers(5, 10)), int(rng.integers(20, 40))):
        # Of both signs and off zero: neither |v| nor a forgotten mean may look right.
        values = rng.normal(1.5, 2.0, size=n)
        yield close(
            student.leave_one_out_baseline(values),
            reference.leave_one_out_baseline(values),
            label=f"{n} values",
            sizes={"n": n},
        )


def _both_columns(name: str, student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Claims on d/dmean and d/dstd, each by itself, so that one right column earns its half."""
    a, b, c, d = rng.uniform((0.3, 0.8, 1.2, 1.6), (0.6, 1.6, 1.8, 2.4)).tolist()
    functions = {
        # Terms of one sign, as the reference's Σ|terms| asks for; the second stays above zero and has
        # slopes of both signs.
        "a cubic": code(f"lambda z: {a!r} * z**3 + {b!r} * z"),
        "a sine": code(f"lambda z: {d!r} + tf.sin({c!r} * z)"),
    }
    for label, f in functions.items():
        # Neither σ = 1 nor μ = 0: there, variances look like standard deviations and shifts like none.
        mean = float(rng.uniform(0.7, 1.4))
        std = float(rng.uniform(0.45, 0.75))
        n = int(rng.integers(11, 30))
        eps = rng.normal(size=n)
        got = getattr(student, name)(f, mean, std, eps)
        expected = getattr(reference, name)(f, mean, std, eps)
        for column, parameter in enumerate(("mean", "std")):
            yield close(
                got.column(column, 2),
                expected[:, column],
                label=f"d/d{parameter} of {label}",
                sizes={"n": n},
            )


def moments(theta: float) -> tuple[float, float, float]:
    """Mean, variance and kurtosis of one draw g = z²(z − θ), z ~ N(θ, 1).

    The mean is 2θ, the variance θ⁴ + 14θ² + 15. The fourth moment is that of a polynomial of degree 12 in the
    noise, which 20 Gauss–Hermite nodes integrate exactly.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    centred = (theta + nodes) ** 2 * nodes - 2 * theta
    spread = theta**4 + 14 * theta**2 + 15
    return 2 * theta, spread, float(weights @ centred**4) / spread**2
