"""The checks of ps01: exact arrays throughout, at points where no two sizes and no two formulas agree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.checks import Suite, avoids, close, code
from autograder.checks.claim import Claim
from autograder.checks.close import SAFETY, UNIT_ROUNDOFF

from . import (
    mistakes,
    mistakes_calculus,
    mistakes_deep,
    mistakes_map,
    mistakes_tape,
    mistakes_training,
    reference,
    variants,
)

suite = Suite(
    "ps01_backprop",
    reference=reference,
    mistakes=(mistakes, mistakes_deep, mistakes_calculus, mistakes_tape, mistakes_map, mistakes_training),
    variants=variants,
)

SIZES = (3, 5, 7, 11, 13)
"""Odd primes: no size is another's multiple and none is twice a size, so that a factor has one name."""

TANH = (code("lambda z: np.tanh(z)"), code("lambda z: 1.0 - np.tanh(z) ** 2"))
RELU = (code("lambda z: np.maximum(z, 0.0)"), code("lambda z: (z > 0.0) * 1.0"))
SIGMOID = (
    code("lambda z: 1.0 / (1.0 + np.exp(-z))"),
    code("lambda z: 1.0 / (1.0 + np.exp(-z)) - 1.0 / (1.0 + np.exp(-z)) ** 2"),
)

SLIDE = [["mul", 1, 1], ["sin", 2], ["div", 0, 3], ["log", 4], ["sqrt", 5], ["mul", 0, 6]]
"""x₁√(log(x₁/sin(x₂²))): Damianou, "Automatic differentiation"."""

SHARED = [
    ["mul", 0, 1],
    ["add", 3, 0],
    ["sqrt", 2],  # leads nowhere: its adjoint is zero
    ["mul", 4, 4],
    ["div", 6, 3],
    ["sin", 7],
    ["add", 8, 6],
    ["log", 4],
    ["mul", 9, 10],
]
"""Values that are used again, by one operation and by several, and one that is not used at all."""

ACCURACY = 3e-8
"""Error that a numerical gradient with a step of one's own may have on the check's function: steps from 1e-6
to 1e-4 stay well below it, 1e-8 and 1e-3 exceed it."""


