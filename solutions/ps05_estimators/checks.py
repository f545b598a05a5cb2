"""The checks of ps05: exact where the noise is given, statistical where the student draws it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.checks import Suite, close, code, fresh, gradient_of, unbiased, variance
from autograder.checks.claim import Claim

from . import (
    mistakes,
    mistakes_baselines,
    mistakes_categorical,
    mistakes_control,
    mistakes_draws,
    mistakes_gamma,
    mistakes_gumbel,
    mistakes_inference,
    mistakes_pathwise,
    mistakes_policy,
    mistakes_score,
    mistakes_surrogate,
    reference,
    variants,
    variants_models,
)

suite = Suite(
    "ps05_estimators",
    reference=reference,
    mistakes=(
        *(mistakes, mistakes_draws, mistakes_score, mistakes_pathwise, mistakes_baselines, mistakes_control),
        *(mistakes_surrogate, mistakes_categorical, mistakes_gumbel, mistakes_gamma),
        *(mistakes_inference, mistakes_policy),
    ),
    variants=(variants, variants_models),
)

DRAWS = 100_000
"""Draws of one call: enough that, for every θ in range, the mean or the variance betrays each registered
mistake that draws its noise properly with a probability above 1 − 1e-3."""

THETA = (1.4, 1.8)
"""Range of θ: away from 2, where 2θ = θ², and from 0 and 1, where a wrong power of θ looks right."""


SIZES = (3, 4, 5, 7)
"""Numbers of classes, inputs and actions: different ones within a check, so that no wrong axis is legal."""


@suite.check("easy_and_hard")
def easy_and_hard(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """The two ways apart, on a fine grid and on one so coarse that the sum is not the gradient."""
    for label, spacing in (("a fine grid", 0.3), ("a coarse grid", 1.9)):
        theta, std = float(rng.uniform(*THETA)), float(rng.uniform(0.5, 0.8))
        # Eleven standard deviations to either side: what is cut off or halved at the ends is below rounding.
        count = int(22 / spacing) + 1
        start = theta - 11 * std + spacing * std * float(rng.uniform())
        z = start + spacing * std * np.arange(count)
        got, expected = (side.easy_and_hard(theta, std, z) for side in (student, reference))
        for part, name in enumerate(("easy", "hard")):
            yield close(got.part(part, 2), expected[part], label=f"{name}, {label}", sizes={"n": count})


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


@suite.check("control_variate")
def control_variate(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Coefficient and estimates, for a control that goes along with the estimates and one against them."""
    for label, sign in (("a control that goes along", 1.0), ("one that goes against", -1.0)):
        n = int(rng.integers(9, 30))
        noise = rng.normal(size=n)
        expectation = float(rng.uniform(0.6, 0.9))
        # Off its expectation by more than chance, so that the sample mean is no stand-in for it.
        control = expectation + float(rng.uniform(0.3, 0.6)) + 1.3 * noise
        estimates = float(rng.uniform(1.5, 2.5)) + sign * 2.1 * noise + rng.normal(0.0, 0.7, size=n)
        inputs = (estimates, control, expectation)
        got, expected = student.control_variate(*inputs), reference.control_variate(*inputs)
        for part, name in enumerate(("coefficient", "estimates")):
            yield close(got.part(part, 2), expected[part], label=f"{name}, {label}", sizes={"n": n})


