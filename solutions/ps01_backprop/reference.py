"""Worked solutions of ps01: networks, losses and their gradients, in NumPy alone.

Notation of Damianou's deck: rows of x are examples, h₁ = φ(x w₀ + b₀), h₂ = φ(h₁ w₁ + b₁); g is the slope
of φ, δ the gradient of the loss with respect to what enters φ. Σ|terms|, which tolerances are made of, is
derived from these functions themselves (:mod:`autograder.checks.terms`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Elementwise = Callable[[Any], Any]
"""A function that acts on each entry of an array by itself."""

Objective = Callable[[list[Any]], tuple[Any, Sequence[Any]]]
"""From parameters to a loss and its gradients, one for each parameter."""

SLOPES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "add": lambda a, b: (1.0, 1.0),
    "mul": lambda a, b: (b, a),
    "div": lambda a, b: (1.0 / b, -a / b**2),
    "sin": lambda a: (np.cos(a),),
    "log": lambda a: (1.0 / a,),
    "sqrt": lambda a: (0.5 / np.sqrt(a),),
}
"""Derivatives of each elementary operation with respect to its arguments; the notebook has the same table."""


def forward(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> tuple[Any, Any]:
    """Forward pass of a network of two layers.

    .. math:: h_1 = \\tanh(x w_0 + b_0), \\qquad h_2 = \\tanh(h_1 w_1 + b_1)

    Args:
        x: inputs, shape (N, D).
        w0: shape (D, H).
        b0: shape (H,).
        w1: shape (H, K).
        b1: shape (K,).

    Returns:
        h1 of shape (N, H) and h2 of shape (N, K).

    Source: Damianou, "Deep neural networks: hierarchical function definitions".
    """
    h1 = np.tanh(x @ w0 + b0)
    h2 = np.tanh(h1 @ w1 + b1)
    return h1, h2


def squared_error(h: Any, y: Any) -> Any:
    """Half the squared distance of an output to its target, averaged over the examples.

    .. math:: \\frac1N \\sum_n \\frac12 \\lVert h_n - y_n \\rVert^2

    Args:
        h: outputs, shape (N, K).
        y: targets, shape (N, K).

    Returns:
        The loss, a scalar.

    Example:
        >>> float(squared_error(np.array([[3.0, 0.0]]), np.array([[0.0, 4.0]])))
        12.5

    Source: Damianou, "Two layers".
    """
    return 0.5 * np.sum((h - y) ** 2) / len(h)


def two_layer_gradients(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> tuple[Any, Any, Any, Any]:
    """Gradients of ``squared_error(h2, y)`` with respect to all parameters of ``forward``.

    .. math:: δ_2 = \\tfrac1N (h_2 - y) ∘ g_1, \\quad δ_1 = (δ_2 w_1^T) ∘ g_0, \\quad
        ∂w_1 = h_1^T δ_2, \\quad ∂w_0 = x^T δ_1

    Args:
        x: inputs, shape (N, D).
        h1: hidden layer of the forward pass, shape (N, H).
        h2: output of the forward pass, shape (N, K).
        y: targets, shape (N, K).
        w1: weights of the second layer, shape (H, K).

    Returns:
        Gradients for w0, b0, w1, b1, each of its parameter's shape.

    Source: Damianou, "Derivative w.r.t w1" and "w.r.t w0", with the sign and the 1/N of a gradient.
    """
    g1 = 1.0 - h2**2  # tanh' written in its own output
    delta2 = (h2 - y) / len(x) * g1
    g0 = 1.0 - h1**2
    delta1 = (delta2 @ w1.T) * g0
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


def deep_gradients(
    x: Any, y: Any, weights: Sequence[Any], biases: Sequence[Any], phi: Elementwise, slope: Elementwise
) -> tuple[list[Any], list[Any]]:
    """Gradients of the squared error of a network of L layers: φ after each layer but the last.

    .. math:: δ_L = \\tfrac1N (h_L - y), \\quad δ_l = (δ_{l+1} w_{l+1}^T) ∘ φ'(z_l), \\quad
        ∂w_l = h_{l-1}^T δ_l, \\quad ∂b_l = \\textstyle\\sum_n δ_{l,n}

    Args:
        x: inputs, shape (N, D).
        y: targets, shape (N, K).
        weights: L matrices, the first of shape (D, ·), the last of shape (·, K).
        biases: L vectors.
        phi: φ, elementwise.
        slope: φ', elementwise, as a function of what enters φ.

    Returns:
        Two lists of length L, from the first layer to the last: gradients for weights and for biases.

    Source: Rumelhart, Hinton & Williams 1986, eqs. 4 to 7; Damianou, "Derivative w.r.t w0".
    """
    inputs, entering = [], []
    h = x
    for weight, bias in zip(weights, biases, strict=True):
        z = h @ weight + bias
        inputs.append(h)
        entering.append(z)
        h = phi(z)
    delta = (entering[-1] - y) / len(x)
    d_weights, d_biases = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for layer in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[layer + 1].T) * slope(entering[layer])
        d_weights.insert(0, inputs[layer].T @ delta)
        d_biases.insert(0, delta.sum(axis=0))
    return d_weights, d_biases


def softmax_cross_entropy(logits: Any, labels: Any) -> tuple[Any, Any]:
    """Mean cross-entropy of a softmax, and its gradient with respect to the logits, for logits of any size.

    .. math:: -\\frac1N \\sum_n \\log p_{n, y_n}, \\qquad \\frac1N (p_{nk} - [k = y_n]), \\qquad
        \\log p_{nk} = s_{nk} - \\log \\sum_j e^{s_{nj}}, \\quad s_{nk} = z_{nk} - \\max_j z_{nj}

    Args:
        logits: z, shape (N, K).
        labels: y, integers in 0 .. K − 1, shape (N,).

    Returns:
        The loss, a scalar, and its gradient, shape (N, K).

    Source: Blanchard, Higham & Higham 2021 (the shift); Bishop 2006, eq. 4.109 (the gradient).
    """
    n = len(logits)
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp of at most 0 cannot overflow
    exponentials = np.exp(shifted)
    total = exponentials.sum(axis=1, keepdims=True)
    rows = np.arange(n)
    loss = -np.sum((shifted - np.log(total))[rows, labels]) / n
    gradient = exponentials / total
    gradient[rows, labels] -= 1.0
    return loss, gradient / n


def numerical_gradient(f: Callable[[Any], Any], w: Any, step: float | None = None) -> Any:
    """Gradient by central differences, one entry of w at a time.

    .. math:: \\frac{∂f}{∂w_i} ≈ \\frac{f(w + s e_i) - f(w - s e_i)}{2 s}

    Args:
        f: scalar function of an array like w.
        w: where; float64 array of any shape.
        step: s > 0; by default ∛u, u being the unit roundoff of float64, which balances the error of
            truncation, s²f‴/6, and that of rounding, u·f/s.

    Returns:
        Array of w's shape.

    Source: Press et al. 2007, §5.7.
    """
    if step is None:
        step = 2.0 ** (-53 / 3)
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (f(up) - f(down)) / (2.0 * step)
    return gradient


def backward(tape: Sequence[Sequence[Any]], values: Any) -> Any:
    """The reverse sweep: derivative of the last value with respect to every value on a tape.

    .. math:: \\bar v_{last} = 1, \\qquad
        \\bar v_i = \\sum_{k\\ that\\ uses\\ i} \\bar v_k \\frac{∂ v_k}{∂ v_i}

    Args:
        tape: operations in the order in which they ran, each a name and the positions of its arguments.
        values: the inputs, then each operation's result; shape (inputs + operations,).

    Returns:
        Adjoints, of the shape of values.

    Example:
        >>> backward([["mul", 0, 0]], np.array([3.0, 9.0]))
        array([6., 1.])

    Source: Griewank & Walther 2008, §3.2; Baydin et al. 2018, table 3.
    """
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    first = len(values) - len(tape)
    for position in reversed(range(len(tape))):
        name, *arguments = tape[position]
        slopes = SLOPES[name](*(values[i] for i in arguments))
        for i, slope in zip(arguments, slopes, strict=True):
            adjoints[i] += adjoints[first + position] * slope
    return adjoints


def map_objective(
    x: Any, y: Any, w: Any, b: float, noise_std: float, prior: str, width: float
) -> tuple[Any, Any, Any]:
    """Minus the log joint density of a linear regression, with its gradient; its minimum is the MAP estimate.

    .. math:: -\\sum_n \\log N(y_n; x_n w + b, σ^2) - \\sum_d \\log p(w_d), \\qquad
        p = N(0, s^2) \\text{ or } \\tfrac{1}{2s} e^{-|w|/s}

    Args:
        x: inputs, shape (N, D).
        y: targets, shape (N,).
        w: weights, shape (D,); they have the prior.
        b: bias; it has none.
        noise_std: σ > 0, a standard deviation.
        prior: "gaussian" or "laplace".
        width: s > 0, the Gaussian's standard deviation or the Laplace's scale.

    Returns:
        The objective, a scalar; its gradient for w, shape (D,); its derivative for b, a scalar.

    Source: Damianou, "Probabilistic re-formulation"; Bishop 2006, eq. 1.67; Tibshirani 1996, §5.
    """
    residual = x @ w + b - y
    precision = 1.0 / noise_std**2
    fit = 0.5 * precision * np.sum(residual**2) + len(y) * (np.log(noise_std) + 0.5 * np.log(2 * np.pi))
    if prior == "gaussian":
        penalty = np.sum(w**2) / (2 * width**2) + len(w) * (np.log(width) + 0.5 * np.log(2 * np.pi))
        pull = w / width**2
    else:
        penalty = np.sum(np.abs(w)) / width + len(w) * np.log(2 * width)
        pull = np.sign(w) / width
    return fit + penalty, precision * (x.T @ residual) + pull, precision * np.sum(residual)


def initial_weights(eps: Any, scheme: str) -> Any:
    """A layer's initial weights from standard normal noise.

    .. math:: w = \\sqrt{v}\\, ε, \\qquad v = 1, \\quad \\frac{2}{n_{in} + n_{out}}, \\quad \\frac{2}{n_{in}}

    Args:
        eps: noise, shape (fan_in, fan_out).
        scheme: "unit", "glorot" or "he".

    Returns:
        Weights of the shape of eps.

    Source: Glorot & Bengio 2010, eq. 12; He et al. 2015, eq. 10.
    """
    fan_in, fan_out = eps.shape
    variances = {"unit": 1.0, "glorot": 2.0 / (fan_in + fan_out), "he": 2.0 / fan_in}
    return np.sqrt(variances[scheme]) * eps


def gradient_norms(x: Any, weights: Sequence[Any], phi: Elementwise, slope: Elementwise) -> Any:
    """Size of the error signal at every layer of a deep network without biases.

    .. math:: \\lVert δ_l \\rVert, \\qquad δ_l = \\frac{∂}{∂z_l} \\sum_{n,k} h_{L,nk}, \\qquad
        z_l = h_{l-1} w_l, \\quad h_l = φ(z_l)

    Args:
        x: inputs h_0, shape (N, D).
        weights: L matrices; φ comes after each, the last included.
        phi: φ, elementwise.
        slope: φ', elementwise, as a function of what enters φ.

    Returns:
        Shape (L,): the Frobenius norm of δ at each layer, the first layer's first.

    Source: Glorot & Bengio 2010, §3.2 and figure 7; Damianou, "Vanishing and exploding gradients".
    """
    h, slopes = x, []
    for weight in weights:
        z = h @ weight
        slopes.append(slope(z))
        h = phi(z)
    delta = slopes[-1]
    norms = [np.sqrt(np.sum(delta**2))]
    for layer in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[layer + 1].T) * slopes[layer]
        norms.insert(0, np.sqrt(np.sum(delta**2)))
    return np.array(norms)


def train(objective: Objective, parameters: Sequence[Any], rate: float, steps: int) -> tuple[list[Any], Any]:
    """Gradient descent on all parameters at once.

    .. math:: θ_{t+1} = θ_t - η\\, ∇L(θ_t)

    Args:
        objective: maps a list of parameters to the loss and a list of gradients.
        parameters: θ₀, a list of arrays; it is not changed.
        rate: η > 0.
        steps: T >= 1.

    Returns:
        θ_T as a list of arrays, and the losses at θ₀ .. θ_{T−1}, shape (T,).

    Source: Damianou, "Probabilistic re-formulation": "optimization still done with back-prop".
    """
    parameters = list(parameters)
    losses = []
    for _ in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        parameters = [value - rate * slope for value, slope in zip(parameters, gradients, strict=True)]
    return parameters, np.array(losses)
