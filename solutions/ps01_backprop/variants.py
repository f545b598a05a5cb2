"""Other correct routes through ps01, which every check must accept."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import variant

from .reference import SLOPES

# forward


@variant("forward")
def forward_in_homogeneous_coordinates(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    ones = np.ones((len(x), 1))
    h1 = np.tanh(np.hstack([x, ones]) @ np.vstack([w0, b0]))
    return h1, np.tanh(np.hstack([h1, ones]) @ np.vstack([w1, b1]))


@variant("forward")
def forward_in_float32(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    x, w0, b0, w1, b1 = (a.astype(np.float32) for a in (x, w0, b0, w1, b1))
    h1 = np.tanh(x @ w0 + b0)
    return h1, np.tanh(h1 @ w1 + b1)


@variant("forward")
def forward_example_by_example(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = np.array([np.tanh(w0.T @ row + b0) for row in x])
    return [h1, np.array([np.tanh(w1.T @ row + b1) for row in h1])]


@variant("forward")
def forward_by_sigmoid(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    def phi(z: np.ndarray) -> np.ndarray:
        return 2.0 / (1.0 + np.exp(-2.0 * z)) - 1.0

    h1 = phi(np.einsum("nd,dh->nh", x, w0) + b0)
    return h1, phi(np.einsum("nh,hk->nk", h1, w1) + b1)


# squared_error


@variant("squared_error")
def error_mean_of_rows(h: Any, y: Any) -> Any:
    return np.mean(np.sum((y - h) ** 2, axis=1)) / 2


@variant("squared_error")
def error_by_trace(h: Any, y: Any) -> Any:
    difference = h - y
    return np.trace(difference.T @ difference) / (2 * len(h))


@variant("squared_error")
def error_by_loop(h: Any, y: Any) -> Any:
    total = 0.0
    for row, target in zip(h, y, strict=True):
        for value, wanted in zip(row, target, strict=True):
            total += 0.5 * (float(value) - float(wanted)) ** 2
    return total / len(h)


@variant("squared_error")
def error_in_float32(h: Any, y: Any) -> Any:
    return np.float32(0.5) * np.mean(np.sum((h - y).astype(np.float32) ** 2, axis=1))


# two_layer_gradients


@variant("two_layer_gradients")
def two_divided_at_the_end(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    n = len(x)
    delta2 = (h2 - y) * (1.0 + h2) * (1.0 - h2)
    delta1 = np.dot(delta2, w1.T) * (1.0 - h1 * h1)
    return x.T @ delta1 / n, delta1.mean(axis=0), h1.T @ delta2 / n, delta2.mean(axis=0)


@variant("two_layer_gradients")
def two_example_by_example(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    dw0, db0 = np.zeros((x.shape[1], h1.shape[1])), np.zeros(h1.shape[1])
    dw1, db1 = np.zeros_like(w1), np.zeros(h2.shape[1])
    for i in range(len(x)):
        delta2 = (h2[i] - y[i]) * (1 - h2[i] ** 2)
        delta1 = (w1 @ delta2) * (1 - h1[i] ** 2)
        dw0 += np.outer(x[i], delta1) / len(x)
        db0 += delta1 / len(x)
        dw1 += np.outer(h1[i], delta2) / len(x)
        db1 += delta2 / len(x)
    return dw0, db0, dw1, db1


@variant("two_layer_gradients")
def two_in_float32(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    x, h1, h2, y, w1 = (a.astype(np.float32) for a in (x, h1, h2, y, w1))
    delta2 = (h2 - y) * (1 - h2**2) / len(x)
    delta1 = (delta2 @ w1.T) * (1 - h1**2)
    return x.T @ delta1, delta1.sum(0), h1.T @ delta2, delta2.sum(0)


@variant("two_layer_gradients")
def two_slopes_from_z(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    # tanh'(z) = 1/cosh²(z): another form of the same slope.
    g1, g0 = 1 / np.cosh(np.arctanh(h2)) ** 2, 1 / np.cosh(np.arctanh(h1)) ** 2
    delta2 = -(y - h2) * g1 / len(x)
    delta1 = np.einsum("nk,hk->nh", delta2, w1) * g0
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


# deep_gradients


@variant("deep_gradients")
def deep_by_recursion(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    def down(h: np.ndarray, layer: int) -> tuple:
        z = h @ weights[layer] + biases[layer]
        if layer == len(weights) - 1:
            delta, above = (z - y) / len(x), ((), ())
        else:
            signal, above = down(phi(z), layer + 1)
            delta = signal * slope(z)
        lists = [h.T @ delta, *above[0]], [delta.sum(axis=0), *above[1]]
        return delta @ weights[layer].T, lists

    return down(x, 0)[1]


@variant("deep_gradients")
def deep_in_dictionaries(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    depth = len(weights)
    z, h = {}, {0: x}
    for i in range(1, depth + 1):
        z[i] = h[i - 1] @ weights[i - 1] + biases[i - 1]
        h[i] = phi(z[i]) if i < depth else z[i]
    d_weights, d_biases = [None] * depth, [None] * depth
    delta = h[depth] - y
    for i in range(depth, 0, -1):
        d_weights[i - 1] = np.dot(h[i - 1].T, delta) / len(x)
        d_biases[i - 1] = delta.mean(axis=0)
        if i > 1:
            delta = np.dot(delta, weights[i - 1].T) * slope(z[i - 1])
    return d_weights, d_biases


@variant("deep_gradients")
def deep_in_float32(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    single = np.float32
    h, inputs, entering = x.astype(single), [], []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        entering.append(h @ w.astype(single) + b.astype(single))
        h = phi(entering[-1]).astype(single)
    delta = (entering[-1] - y.astype(single)) / single(len(x))
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T.astype(single)) * slope(entering[i]).astype(single)
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


# softmax_cross_entropy


@variant("softmax_cross_entropy")
def softmax_by_scipy(logits: Any, labels: Any) -> Any:
    from scipy.special import log_softmax

    log_p = log_softmax(logits, axis=1)
    one_hot = np.eye(logits.shape[1])[labels]
    return -np.sum(one_hot * log_p) / len(logits), (np.exp(log_p) - one_hot) / len(logits)


@variant("softmax_cross_entropy")
def softmax_by_logaddexp(logits: Any, labels: Any) -> Any:
    n = len(logits)
    normaliser = np.logaddexp.reduce(logits, axis=1)
    gradient = np.exp(logits - normaliser[:, None])
    loss = np.mean(normaliser - logits[np.arange(n), labels])
    for i, label in enumerate(labels):
        gradient[i, label] -= 1
    return loss, gradient / n


@variant("softmax_cross_entropy")
def softmax_example_by_example(logits: Any, labels: Any) -> Any:
    loss, gradient = 0.0, []
    for row, label in zip(logits, labels, strict=True):
        e = np.exp(row - np.max(row))
        loss += np.log(np.sum(e)) + np.max(row) - row[label]
        p = e / np.sum(e)
        p[label] -= 1
        gradient.append(p / len(logits))
    return loss / len(logits), gradient


@variant("softmax_cross_entropy")
def softmax_in_float32(logits: Any, labels: Any) -> Any:
    logits = logits.astype(np.float32)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(logits))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1
    return -log_p[rows, labels].mean(), gradient / np.float32(len(logits))


# numerical_gradient


@variant("numerical_gradient")
def numerical_in_place(f: Any, w: Any, step: Any = None) -> Any:
    step = 1e-5 if step is None else step
    gradient = np.zeros(w.size)
    for i in range(w.size):
        index = np.unravel_index(i, w.shape)
        kept = w[index]
        w[index] = kept + step
        above = f(w)
        w[index] = kept - step
        below = f(w)
        w[index] = kept
        gradient[i] = (above - below) / (2 * step)
    return gradient.reshape(w.shape)


@variant("numerical_gradient")
def numerical_by_unit_vectors(f: Any, w: Any, step: Any = None) -> Any:
    step = 1e-6 if step is None else step
    units = np.eye(w.size).reshape(w.size, *w.shape)
    slopes = [(f(w + step * unit) - f(w - step * unit)) / (2 * step) for unit in units]
    return np.array(slopes).reshape(w.shape)


@variant("numerical_gradient")
def numerical_by_true_distance(f: Any, w: Any, step: Any = None) -> Any:
    # w + s is rounded: dividing by the distance that was really gone is a little better.
    step = 1e-4 if step is None else step
    gradient = np.empty_like(w)
    for index in np.ndindex(*w.shape):
        up, down = w.copy(), w.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (f(up) - f(down)) / (up[index] - down[index])
    return gradient


# backward


@variant("backward")
def tape_as_lists(tape: Any, values: Any) -> Any:
    count, first = len(values), len(values) - len(tape)
    adjoints = [0.0] * (count - 1) + [1.0]
    for result in range(count - 1, first - 1, -1):
        name, *arguments = tape[result - first]
        slopes = SLOPES[name](*[float(values[i]) for i in arguments])
        for slope, i in zip(slopes, arguments, strict=True):
            adjoints[i] += slope * adjoints[result]
    return adjoints


@variant("backward")
def tape_by_its_readers(tape: Any, values: Any) -> Any:
    # For each value, from the last to the first: the sum over the operations that read it.
    first = len(values) - len(tape)
    adjoints = np.zeros(len(values))
    adjoints[-1] = 1.0
    for i in range(len(values) - 2, -1, -1):
        for k, (name, *arguments) in enumerate(tape):
            slopes = SLOPES[name](*values[arguments])
            adjoints[i] += sum(
                adjoints[first + k] * slope for j, slope in zip(arguments, slopes, strict=True) if j == i
            )
    return adjoints


@variant("backward")
def tape_by_forward_mode(tape: Any, values: Any) -> Any:
    # One sweep for each value, forwards: slower, and the same numbers.
    first = len(values) - len(tape)
    adjoints = []
    for start in range(len(values)):
        tangents = np.zeros(len(values))
        tangents[start] = 1.0
        for k, (name, *arguments) in enumerate(tape):
            if first + k != start:
                slopes = SLOPES[name](*values[arguments])
                tangents[first + k] = np.dot(slopes, tangents[arguments])
        adjoints.append(tangents[-1])
    return np.array(adjoints)


@variant("backward")
def tape_with_its_own_slopes(tape: Any, values: Any) -> Any:
    first = len(values) - len(tape)
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    for result in range(len(values) - 1, first - 1, -1):
        (name, a, *more), above = tape[result - first], adjoints[result]
        b = more[0] if more else None
        if name == "add":
            adjoints[a] += above
            adjoints[b] += above
        elif name == "mul":
            adjoints[a] += above * values[b]
            adjoints[b] += above * values[a]
        elif name == "div":
            adjoints[a] += above / values[b]
            adjoints[b] -= above * values[result] / values[b]
        elif name == "sin":
            adjoints[a] += above * np.cos(values[a])
        elif name == "log":
            adjoints[a] += above / values[a]
        else:
            adjoints[a] += above / (2 * values[result])
    return adjoints


# map_objective


@variant("map_objective")
def map_by_scipy(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    from scipy.stats import laplace, norm

    mean = x @ w + b
    law = norm if prior == "gaussian" else laplace
    value = -norm.logpdf(y, mean, noise_std).sum() - law.logpdf(w, scale=width).sum()
    pull = w / width**2 if prior == "gaussian" else np.sign(w) / width
    score = (mean - y) / noise_std**2
    return value, score @ x + pull, score.sum()


@variant("map_objective")
def map_by_loop(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    value, dw, db = 0.0, np.zeros(len(w)), 0.0
    for row, target in zip(x, y, strict=True):
        r = (np.dot(row, w) + b - target) / noise_std
        value += r * r / 2 + np.log(noise_std * np.sqrt(2 * np.pi))
        dw += r * row / noise_std
        db += r / noise_std
    for i, weight in enumerate(w):
        if prior == "laplace":
            value += abs(weight) / width + np.log(2 * width)
            dw[i] += (1 if weight > 0 else -1) / width
        else:
            value += (weight / width) ** 2 / 2 + np.log(width * np.sqrt(2 * np.pi))
            dw[i] += weight / width**2
    return [value, dw, db]


@variant("map_objective")
def map_in_float32(x: Any, y: Any, w: Any, b: Any, noise_std: Any, prior: Any, width: Any) -> Any:
    single = np.float32
    x, y, w = x.astype(single), y.astype(single), w.astype(single)
    b, s, width = single(b), single(noise_std), single(width)
    r = x @ w + b - y
    fit = np.sum(r**2) / (2 * s**2) + single(len(y) / 2) * np.log(single(2 * np.pi) * s**2)
    if prior == "gaussian":
        constant = single(len(w) / 2) * np.log(single(2 * np.pi) * width**2)
        penalty, pull = np.sum(w**2) / (2 * width**2) + constant, w / width**2
    else:
        penalty, pull = np.sum(np.abs(w)) / width + single(len(w)) * np.log(2 * width), np.sign(w) / width
    return fit + penalty, x.T @ r / s**2 + pull, np.sum(r) / s**2


# initial_weights


@variant("initial_weights")
def initial_by_branches(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = np.shape(eps)
    if scheme == "unit":
        return eps
    if scheme == "he":
        return eps / np.sqrt(fan_in / 2)
    return eps / np.sqrt((fan_in + fan_out) / 2)


@variant("initial_weights")
def initial_in_float32(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    std = {"unit": 1.0, "glorot": (2 / (fan_in + fan_out)) ** 0.5, "he": (2 / fan_in) ** 0.5}[scheme]
    return np.float32(std) * eps.astype(np.float32)


@variant("initial_weights")
def initial_as_keras_counts(eps: Any, scheme: Any) -> Any:
    # Variance scaling: a gain over a fan, which is the mean of both sides for Glorot.
    fans = {"glorot": sum(eps.shape) / 2, "he": len(eps), "unit": 1}
    gains = {"glorot": 1, "he": 2, "unit": 1}
    return eps * (gains[scheme] / fans[scheme]) ** 0.5


# gradient_norms


@variant("gradient_norms")
def norms_by_recursion(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    def down(h: np.ndarray, layers: list) -> tuple:
        z = h @ layers[0]
        if len(layers) == 1:
            delta, norms = slope(z), ()
        else:
            signal, norms = down(phi(z), layers[1:])
            delta = signal * slope(z)
        return delta @ layers[0].T, [np.linalg.norm(delta), *norms]

    return down(x, weights)[1]


@variant("gradient_norms")
def norms_begun_with_ones(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, entering = x, []
    for w in weights:
        entering.append(np.dot(h, w))
        h = phi(entering[-1])
    signal, norms = np.ones(h.shape), np.zeros(len(weights))
    for i in range(len(weights) - 1, -1, -1):
        signal = signal * slope(entering[i])
        norms[i] = np.sqrt(np.mean(signal**2) * signal.size)
        signal = np.dot(signal, weights[i].T)
    return norms


@variant("gradient_norms")
def norms_in_float32(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, slopes = x.astype(np.float32), []
    weights = [w.astype(np.float32) for w in weights]
    for w in weights:
        z = h @ w
        slopes.append(slope(z).astype(np.float32))
        h = phi(z)
    delta = slopes.pop()
    norms = [np.linalg.norm(delta)]
    for w, own in zip(weights[:0:-1], slopes[::-1], strict=True):
        delta = delta @ w.T * own
        norms.append(np.linalg.norm(delta))
    return np.array(norms[::-1], np.float32)


# train


@variant("train")
def train_in_place(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters = [p.copy() for p in parameters]
    losses = np.zeros(steps)
    for t in range(steps):
        losses[t], gradients = objective(parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p -= rate * g
    return parameters, losses


@variant("train")
def train_by_while(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    losses: list = []
    while len(losses) < steps:
        loss, gradients = objective(parameters)
        losses.append(float(loss))
        parameters = [p + (-rate) * g for p, g in zip(parameters, gradients, strict=True)]
    return parameters, losses


@variant("train")
def train_by_recursion(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    def walk(values: list, left: int) -> tuple:
        if left == 0:
            return values, []
        loss, gradients = objective(values)
        end, losses = walk([v - rate * g for v, g in zip(values, gradients, strict=True)], left - 1)
        return end, [loss, *losses]

    return walk(list(parameters), steps)


@variant("train")
def train_in_float32(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters = [p.astype(np.float32) for p in parameters]
    losses: list = []
    for _ in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        parameters = [(p - rate * g).astype(np.float32) for p, g in zip(parameters, gradients, strict=True)]
    return parameters, np.array(losses, np.float32)
