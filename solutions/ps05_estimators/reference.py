"""Worked solutions of ps05: gradients of E[f(z)] with respect to the law of z.

Each ``*_terms`` function beside a solution is Σ|terms| of the same formula: what rounding acts on, and so
what a tolerance is made of (Higham 2002, §3.3). Solutions in NumPy need none: theirs are derived from the
code (:mod:`autograder.checks.terms`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import terms_of

Function = Callable[[Any], Any]
"""An elementwise function of a float tensor."""


def easy_and_hard(theta: float, std: float, z: Any) -> tuple[Any, Any]:
    """d/dθ E[z²], z ~ N(θ, std²): from the known expectation, and by a sum over a grid.

    .. math:: \\frac{d}{dθ}(θ^2 + σ^2), \\qquad Δ \\sum_i z_i^2 \\, \\frac{∂}{∂θ} N(z_i; θ, σ^2),
        \\quad \\frac{∂}{∂θ} N(z; θ, σ^2) = N(z; θ, σ^2) \\, \\frac{z - θ}{σ^2}

    Args:
        theta: θ.
        std: σ > 0.
        z: evenly spaced grid, shape (n,), Δ apart, that reaches far into both tails.

    Returns:
        The exact gradient and the sum, scalars.

    Example:
        >>> easy, hard = easy_and_hard(1.5, 0.7, np.linspace(-5.0, 8.0, 200))
        >>> bool(abs(easy - hard) < 1e-12)
        True

    Source: Batra, "Basic Problem", example with "hard" and "easy".
    """
    density = np.exp(-0.5 * ((z - theta) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))
    slope = density * (z - theta) / std**2
    return 2.0 * theta, np.sum(z**2 * slope) * (z[1] - z[0])


def draw_score_gradients(theta: float, n: int) -> tf.Tensor:
    """Independent score-function estimates of d/dθ E[z²], z ~ N(θ, 1).

    .. math:: g_i = z_i^2 \\, (z_i - θ), \\qquad z_i = θ + ε_i

    Args:
        theta: mean θ of the law of z.
        n: number of draws, >= 1.

    Returns:
        Shape (n,), float64: one estimate a draw, with noise of its own.

    Example:
        >>> draw_score_gradients(2.0, 3).shape.as_list()
        [3]

    Source: Batra, CS 4803/7643, "Two Options", example of option 1.
    """
    z = theta + tf.random.normal([n], dtype=tf.float64)
    score = z - theta  # d/dθ log N(z; θ, 1), z held fixed
    return z**2 * score


def score_function_gradient(f: Function, mean: float, std: float, eps: Any) -> tf.Tensor:
    """Score-function estimates of the gradient of E[f(z)], z ~ N(mean, std²).

    .. math:: f(z) \\, ∇ \\log N(z; μ, σ^2), \\qquad
        ∇_μ \\log N = (z-μ)/σ^2, \\quad ∇_σ \\log N = (z-μ)^2/σ^3 - 1/σ

    Args:
        f: elementwise function of a float tensor; it is never differentiated.
        mean: μ.
        std: σ > 0.
        eps: standard normal noise, shape (n,).

    Returns:
        Shape (n, 2): columns d/dmean and d/dstd, one row a draw.

    Source: Williams 1992; Batra, "Option 1"; Aziz, "Score function estimator".
    """
    z = mean + std * tf.convert_to_tensor(eps)
    values = f(z)
    score_mean = (z - mean) / std**2
    score_std = (z - mean) ** 2 / std**3 - 1.0 / std
    return tf.stack([values * score_mean, values * score_std], axis=1)


def pathwise_gradient(f: Function, mean: float, std: float, eps: Any) -> tf.Tensor:
    """Pathwise estimates of the gradient of E[f(z)], z ~ N(mean, std²).

    .. math:: ∇ f(μ + σε) = f'(z) \\, (1, ε)

    Args:
        f: elementwise differentiable function of a float tensor.
        mean: μ.
        std: σ > 0.
        eps: standard normal noise, shape (n,).

    Returns:
        Shape (n, 2): columns d/dmean and d/dstd, one row a draw.

    Source: Kingma & Welling 2014, eq. 4; Batra, "Option 2".
    """
    eps = tf.convert_to_tensor(eps)
    z = mean + std * eps
    with tf.GradientTape() as tape:
        tape.watch(z)
        values = f(z)
    # f is elementwise: the gradient of the sum over draws holds each draw's own slope.
    slope = tape.gradient(values, z)
    return tf.stack([slope, slope * eps], axis=1)


def leave_one_out_baseline(values: Any) -> tf.Tensor:
    """For each value, the mean of the others.

    .. math:: b_i = \\frac{1}{n-1} \\sum_{j \\ne i} v_j

    Args:
        values: shape (n,), n >= 2.

    Returns:
        Shape (n,); entry i does not depend on value i, so that v_i − b_i times the score stays unbiased.

    Example:
        >>> leave_one_out_baseline(np.array([1.0, 2.0, 6.0])).numpy()
        array([4. , 3.5, 1.5])

    Source: Mnih & Rezende 2016 (VIMCO); Kool, van Hoof & Welling 2019.
    """
    values = tf.convert_to_tensor(values)
    others = tf.reduce_sum(values) - values
    return others / (values.shape[0] - 1)


def control_variate(estimates: Any, control: Any, expectation: float) -> tuple[Any, Any]:
    """Estimates with a control variate of known mean, at the coefficient that varies least.

    .. math:: g_i - c\\,(h_i - E[h]), \\qquad
        c = \\frac{\\sum_i (g_i - \\bar g)(h_i - \\bar h)}{\\sum_i (h_i - \\bar h)^2}

    Args:
        estimates: g, shape (n,).
        control: h, shape (n,), from the same draws.
        expectation: E[h], exact.

    Returns:
        The coefficient c, a scalar, and the estimates, shape (n,).

    Example:
        >>> control_variate(np.array([1.0, 2.0, 6.0]), np.array([0.0, 1.0, 2.0]), 1.0)[1]
        array([3.5, 2. , 3.5])

    Source: Owen 2013, §8.9; with h the score, c is the best constant baseline (Greensmith,
        Bartlett & Baxter 2004).
    """
    g = estimates - np.mean(estimates)
    h = control - np.mean(control)
    coefficient = np.sum(g * h) / np.sum(h * h)
    return coefficient, estimates - coefficient * (control - expectation)


def reinforce_surrogate(f: Function, mean: Any, log_std: Any, eps: Any) -> tf.Tensor:
    """A scalar whose gradient is the average score-function estimate of the gradient of E[f(z)].

    .. math:: \\frac1n \\sum_i \\bot f(z_i) \\, \\log N(\\bot z_i; μ, σ^2), \\qquad z_i = μ + σ ε_i

    Args:
        f: elementwise function of a float tensor.
        mean: μ, a scalar tensor.
        log_std: log σ, a scalar tensor.
        eps: standard normal noise, shape (n,).

    Returns:
        A scalar tensor; its value has no meaning.

    Source: Schulman et al. 2015, "Gradient estimation using stochastic computation graphs"; Ivanov,
        "REINFORCE".
    """
    std = tf.exp(log_std)
    z = tf.stop_gradient(mean + std * eps)
    log_density = -0.5 * ((z - mean) / std) ** 2 - log_std
    return tf.reduce_mean(tf.stop_gradient(f(z)) * log_density)


def categorical_gradients(logits: Any, values: Any, draws: Any) -> tuple[Any, Any]:
    """Gradient of E[f(z)] with respect to the logits of z ~ Cat(softmax(logits)), exact and from draws.

    .. math:: p_k \\Big(f_k - \\sum_j p_j f_j\\Big), \\qquad f_{z_i} \\, ([k = z_i] - p_k)

    Args:
        logits: shape (K,).
        values: f of each class, shape (K,).
        draws: classes in 0 .. K − 1, shape (n,), int64.

    Returns:
        The exact gradient, shape (K,), and one score-function estimate a draw, shape (n, K).

    Source: Batra, "Basic Problem", z ~ cat(π); Mohamed et al. 2020, §4.
    """
    exponentials = np.exp(logits - np.max(logits))
    p = exponentials / np.sum(exponentials)
    exact = p * (values - np.sum(p * values))
    score = np.eye(len(logits))[draws] - p
    return exact, values[draws][:, None] * score


def gumbel_gradients(
    slope: Function, logits: Any, uniforms: Any, temperature: float
) -> tuple[Any, Any, Any, Any]:
    """Gumbel-softmax draws, their classes, and the two gradient estimates made from them.

    .. math:: y = \\mathrm{softmax}((l - \\log(-\\log u))/τ), \\qquad
        \\frac1τ \\, y ∘ \\big(s - (y · s) 1\\big), \\quad s = ∇f(y) \\text{ or } s = ∇f(\\mathrm{onehot}(y))

    Args:
        slope: ∇f, from points of shape (n, K) to gradients of shape (n, K).
        logits: l, shape (K,).
        uniforms: u in (0, 1), shape (n, K).
        temperature: τ > 0.

    Returns:
        Four arrays of shape (n, K): the relaxed draws y; the one-hot vectors of their largest entries; the
        gradient of f(y); the straight-through gradient, which takes ∇f at the one-hot vector.

    Source: Jang, Gu & Poole 2017, eq. 2; Maddison, Mnih & Teh 2017; Bengio, Léonard & Courville 2013.
    """
    perturbed = (logits - np.log(-np.log(uniforms))) / temperature
    exponentials = np.exp(perturbed - np.max(perturbed, axis=1, keepdims=True))
    soft = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    hard = np.eye(len(logits))[np.argmax(soft, axis=1)]
    at_soft, at_hard = slope(soft), slope(hard)
    relaxed = soft * (at_soft - np.sum(soft * at_soft, axis=1, keepdims=True)) / temperature
    straight = soft * (at_hard - np.sum(soft * at_hard, axis=1, keepdims=True)) / temperature
    return soft, hard, relaxed, straight


def gamma_gradient(f: Function, slope: Function, shape: float, psi: Any, z: Any) -> tuple[Any, Any]:
    """Generalised reparameterisation: both parts of d/dα E[f(z)], z ~ Gamma(α, 1), one estimate a draw.

    .. math:: ε = \\frac{\\log z - ψ(α)}{\\sqrt{ψ'(α)}}, \\qquad
        \\dot z = z \\Big(ψ'(α) + ε \\frac{ψ''(α)}{2\\sqrt{ψ'(α)}}\\Big), \\qquad
        f'(z)\\,\\dot z \\;+\\; f(z) \\Big[\\Big(\\frac{α - 1}{z} - 1\\Big)\\dot z + \\log z - ψ(α)
        + \\frac{\\dot z}{z} + \\frac{ψ''(α)}{2ψ'(α)}\\Big]

    Args:
        f: elementwise function.
        slope: f', elementwise.
        shape: α > 0.
        psi: ψ(α), ψ'(α), ψ''(α): the digamma function and its first two derivatives.
        z: draws from Gamma(α, 1), shape (n,).

    Returns:
        The reparameterised part and the correction, shapes (n,); their sum estimates the gradient.

    Source: Ruiz, Titsias & Blei 2016.
    """
    psi0, psi1, psi2 = psi
    eps = (np.log(z) - psi0) / np.sqrt(psi1)
    moved = z * (psi1 + eps * psi2 / (2.0 * np.sqrt(psi1)))
    # d/dα of log q(z(ε, α); α) + log |dz/dε|: the law of ε still depends on α.
    score = ((shape - 1.0) / z - 1.0) * moved + np.log(z) - psi0 + moved / z + psi2 / (2.0 * psi1)
    return slope(z) * moved, f(z) * score


def elbo_gradients(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> tuple[Any, Any, Any]:
    """ELBO of a Bayesian logistic regression and its gradient by both estimators, averaged over the draws.

    .. math:: \\mathcal L = E_q[\\log p(y \\mid X, w)] - KL(q ‖ N(0, I)), \\qquad
        q = N(μ, \\mathrm{diag}\\,σ^2), \\quad w_s = μ + σ ε_s

    Args:
        x: inputs, shape (N, D).
        y: labels, 0.0 or 1.0, shape (N,).
        mean: μ, shape (D,).
        log_std: log σ, shape (D,).
        eps: standard normal noise, shape (S, D).

    Returns:
        The estimate of the ELBO, a scalar; its score-function gradient and its pathwise gradient, each of
        shape (2, D): rows d/dmean and d/dlog_std. The KL divergence is exact in all three.

    Source: Ranganath, Gerrish & Blei 2014; Kucukelbir et al. 2017; Damianou, "Score function method" and
        "Reparameterization gradient".
    """
    std = np.exp(log_std)
    w = mean + std * eps
    logits = w @ x.T
    likelihood = np.sum(y * logits - np.logaddexp(0.0, logits), axis=1)
    kl = np.sum(0.5 * (std**2 + mean**2 - 1.0) - log_std)
    d_kl = np.stack([mean, std**2 - 1.0])

    score_mean = (w - mean) / std**2
    score_log_std = ((w - mean) / std) ** 2 - 1.0
    weights = likelihood[:, None]
    score = np.stack([np.mean(weights * score_mean, axis=0), np.mean(weights * score_log_std, axis=0)])

    slopes = (y - 1.0 / (1.0 + np.exp(-logits))) @ x
    pathwise = np.stack([np.mean(slopes, axis=0), np.mean(slopes * eps * std, axis=0)])
    return np.mean(likelihood) - kl, score - d_kl, pathwise - d_kl


def policy_gradient(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> tuple[Any, Any]:
    """Reward-to-go and the policy gradient of a softmax policy, averaged over episodes.

    .. math:: G_{et} = \\sum_{t' \\ge t} r_{et'}, \\qquad
        \\frac1E \\sum_e \\sum_t (G_{et} - b_{et}) \\, ∇ \\log π(a_{et} \\mid s_{et})

    Args:
        logits: of the policy, shape (S, A): one row a state.
        states: states visited, shape (E, T), int64.
        actions: actions taken there, shape (E, T), int64.
        rewards: what each of them brought, shape (E, T).
        baseline: b, shape (E, T).

    Returns:
        Reward-to-go, shape (E, T), and the gradient with respect to the logits, shape (S, A).

    Source: Williams 1992; Sutton et al. 2000; Batra, "Recall: Policy Gradients".
    """
    to_go = np.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    exponentials = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    policy = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    score = np.eye(logits.shape[1])[actions] - policy[states]
    visited = np.eye(logits.shape[0])[states]
    gradient = np.einsum("et,ets,eta->sa", to_go - baseline, visited, score) / len(rewards)
    return to_go, gradient


def score_function_gradient_terms(f: Function, mean: float, std: float, eps: np.ndarray) -> np.ndarray:
    """Σ|terms| of :func:`score_function_gradient`, float64, shape (n, 2).

    Args:
        f: as there; a sum of terms of one sign, because cancellation inside f cannot be seen from here.
        mean: μ.
        std: σ > 0.
        eps: noise, float64, shape (n,).
    """
    z = mean + std * eps
    size = abs(mean) + np.abs(std * eps)
    slope, _ = _derivatives(f, z)
    # z is rounded before f sees it, and again when the mean is taken off.
    value = np.abs(np.asarray(f(z))) + np.abs(slope) * size
    residual = size + abs(mean)
    return np.stack([value * residual / std**2, value * (residual**2 / std**3 + 1.0 / std)], axis=1)


def pathwise_gradient_terms(f: Function, mean: float, std: float, eps: np.ndarray) -> np.ndarray:
    """Σ|terms| of :func:`pathwise_gradient`, float64, shape (n, 2).

    Args:
        f: as there; its slope a sum of terms of one sign, because cancellation inside it cannot be seen
            from here.
        mean: μ.
        std: σ > 0.
        eps: noise, float64, shape (n,).
    """
    z = mean + std * eps
    size = abs(mean) + np.abs(std * eps)
    slope, curvature = _derivatives(f, z)
    terms = np.abs(slope) + np.abs(curvature) * size
    return np.stack([terms, terms * np.abs(eps)], axis=1)


def leave_one_out_baseline_terms(values: np.ndarray) -> np.ndarray:
    """Σ|terms| of :func:`leave_one_out_baseline`, float64, shape (n,).

    All n values and the own one once more, because a sum of all may be formed first.

    Args:
        values: float64, shape (n,), n >= 2.
    """
    sizes = np.abs(values)
    return (sizes.sum() + sizes) / (len(sizes) - 1)


def reinforce_surrogate_gradient_terms(
    f: Function, mean: float, log_std: float, eps: np.ndarray, wrt: Any
) -> list[np.ndarray]:
    """Σ|terms| of the gradient of :func:`reinforce_surrogate` with respect to (mean, log_std), scalars.

    Args:
        f: as there, in arithmetic that NumPy's numbers can follow.
        mean: μ.
        log_std: log σ.
        eps: noise, float64, shape (n,).
        wrt: (1, 2).
    """
    terms: list[np.ndarray] = terms_of(_surrogate_gradient, f, mean, log_std, eps)
    return terms


def _surrogate_gradient(f: Function, mean: Any, log_std: Any, eps: Any) -> list[Any]:
    std = np.exp(log_std)
    z = mean + std * eps
    values = f(z)
    return [np.mean(values * (z - mean) / std**2), np.mean(values * (((z - mean) / std) ** 2 - 1.0))]


def _derivatives(f: Function, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivatives of an elementwise f at z; zero where f does not depend on z."""
    point = tf.convert_to_tensor(z)
    zero = tf.UnconnectedGradients.ZERO
    with tf.GradientTape() as outer:
        outer.watch(point)
        with tf.GradientTape() as inner:
            inner.watch(point)
            values = f(point)
        slope = inner.gradient(values, point, unconnected_gradients=zero)
    return slope.numpy(), outer.gradient(slope, point, unconnected_gradients=zero).numpy()
