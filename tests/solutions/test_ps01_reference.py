"""The worked solutions of ps01 against TensorFlow, finite differences, SciPy, scikit-learn and decimals."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import laplace, norm
from sklearn.linear_model import Lasso, Ridge

from autograder.checks import close, terms_of
from autograder.checks.answers import Answer
from autograder.problem_sets import locate

ROOT = Path(__file__).resolve().parents[2]
suite = locate("ps01_backprop", ROOT).suite
reference: Any = suite.reference
variants = {v.name: v for v in suite.variants}

N, D, H, K = 5, 3, 7, 4

PHI: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2, tf.tanh),
    "sigmoid": (
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
        tf.sigmoid,
    ),
    "ReLU": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0, tf.nn.relu),
}


def generator(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def central(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences; error of step²·f‴/6 + u·f/step, near 1e-10 for values near 1."""
    slopes = np.zeros(at.shape)
    for i in np.ndindex(at.shape):
        unit = np.zeros(at.shape)
        unit[i] = step
        slopes[i] = (function(at + unit) - function(at - unit)) / (2 * step)
    return slopes


def network(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """x, y, w0, b0, w1, b1 with all sizes different and no bias at zero."""
    return (
        rng.normal(size=(N, D)),
        rng.normal(size=(N, K)),
        rng.normal(size=(D, H)) / 2,
        rng.normal(size=H) / 2,
        rng.normal(size=(H, K)) / 2,
        rng.normal(size=K) / 2,
    )


def layers(rng: np.random.Generator, widths: list[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    weights = [rng.normal(size=(a, b)) / math.sqrt(a) for a, b in pairwise(widths)]
    return weights, [rng.normal(size=b) / 2 for b in widths[1:]]


def on_tape(loss: Callable[..., Any], *values: np.ndarray) -> list[np.ndarray]:
    tensors = [tf.constant(value) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        result = loss(*tensors)
    return [gradient.numpy() for gradient in tape.gradient(result, tensors)]


def test_forward_is_keras_dense_layers_with_these_weights() -> None:
    import keras

    x, _, w0, b0, w1, b1 = network(generator())
    hidden = keras.layers.Dense(H, activation="tanh", dtype="float64")
    output = keras.layers.Dense(K, activation="tanh", dtype="float64")
    expected = output(hidden(x))  # builds both
    hidden.set_weights([w0, b0])
    output.set_weights([w1, b1])
    expected = output(hidden(x))
    h1, h2 = reference.forward(x, w0, b0, w1, b1)
    np.testing.assert_allclose(h1, hidden(x), rtol=1e-13)
    np.testing.assert_allclose(h2, expected, rtol=1e-13)


def test_squared_error_is_half_the_mean_squared_distance_of_the_rows() -> None:
    rng = generator()
    h, y = rng.normal(size=(N, K)), rng.normal(size=(N, K))
    expected = math.fsum(math.dist(a, b) ** 2 for a, b in zip(h, y, strict=True)) / (2 * N)
    assert reference.squared_error(h, y) == pytest.approx(expected, rel=1e-14)
    keras_mean = tf.keras.losses.MeanSquaredError()(y, h).numpy()  # over N·K, without the ½
    assert reference.squared_error(h, y) == pytest.approx(keras_mean * K / 2, rel=1e-6)


def test_two_layer_gradients_are_those_of_the_tape_and_of_finite_differences() -> None:
    x, y, *parameters = network(generator())

    def on_tensors(w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
        h = tf.tanh(tf.tanh(x @ w0 + b0) @ w1 + b1)
        return tf.reduce_sum((h - y) ** 2) / (2 * N)

    h1, h2 = reference.forward(x, *parameters)
    got = reference.two_layer_gradients(x, h1, h2, y, parameters[2])
    for position, expected in enumerate(on_tape(on_tensors, *parameters)):
        np.testing.assert_allclose(got[position], expected, rtol=1e-11, atol=1e-15)

        def loss(value: np.ndarray, position: int = position) -> float:
            moved = [value if i == position else p for i, p in enumerate(parameters)]
            return reference.squared_error(reference.forward(x, *moved)[1], y)

        np.testing.assert_allclose(got[position], central(loss, parameters[position]), atol=1e-9)


@pytest.mark.parametrize("name", PHI)
@pytest.mark.parametrize("widths", [[D, K], [D, H, K], [D, H, 6, K], [D, 2, H, 6, 9, K]])
def test_deep_gradients_are_those_of_the_tape(name: str, widths: list[int]) -> None:
    phi, slope, tensor_phi = PHI[name]
    rng = generator(len(widths))
    x, y = rng.normal(size=(N, D)), rng.normal(size=(N, K))
    weights, biases = layers(rng, widths)
    depth = len(weights)

    def loss(*parameters: Any) -> Any:
        h = tf.constant(x)
        for i in range(depth):
            h = h @ parameters[i] + parameters[depth + i]
            h = tensor_phi(h) if i < depth - 1 else h
        return tf.reduce_sum((h - y) ** 2) / (2 * N)

    d_weights, d_biases = reference.deep_gradients(x, y, weights, biases, phi, slope)
    for got, expected in zip([*d_weights, *d_biases], on_tape(loss, *weights, *biases), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-15)


def test_deep_gradients_of_a_line_vanish_at_least_squares() -> None:
    rng = generator()
    x, y = rng.normal(size=(20, D)), rng.normal(size=(20, K))
    solution = np.linalg.lstsq(np.column_stack([x, np.ones(20)]), y, rcond=None)[0]
    (weight,), (bias,) = reference.deep_gradients(x, y, [solution[:-1]], [solution[-1]], *PHI["tanh"][:2])
    assert np.abs(weight).max() < 1e-14 and np.abs(bias).max() < 1e-14


def test_softmax_cross_entropy_is_tensorflows_with_its_gradient() -> None:
    rng = generator()
    logits, labels = rng.normal(0, 3, size=(N, K)), rng.integers(0, K, size=N)

    def mean_loss(z: Any) -> Any:
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, z))

    loss, gradient = reference.softmax_cross_entropy(logits, labels)
    assert loss == pytest.approx(mean_loss(tf.constant(logits)).numpy(), rel=1e-13)
    np.testing.assert_allclose(gradient, on_tape(mean_loss, logits)[0], rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-16)


@pytest.mark.parametrize("level", [0.0, 700.0, 1000.0, -1000.0, 1e6])
def test_softmax_cross_entropy_has_sixteen_digits_at_any_level_of_the_logits(level: float) -> None:
    # Forty-digit decimals, which have no overflow at these sizes.
    logits = np.array([[0.5, -2.25, 1.125], [3.0, 40.0, -40.0]]) + level
    labels = np.array([1, 0])
    with localcontext() as context:
        context.prec = 40
        rows = [[Decimal(float(z)) for z in row] for row in logits]
        exponentials = [[(z - max(row)).exp() for z in row] for row in rows]
        p = [[e / sum(row) for e in row] for row in exponentials]
        expected = float(-sum(p[i][label].ln() for i, label in enumerate(labels)) / 2)
    loss, gradient = reference.softmax_cross_entropy(logits, labels)
    assert loss == pytest.approx(expected, rel=1e-15)
    target = np.array([[float(q) for q in row] for row in p])
    target[[0, 1], labels] -= 1
    np.testing.assert_allclose(gradient, target / 2, rtol=1e-14, atol=1e-30)


def test_numerical_gradient_of_a_cubic_is_off_by_the_square_of_the_step() -> None:
    # ((w + s)³ − (w − s)³) / 2s = 3w² + s²: the formula itself, not the derivative.
    w = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -3.0]])
    got = reference.numerical_gradient(lambda v: np.sum(v**3), w, 0.25)
    np.testing.assert_allclose(got, 3 * w**2 + 0.0625, rtol=1e-13)


