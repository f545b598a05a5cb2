"""The networks of ps07 in NumPy: what the checks expect of a model with given weights.

A model is a list of arrays as the notebook's ``weights_of`` gives them: kernel and bias of each layer, the
encoder's hidden layer (if there is one), mean and log variance, then the decoder's hidden layer (if there is
one) and logits. Ordinary arithmetic throughout, so that Σ|terms| can be derived.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.callables import Code, code


def posterior(weights: list[Any], x: Any) -> list[Any]:
    """Mean and log variance of a model with one hidden layer, shape (N, d) each."""
    h = np.tanh(x @ weights[0] + weights[1])
    return [h @ weights[2] + weights[3], h @ weights[4] + weights[5]]


def logits(weights: list[Any], z: Any) -> Any:
    """Logits of a model with one hidden layer, shape (N, D)."""
    return np.tanh(z @ weights[6] + weights[7]) @ weights[8] + weights[9]


def linear_loss(weights: list[Any], x: Any, eps: Any, beta: float) -> Any:
    """The loss of a model without hidden layers."""
    mean, log_var, _, out = _forward(weights, x, eps)
    likelihood = np.sum(x * out - _softplus(out), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_var) - 1.0 - log_var, axis=-1)
    return np.mean(beta * kl - likelihood)


def linear_input_gradients(weights: list[Any], x: Any, eps: Any, beta: float) -> list[Any]:
    """Gradients of :func:`linear_loss` by the images and by the noise."""
    d_mean, d_log_var, d_z, out, _, log_var = _backward(weights, x, eps, beta)
    d_x = d_mean @ weights[0].T + d_log_var @ weights[2].T - out / len(x)
    return [d_x, d_z * np.exp(0.5 * log_var)]


def linear_step(weights: list[Any], x: Any, eps: Any, rate: float) -> list[Any]:
    """The weights after one step of gradient descent on the loss with β = 1."""
    d_mean, d_log_var, _, out, z, _ = _backward(weights, x, eps, 1.0)
    d_out = (_sigmoid(out) - x) / len(x)
    pairs = ((x, d_mean), (x, d_log_var), (z, d_out))
    gradients = [g for entering, d in pairs for g in (entering.T @ d, np.sum(d, axis=0))]
    return [w - rate * g for w, g in zip(weights, gradients, strict=True)]


def _forward(weights: list[Any], x: Any, eps: Any) -> tuple[Any, Any, Any, Any]:
    mean, log_var = x @ weights[0] + weights[1], x @ weights[2] + weights[3]
    z = mean + np.exp(0.5 * log_var) * eps
    return mean, log_var, z, z @ weights[4] + weights[5]


def _backward(weights: list[Any], x: Any, eps: Any, beta: float) -> tuple[Any, ...]:
    mean, log_var, z, out = _forward(weights, x, eps)
    n = len(x)
    d_z = (_sigmoid(out) - x) / n @ weights[4].T
    d_mean = d_z + beta * mean / n
    d_log_var = 0.5 * d_z * eps * np.exp(0.5 * log_var) + 0.5 * beta * (np.exp(log_var) - 1.0) / n
    return d_mean, d_log_var, d_z, out, z, log_var


def _softplus(out: Any) -> Any:
    return np.maximum(out, 0.0) + np.log1p(np.exp(-np.abs(out)))


def _sigmoid(out: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-out))


def bound_of_weights(pixels: int, hidden: int, latent: int, draws: int, seed: int) -> Code:
    """A function from a model's weights and images to minus its importance-weighted bound of each image.

    Args:
        pixels: D.
        hidden: units of either hidden layer.
        latent: d.
        draws: k, importance samples of each image.
        seed: of their noise.

    Returns:
        For ``trained(of=...)``; weights of other sizes are an error there.
    """
    shapes = [
        (pixels, hidden), (hidden,), (hidden, latent), (latent,), (hidden, latent), (latent,),
        (latent, hidden), (hidden,), (hidden, pixels), (pixels,),
    ]  # fmt: skip
    return code(
        "lambda weights, x: (lambda w:"
        " (lambda h, eps: (lambda mean, s:"
        " (lambda z:"
        " (lambda out:"
        " -np.logaddexp.reduce((x * out - np.logaddexp(0.0, out)).sum(-1)"
        " + 0.5 * (eps**2 + s - z**2).sum(-1), axis=0)"
        f" + math.log({draws}))"
        "(np.tanh(z @ w[6] + w[7]) @ w[8] + w[9]))"
        "(mean + np.exp(0.5 * s) * eps))"
        "(h @ w[2] + w[3], h @ w[4] + w[5]))"
        "(np.tanh(x @ w[0] + w[1]),"
        f" np.random.default_rng({seed}).normal(size=({draws}, len(x), {latent}))))"
        f"([part.reshape(shape) for part, shape in zip(weights, {shapes!r}, strict=True)])"
    )