@suite.check("reinforce_surrogate")
def reinforce_surrogate(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """The gradient by each parameter, for two functions."""
    for label, (low, high) in (("a cubic", (0.3, 0.6)), ("a steeper cubic", (0.9, 1.3))):
        a, b = float(rng.uniform(low, high)), float(rng.uniform(0.8, 1.6))
        f = code(f"lambda z: {a!r} * z**3 + {b!r} * z")
        mean, log_std = float(rng.uniform(0.7, 1.4)), float(rng.uniform(-0.8, -0.3))
        n = int(rng.integers(11, 30))
        eps = rng.normal(size=n)
        got, expected = (
            side.gradient_of("reinforce_surrogate", f, mean, log_std, eps, wrt=(1, 2))
            for side in (student, reference)
        )
        for index, name in enumerate(("mean", "log_std")):
            yield gradient_of(
                got[index], expected[index], by=name, label=f"d/d{name} of {label}", sizes={"n": n}
            )


@suite.check("categorical_gradients")
def categorical_gradients(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """The exact gradient and that of every draw, for two numbers of classes."""
    for label in ("a law", "another"):
        classes, n = int(rng.choice(SIZES)), int(rng.integers(11, 30))
        logits = rng.normal(0.0, 1.2, size=classes)
        values = rng.normal(0.8, 1.5, size=classes)
        # Every class at least once: a wrong score shows at each.
        draws = rng.permutation(np.concatenate([np.arange(classes), rng.integers(0, classes, size=n)]))
        inputs = (logits, values, draws)
        got, expected = student.categorical_gradients(*inputs), reference.categorical_gradients(*inputs)
        for part, name in enumerate(("exact", "draws")):
            yield close(
                got.part(part, 2),
                expected[part],
                label=f"{name}, {label}",
                sizes={"n": len(draws), "K": classes},
            )


@suite.check("gumbel_gradients")
def gumbel_gradients(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Four arrays, at a temperature below one and one above."""
    for label, (low, high) in (("cool", (0.4, 0.7)), ("warm", (1.3, 1.9))):
        classes, n = int(rng.choice(SIZES)), int(rng.integers(11, 20))
        temperature = float(rng.uniform(low, high))
        logits = rng.normal(0.0, 0.8, size=classes)
        uniforms = _clear_winners(logits, rng.uniform(0.01, 0.99, size=(4 * n, classes)))[:n]
        a, b = (np.round(rng.uniform(*limits, size=classes), 3) for limits in ((0.5, 2.0), (-1.0, 1.0)))
        slope = code(f"lambda y: np.array({a.tolist()}) * y**2 + np.array({b.tolist()})")
        inputs = (slope, logits, uniforms, temperature)
        got, expected = student.gumbel_gradients(*inputs), reference.gumbel_gradients(*inputs)
        for part, name in enumerate(("draws", "one-hot", "gradient", "straight-through")):
            yield close(
                got.part(part, 4),
                expected[part],
                label=f"{name}, {label}",
                sizes={"n": len(uniforms), "K": classes},
            )


@suite.check("gamma_gradient")
def gamma_gradient(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Both parts, for two functions, at shapes below and above one."""
    from scipy.special import digamma, polygamma

    for label, (low, high), text in (
        ("a parabola, α < 1", (0.5, 0.8), ("{a!r} * z**2 + {b!r} * z", "2 * {a!r} * z + {b!r}")),
        ("a root, α > 1", (2.2, 3.4), ("{a!r} * np.sqrt(z) + {b!r} * z", "0.5 * {a!r} / np.sqrt(z) + {b!r}")),
    ):
        a, b = (float(rng.uniform(*limits)) for limits in ((0.3, 0.6), (0.8, 1.6)))
        f, slope = (code("lambda z: " + part.format(a=a, b=b)) for part in text)
        shape = float(rng.uniform(low, high))
        psi = [float(digamma(shape)), float(polygamma(1, shape)), float(polygamma(2, shape))]
        n = int(rng.integers(11, 30))
        # Away from zero, where log z and 1/z outgrow all other terms.
        z = rng.gamma(shape, size=n) + 0.2
        inputs = (f, slope, shape, psi, z)
        got, expected = student.gamma_gradient(*inputs), reference.gamma_gradient(*inputs)
        for part, name in enumerate(("pathwise part", "correction")):
            yield close(got.part(part, 2), expected[part], label=f"{name}, {label}", sizes={"n": n})


@suite.check("elbo_gradients")
def elbo_gradients(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """The bound and, row by row, its two gradients, for two sets of data."""
    for label in ("data", "other data"):
        examples, inputs, draws = (int(size) for size in rng.permutation((3, 11, 17)))
        x = rng.normal(0.3, 1.0, size=(examples, inputs))
        y = (np.arange(examples) % 3 > 0).astype(np.float64)
        mean, log_std = rng.normal(0.0, 0.6, size=inputs), rng.uniform(-1.1, -0.3, size=inputs)
        eps = rng.normal(size=(draws, inputs))
        arguments = (x, y, mean, log_std, eps)
        got, expected = student.elbo_gradients(*arguments), reference.elbo_gradients(*arguments)
        sizes = {"N": examples, "D": inputs, "S": draws}
        yield close(got.part(0, 3), expected[0], label=f"ELBO, {label}", sizes=sizes)
        for part, name in ((1, "score function"), (2, "pathwise")):
            for row, by in enumerate(("mean", "log_std")):
                answer, right = got.part(part, 3)[row], expected[part][row]
                yield close(answer, right, label=f"{name}, d/d{by}, {label}", sizes=sizes)


@suite.check("policy_gradient")
def policy_gradient(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Reward-to-go and the gradient, on a bandit and on a chain."""
    for label, states, steps in (("a bandit", 1, 1), ("a chain", 4, 6)):
        episodes = int(rng.choice((5, 7, 9)))
        logits = rng.normal(0.0, 0.9, size=(states, 3))
        visited = rng.integers(0, states, size=(episodes, steps))
        taken = rng.integers(0, 3, size=(episodes, steps))
        rewards = rng.normal(0.7, 1.0, size=(episodes, steps))
        baseline = rng.normal(0.4, 0.5, size=(episodes, steps))
        inputs = (logits, visited, taken, rewards, baseline)
        got, expected = student.policy_gradient(*inputs), reference.policy_gradient(*inputs)
        sizes = {"E": episodes} | ({"T": steps} if steps > 1 else {})
        for part, name in enumerate(("reward-to-go", "gradient")):
            yield close(got.part(part, 2), expected[part], label=f"{name}, {label}", sizes=sizes)


def _clear_winners(logits: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """The rows whose largest entry leads by so much that no rounding can change which one it is."""
    lead = np.sort(logits - np.log(-np.log(uniforms)), axis=1)
    return uniforms[lead[:, -1] - lead[:, -2] > 1e-3]


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