def test_numerical_gradient_by_default_is_good_to_nine_digits() -> None:
    w = np.array([0.3, -1.2, 2.1])
    got = reference.numerical_gradient(lambda v: np.sin(v[0]) * v[1] + np.exp(v[2]), w)
    exact = [math.cos(0.3) * -1.2, math.sin(0.3), math.exp(2.1)]
    np.testing.assert_allclose(got, exact, rtol=2e-9)


@pytest.mark.parametrize("name", list(reference.SLOPES))
def test_local_slopes_are_finite_differences(name: str) -> None:
    functions: dict[str, Callable[..., float]] = {
        "add": lambda a, b: a + b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "sin": math.sin,
        "log": math.log,
        "sqrt": math.sqrt,
    }
    arguments = np.array([1.3, 0.7][: functions[name].__code__.co_argcount if name in "add mul div" else 1])
    expected = central(lambda v: functions[name](*v), arguments)
    np.testing.assert_allclose(reference.SLOPES[name](*arguments), expected, rtol=1e-9)


def test_notebook_and_reference_have_the_same_table_of_slopes() -> None:
    import ast

    (cell,) = [c for c in locate("ps01_backprop", ROOT).notebook.cells if c.source.startswith("SLOPES =")]
    shown = ast.parse(cell.source).body[0]
    own = next(
        node
        for node in ast.parse(Path(reference.__file__).read_text("utf-8")).body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "SLOPES"
    )
    assert isinstance(shown, ast.Assign)
    assert ast.dump(shown.value) == ast.dump(own.value)