@suite.check("forward")
def forward(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Both layers, by themselves, for two networks."""
    for label in ("a network", "another"):
        n, d, h, k = _sizes(rng, 4)
        inputs = (rng.normal(size=(n, d)), *_layer(rng, d, h), *_layer(rng, h, k))
        got, expected = student.forward(*inputs), reference.forward(*inputs)
        for part, name in enumerate(("h1", "h2")):
            yield close(got.part(part, 2), expected[part], label=f"{name} of {label}")


@suite.check("squared_error")
def squared_error(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Two batches of different sizes, which tell N from K."""
    for label in ("a batch", "another"):
        n, k = _sizes(rng, 2)
        h, y = rng.normal(size=(n, k)), rng.normal(0.5, 1.5, size=(n, k))
        yield close(
            student.squared_error(h, y), reference.squared_error(h, y), label=label, sizes={"N": n, "K": k}
        )


@suite.check("two_layer_gradients")
def two_layer_gradients(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Four gradients, each by itself, at a forward pass that belongs together."""
    for label in ("a network", "another"):
        n, d, h, k = _sizes(rng, 4)
        x, y = rng.normal(size=(n, d)), rng.normal(size=(n, k))
        w0, b0 = _layer(rng, d, h)
        w1, b1 = _layer(rng, h, k)
        passed = reference.forward(x, w0, b0, w1, b1)
        inputs = (x, passed[0], passed[1], y, w1)
        got, expected = student.two_layer_gradients(*inputs), reference.two_layer_gradients(*inputs)
        for part, name in enumerate(("w0", "b0", "w1", "b1")):
            yield close(got.part(part, 4), expected[part], label=f"{name} of {label}", sizes={"N": n, "K": k})
    yield _by_hand(student, "two_layer_gradients", got)


@suite.check("deep_gradients")
def deep_gradients(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Every layer by itself: a line, two layers of ReLU and three of tanh."""
    for label, depth, (phi, slope) in (("a line", 1, TANH), ("ReLU", 2, RELU), ("tanh", 3, TANH)):
        n, *widths = _sizes(rng, depth + 2)
        layers = [_layer(rng, d, h) for d, h in pairwise(widths)]
        weights, biases = [w for w, _ in layers], [b for _, b in layers]
        x, y = rng.normal(size=(n, widths[0])), rng.normal(size=(n, widths[-1]))
        inputs = (x, y, weights, biases, phi, slope)
        got, expected = student.deep_gradients(*inputs), reference.deep_gradients(*inputs)
        for kind, name in enumerate(("weights", "biases")):
            for layer in range(depth):
                yield close(
                    got.part(kind, 2).part(layer, depth),
                    expected[kind][layer],
                    label=f"{label}, {name} of layer {layer + 1}",
                    sizes={"N": n},
                )
    yield _by_hand(student, "deep_gradients", got)


@suite.check("softmax_cross_entropy")
def softmax_cross_entropy(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Loss and gradient at ordinary logits, and at logits whose exponentials do not fit into a float."""
    for label, size, far in (("ordinary logits", 1.5, 0.0), ("logits near ±1000", 300.0, 1000.0)):
        n, k = _sizes(rng, 2)
        # Each row has a level of its own, so that a maximum over the whole batch is not good enough.
        logits = rng.normal(0.0, size, size=(n, k)) + far * (np.arange(n)[:, None] % 3 - 1.0)
        labels = rng.integers(0, k, size=n)
        labels[0] = np.argmin(logits[0])  # one loss at least is large: log(p + ε) cannot follow it
        got, expected = (side.softmax_cross_entropy(logits, labels) for side in (student, reference))
        for part, name in enumerate(("loss", "gradient")):
            yield close(got.part(part, 2), expected[part], label=f"{name}, {label}", sizes={"N": n, "K": k})
    yield _by_hand(student, "softmax_cross_entropy", got)


@suite.check("numerical_gradient")
def numerical_gradient(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """The formula at steps so wide that its own error shows, then the accuracy at a step of one's own."""
    for label, shape in (("a vector", (5,)), ("a matrix", (2, 3))):
        a, b, c = rng.uniform((0.3, 0.5, 1.1), (0.6, 0.9, 1.6)).tolist()
        f = code(f"lambda w: {a!r} * np.sum(w**3) + {b!r} * np.sum(w) ** 2 + np.sum(np.exp(w / {c!r}))")
        w = rng.uniform(0.4, 1.5, size=shape)
        step = float(rng.uniform(0.1, 0.3))
        yield close(
            student.numerical_gradient(f, w, step),
            reference.numerical_gradient(f, w, step),
            label=f"{label}, wide step",
        )
    offset, rate = rng.uniform((40.0, 1.3), (50.0, 1.6)).tolist()
    f = code(f"lambda w: {offset!r} + np.sum(np.sin({rate!r} * w)) + 0.5 * np.sum(w) ** 2")
    # cos(rate·w) near 1: the third derivative, which truncation is made of, is large at every entry.
    w = rng.choice([-1.0, 1.0], size=7) * rng.uniform(0.1, 0.4, size=7)
    exact = rate * np.cos(rate * w) + np.sum(w)
    allowed = ACCURACY / (SAFETY * UNIT_ROUNDOFF["float64"])
    yield close(
        student.numerical_gradient(f, w),
        exact,
        terms=np.full(w.shape, allowed),
        precision="float64",
        label="accuracy with your step",
    )


@suite.check("backward")
def backward(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """The deck's function, and a tape on which values are used again."""
    # sin(x₂²) > 0 and x₁ > 1, so that the slide's logarithm and root exist.
    slide = [float(rng.uniform(1.2, 2.5)), float(rng.uniform(0.8, 1.4))]
    shared = rng.uniform(0.7, 1.6, size=3).tolist()
    for label, tape, inputs in (("the deck's function", SLIDE, slide), ("values used again", SHARED, shared)):
        values = _evaluate(tape, inputs)
        got = student.backward(tape, values)
        yield close(got, reference.backward(tape, values), label=label)
    yield _by_hand(student, "backward", got)


@suite.check("map_objective")
def map_objective(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Value and both gradients under either prior."""
    for prior in ("gaussian", "laplace"):
        n, d = _sizes(rng, 2)
        x, y = rng.normal(size=(n, d)), rng.normal(1.0, 2.0, size=n)
        # Weights of both signs, away from the corner of |w|; no scale is 1, where a power would not show.
        signs = rng.permutation(np.where(np.arange(d) % 2 == 0, 1.0, -1.0))
        w, b = signs * rng.uniform(0.3, 1.5, size=d), float(rng.uniform(0.4, 0.9))
        noise_std, width = float(rng.uniform(0.4, 0.8)), float(rng.uniform(1.3, 1.9))
        inputs = (x, y, w, b, noise_std, prior, width)
        got, expected = student.map_objective(*inputs), reference.map_objective(*inputs)
        for part, name in enumerate(("objective", "gradient for w", "derivative for b")):
            yield close(
                got.part(part, 3), expected[part], label=f"{name}, {prior} prior", sizes={"N": n, "D": d}
            )
    yield _by_hand(student, "map_objective", got)


@suite.check("initial_weights")
def initial_weights(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Three schemes at given noise, in layers that are wide one way or the other."""
    for scheme in ("unit", "glorot", "he"):
        fan_in, fan_out = _sizes(rng, 2)
        eps = rng.normal(size=(fan_in, fan_out))
        yield close(
            student.initial_weights(eps, scheme),
            reference.initial_weights(eps, scheme),
            label=scheme,
            sizes={"fan_in": fan_in, "fan_out": fan_out},
        )


@suite.check("gradient_norms")
def gradient_norms(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """One norm a layer, for the three activations."""
    for label, (phi, slope) in (("sigmoid", SIGMOID), ("tanh", TANH), ("ReLU", RELU)):
        n, *widths = _sizes(rng, 5)
        weights = [_layer(rng, d, h)[0] for d, h in pairwise(widths)]
        x = rng.normal(size=(n, widths[0]))
        inputs = (x, weights, phi, slope)
        got = student.gradient_norms(*inputs)
        yield close(got, reference.gradient_norms(*inputs), label=label, sizes={"N": n})
    yield _by_hand(student, "gradient_norms", got)


@suite.check("train")
def train(student: Any, reference: Any, rng: np.random.Generator) -> Iterator[Claim]:
    """Parameters and losses after one step, and after some, of fitting a matrix by an outer product."""
    for steps in (1, int(rng.integers(5, 9))):
        d, k = _sizes(rng, 2)
        # Small numbers: even uphill nothing runs away in so few steps.
        target = np.round(rng.normal(0.0, 0.5, size=(d, k)), 3).tolist()
        # The two parameters multiply each other: it matters which values a gradient was taken at.
        objective = code(
            "lambda p: (lambda r: (0.5 * np.sum(r**2), [r @ p[1], p[0] @ r]))"
            f"(np.outer(p[0], p[1]) - np.array({target!r}))"
        )
        start = [rng.normal(0.0, 0.5, size=d), rng.normal(0.0, 0.5, size=k)]
        rate = float(rng.uniform(0.01, 0.02))
        inputs = (objective, start, rate, steps)
        got, expected = student.train(*inputs), reference.train(*inputs)
        label = "one step" if steps == 1 else f"{steps} steps"
        for index, name in enumerate(("first", "second")):
            yield close(got.part(0, 2).part(index, 2), expected[0][index], label=f"{name} parameter, {label}")
        yield close(got.part(1, 2), expected[1], label=f"losses, {label}")


def _sizes(rng: np.random.Generator, count: int) -> list[int]:
    """Different sizes, in any order."""
    return [int(size) for size in rng.permutation(SIZES)[:count]]


def _layer(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights that saturate nothing and biases off zero."""
    return rng.normal(size=(fan_in, fan_out)) / np.sqrt(fan_in), rng.normal(0.2, 0.5, size=fan_out)


def _evaluate(tape: list[list[Any]], inputs: list[float]) -> np.ndarray:
    """Every value on a tape: the inputs, then each operation's result."""
    operations: dict[str, Any] = {"add": np.add, "mul": np.multiply, "div": np.divide}
    operations |= {"sin": np.sin, "log": np.log, "sqrt": np.sqrt}
    values = list(inputs)
    for name, *arguments in tape:
        values.append(float(operations[name](*(values[i] for i in arguments))))
    return np.array(values)


def _by_hand(student: Any, function: str, got: Any) -> Claim:
    """No library's differentiation; worth something only beside an answer."""
    return avoids(
        student.source(function),
        function,
        *("tf.GradientTape", "tf.gradients", "jax", "torch"),
        answer=got,
        label="by hand",
    )