def slide(x1: Any, x2: Any) -> Any:
    return x1 * tf.sqrt(tf.math.log(x1 / tf.sin(x2**2)))


def test_backward_gives_the_decks_function_the_gradient_of_tensorflows_tape() -> None:
    tape = [["mul", 1, 1], ["sin", 2], ["div", 0, 3], ["log", 4], ["sqrt", 5], ["mul", 0, 6]]
    x1, x2 = 1.7, 1.1
    inner = math.sin(x2 * x2)
    root = math.sqrt(math.log(x1 / inner))
    values = np.array([x1, x2, x2 * x2, inner, x1 / inner, root**2, root, x1 * root])
    adjoints = reference.backward(tape, values)
    np.testing.assert_allclose(adjoints[:2], on_tape(slide, np.array(x1), np.array(x2)), rtol=1e-13)
    # By hand: ∂f/∂x₁ = √L + 1/(2√L), L being the logarithm.
    assert adjoints[0] == pytest.approx(root + 0.5 / root, rel=1e-14)
    assert adjoints[-1] == 1.0


def test_backward_adds_up_what_several_uses_contribute() -> None:
    # v = a·a, w = v + a, r = w·v = a⁴ + a³.
    tape = [["mul", 0, 0], ["add", 1, 0], ["mul", 2, 1]]
    a = 1.5
    adjoints = reference.backward(tape, np.array([a, a**2, a**2 + a, a**4 + a**3]))
    assert adjoints[0] == pytest.approx(4 * a**3 + 3 * a**2, rel=1e-14)


def regression(rng: np.random.Generator, n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(n, D))
    return x, x @ np.array([1.5, -0.8, 0.02]) + 0.7 + 0.5 * rng.normal(size=n)


@pytest.mark.parametrize("prior", ["gaussian", "laplace"])
def test_map_objective_is_minus_scipys_log_density_with_its_finite_differences(prior: str) -> None:
    x, y = regression(generator())
    w, b, noise_std, width = np.array([0.8, -0.4, 0.3]), 0.6, 0.7, 1.4
    law = norm if prior == "gaussian" else laplace

    def expected(weights: np.ndarray, bias: float) -> float:
        fit = norm.logpdf(y, x @ weights + bias, noise_std).sum()
        return -(fit + law.logpdf(weights, scale=width).sum())

    value, dw, db = reference.map_objective(x, y, w, b, noise_std, prior, width)
    assert value == pytest.approx(expected(w, b), rel=1e-13)
    np.testing.assert_allclose(dw, central(lambda v: expected(v, b), w), rtol=1e-7)
    assert db == pytest.approx(central(lambda v: expected(w, v[0]), np.array([b]))[0], rel=1e-7)


def test_gaussian_map_is_ridge_regression_with_the_stated_penalty() -> None:
    # ½‖y − xw − b‖² + ½·(σ²/s²)·‖w‖²; scikit-learn leaves both halves out.
    x, y = regression(generator())
    noise_std, width = 0.5, 0.3
    ridge = Ridge(alpha=(noise_std / width) ** 2, tol=1e-12).fit(x, y)
    _, dw, db = reference.map_objective(x, y, ridge.coef_, ridge.intercept_, noise_std, "gaussian", width)
    assert np.abs(dw).max() < 1e-9 and abs(db) < 1e-9


def test_laplace_map_is_the_lasso_with_the_stated_penalty() -> None:
    # ½‖y − xw − b‖² + (σ²/s)·Σ|w|; scikit-learn divides the fit by N. Its third weight is exactly zero, where
    # |w| has no slope; the others must have none left.
    x, y = regression(generator())
    noise_std, width = 0.5, 0.03
    lasso = Lasso(alpha=noise_std**2 / width / len(y), tol=1e-14, max_iter=100_000).fit(x, y)
    assert lasso.coef_[2] == 0.0 and np.count_nonzero(lasso.coef_) == 2
    _, dw, db = reference.map_objective(x, y, lasso.coef_, lasso.intercept_, noise_std, "laplace", width)
    assert np.abs(dw[:2]).max() < 1e-8 and abs(db) < 1e-8
    assert abs(dw[2]) < 1 / width  # the corner of |w| can hold it


def test_initial_weights_have_the_variances_of_the_papers() -> None:
    eps = np.ones((3, 5))
    for scheme, variance in (("unit", 1.0), ("glorot", 2 / 8), ("he", 2 / 3)):
        np.testing.assert_allclose(reference.initial_weights(eps, scheme), math.sqrt(variance), rtol=1e-15)


@pytest.mark.parametrize(("scheme", "mode", "scale"), [("glorot", "fan_avg", 1.0), ("he", "fan_in", 2.0)])
def test_initial_weights_are_spread_as_keras_spreads_them(scheme: str, mode: str, scale: float) -> None:
    # Two samples of 3e5 normal draws: the ratio of their variances has standard deviation 2/√3e5 = 0.0037.
    # A bound of 0.02 is 5.5 of them (4e-8 by chance, none with these seeds) and finds fan_out for fan_in.
    import keras

    shape = (300, 1000)
    kept = keras.initializers.VarianceScaling(scale, mode, distribution="untruncated_normal", seed=3)(shape)
    own = reference.initial_weights(generator().normal(size=shape), scheme)
    assert np.var(own) / np.var(np.asarray(kept)) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("name", PHI)
def test_gradient_norms_are_norms_of_the_tapes_gradients(name: str) -> None:
    phi, slope, tensor_phi = PHI[name]
    rng = generator()
    x, (weights, _) = rng.normal(size=(N, D)), layers(rng, [D, H, 6, K])
    with tf.GradientTape() as tape:
        h, entering = tf.constant(x), []
        for w in weights:
            z = h @ w
            tape.watch(z)
            entering.append(z)
            h = tensor_phi(z)
        total = tf.reduce_sum(h)
    expected = [np.linalg.norm(g) for g in tape.gradient(total, entering)]
    np.testing.assert_allclose(reference.gradient_norms(x, weights, phi, slope), expected, rtol=1e-12)


def test_train_on_a_parabola_follows_the_closed_form() -> None:
    # L = ½aθ²: θ_t = (1 − ηa)^t θ_0.
    curvature, rate, steps = np.array([0.5, 2.0]), 0.3, 7

    def objective(parameters: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
        return 0.5 * np.sum(curvature * parameters[0] ** 2), [curvature * parameters[0]]

    start = np.array([1.0, -2.0])
    (end,), losses = reference.train(objective, [start], rate, steps)
    path = [(1 - rate * curvature) ** t * start for t in range(steps + 1)]
    np.testing.assert_allclose(end, path[-1], rtol=1e-13)
    np.testing.assert_allclose(losses, [0.5 * np.sum(curvature * p**2) for p in path[:-1]], rtol=1e-13)
    np.testing.assert_array_equal(start, [1.0, -2.0])


def test_train_is_keras_sgd() -> None:
    import keras

    rng = generator()
    target, u, v = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4)

    def objective(parameters: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
        residual = np.outer(*parameters) - target
        return 0.5 * np.sum(residual**2), [residual @ parameters[1], parameters[0] @ residual]

    variables = [tf.Variable(u), tf.Variable(v)]
    optimizer = keras.optimizers.SGD(0.05)
    for _ in range(6):
        with tf.GradientTape() as tape:
            loss = 0.5 * tf.reduce_sum((tf.tensordot(*variables, axes=0) - target) ** 2)
        optimizer.apply(tape.gradient(loss, variables), variables)
    ends, _ = reference.train(objective, [u, v], 0.05, 6)
    for end, variable in zip(ends, variables, strict=True):
        np.testing.assert_allclose(end, variable.numpy(), rtol=1e-6)  # Keras keeps its rate in float32


@pytest.mark.parametrize(
    "name",
    ["forward_in_float32", "two_in_float32", "softmax_in_float32", "map_in_float32", "norms_in_float32"],
)
def test_derived_terms_bound_single_precision_and_still_see_a_relative_error_of_1e_3(name: str) -> None:
    # Single precision must stay inside 16·u·Σ|terms|, and no wrong formula may hide there.
    variant = variants[name]
    target = getattr(reference, variant.function)
    for seed in range(10):
        rng = generator(seed)
        x, y, w0, b0, w1, b1 = network(rng)
        h1, h2 = reference.forward(x, w0, b0, w1, b1)
        inputs: Any = {
            "forward": (x, w0, b0, w1, b1),
            "two_layer_gradients": (x, h1, h2, y, w1),
            "softmax_cross_entropy": (rng.normal(size=(N, K)), rng.integers(0, K, size=N)),
            "map_objective": (x, y[:, 0], w0[:, 0], 0.4, 0.6, "laplace", 1.3),
            "gradient_norms": (x, [w0, w1], *PHI["sigmoid"][:2]),
        }[variant.function]
        expected, amounts, single = target(*inputs), terms_of(target, *inputs), variant.run(*inputs)
        for part in range(len(expected)) if isinstance(expected, tuple) else [...]:
            right, amount, got = (
                np.asarray(side if part is ... else side[part]) for side in (expected, amounts, single)
            )
            assert close(Answer(lambda got=got: got), right, terms=amount).outcome().passed
            wrong = (right * (1 + 1e-3)).astype(np.float32)
            assert not close(Answer(lambda wrong=wrong: wrong), right, terms=amount).outcome().passed
