"""Other correct routes through the later parts of ps05, which every check must accept.

Each is self-contained, as a student's cell is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import variant

# categorical_gradients


@variant("categorical_gradients")
def categorical_by_jacobian(logits: Any, values: Any, draws: Any) -> Any:
    p = np.exp(logits) / np.exp(logits).sum()
    jacobian = np.diag(p) - np.outer(p, p)
    rows = []
    for z in draws:
        score = -p.copy()
        score[z] += 1.0
        rows.append(values[z] * score)
    return jacobian @ values, np.array(rows)


@variant("categorical_gradients")
def categorical_by_tape(logits: Any, values: Any, draws: Any) -> Any:
    logits, values = tf.convert_to_tensor(logits), tf.convert_to_tensor(values)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        expected = tf.reduce_sum(tf.nn.softmax(logits) * values)
    exact = tape.gradient(expected, logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        log_p = tf.gather(tf.nn.log_softmax(logits), draws)
    return exact, tf.gather(values, draws)[:, None] * tape.jacobian(log_p, logits)


@variant("categorical_gradients")
def categorical_in_float32(logits: Any, values: Any, draws: Any) -> Any:
    logits, values = tf.cast(logits, tf.float32), tf.cast(values, tf.float32)
    p = tf.nn.softmax(logits)
    score = tf.one_hot(draws, len(logits)) - p
    return p * values - p * tf.tensordot(p, values, 1), score * tf.gather(values, draws)[:, None]


# gumbel_gradients


@variant("gumbel_gradients")
def gumbel_by_tape(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    rows = tf.convert_to_tensor(np.tile(logits, (len(uniforms), 1)))
    gumbels = -tf.math.log(-tf.math.log(tf.convert_to_tensor(uniforms)))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(rows)
        soft = tf.nn.softmax((rows + gumbels) / temperature)
        hard = tf.one_hot(tf.argmax(soft, axis=1), len(logits), dtype=soft.dtype)
        through = soft + tf.stop_gradient(hard - soft)
        at_soft = tf.reduce_sum(soft * tf.stop_gradient(slope(soft)))
        at_hard = tf.reduce_sum(through * tf.stop_gradient(slope(hard)))
    return soft, hard, tape.gradient(at_soft, rows), tape.gradient(at_hard, rows)


@variant("gumbel_gradients")
def gumbel_from_log_probabilities(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    # Softmax does not see a constant: logits and log-probabilities give the same draws.
    log_p = logits - np.log(np.sum(np.exp(logits)))
    scores = log_p - np.log(-np.log(uniforms))
    soft = np.exp(scores / temperature)
    soft /= soft.sum(axis=1, keepdims=True)
    hard = (scores == scores.max(axis=1, keepdims=True)).astype(float)
    gradients = []
    for s in (slope(soft), slope(hard)):
        gradients.append((soft * s - soft * (soft * s).sum(axis=1)[:, None]) / temperature)
    return soft, hard, gradients[0], gradients[1]


@variant("gumbel_gradients")
def gumbel_draw_by_draw(slope: Any, logits: Any, uniforms: Any, temperature: float) -> Any:
    soft, hard, relaxed, straight = [], [], [], []
    for u in uniforms:
        scores = (logits - np.log(-np.log(u))) / temperature
        y = np.exp(scores - scores.max())
        y = y / y.sum()
        one = np.zeros(len(y))
        one[np.argmax(y)] = 1.0
        jacobian = (np.diag(y) - np.outer(y, y)) / temperature
        soft.append(y)
        hard.append(one)
        relaxed.append(jacobian @ slope(y[None])[0])
        straight.append(jacobian @ slope(one[None])[0])
    return np.array(soft), np.array(hard), np.array(relaxed), np.array(straight)


# gamma_gradient


@variant("gamma_gradient")
def gamma_in_logarithms(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    # With l = log z the correction is the slope of log q(l; α) + log |dl/dε| = αl − eˡ − log Γ(α) + ½ log ψ′.
    level, spread, bend = psi
    log_z = np.log(z)
    moved = spread + (log_z - level) / np.sqrt(spread) * bend / (2.0 * np.sqrt(spread))
    correction = log_z - level + (shape - z) * moved + 0.5 * bend / spread
    return slope(z) * z * moved, f(z) * correction


@variant("gamma_gradient")
def gamma_by_tape(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    eps = (np.log(z) - psi[0]) / np.sqrt(psi[1])
    # One copy of α a draw; ψ and √ψ′ are given their slopes, because the tape cannot look inside psi.
    alpha = tf.fill([len(z)], tf.constant(shape, tf.float64))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(alpha)
        change = alpha - tf.stop_gradient(alpha)
        log_draw = psi[0] + psi[1] * change + eps * tf.sqrt(psi[1] + psi[2] * change)
        draw = tf.exp(log_draw)
        log_q = (alpha - 1.0) * log_draw - draw - tf.math.lgamma(alpha)
        log_jacobian = log_draw + 0.5 * tf.math.log(psi[1] + psi[2] * change)
        law_of_eps = log_q + log_jacobian
    return slope(z) * tape.gradient(draw, alpha).numpy(), f(z) * tape.gradient(law_of_eps, alpha).numpy()


@variant("gamma_gradient")
def gamma_draw_by_draw(f: Any, slope: Any, shape: float, psi: Any, z: Any) -> Any:
    rows = []
    for one in z:
        eps = (np.log(one) - psi[0]) / psi[1] ** 0.5
        move = one * (psi[1] + 0.5 * eps * psi[2] / psi[1] ** 0.5)
        along = (shape - 1.0) * move / one - move
        rest = np.log(one) - psi[0] + move / one + 0.5 * psi[2] / psi[1]
        rows.append((slope(one) * move, f(one) * (along + rest)))
    return tuple(np.array(rows).T)


# elbo_gradients


@variant("elbo_gradients")
def elbo_by_tape(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    x, y, eps = (tf.convert_to_tensor(part) for part in (x, y, eps))
    both = tf.stack([tf.convert_to_tensor(mean), tf.convert_to_tensor(log_std)])

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(both)
        std = tf.exp(both[1])
        w = both[0] + std * eps
        kl = tf.reduce_sum(0.5 * (std**2 + both[0] ** 2 - 1.0) - both[1])
        logits = tf.matmul(w, x, transpose_b=True)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(y + tf.zeros_like(logits), logits)
        likelihood = -tf.reduce_sum(losses, axis=1)
        elbo = tf.reduce_mean(likelihood) - kl
        fixed = tf.stop_gradient(w)
        log_q = tf.reduce_sum(-0.5 * ((fixed - both[0]) / std) ** 2 - both[1], axis=1)
        surrogate = tf.reduce_mean(tf.stop_gradient(likelihood) * log_q) - kl
    return elbo, tape.gradient(surrogate, both), tape.gradient(elbo, both)


@variant("elbo_gradients")
def elbo_draw_by_draw(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std = np.exp(log_std)
    kl = 0.5 * np.sum(np.exp(2.0 * log_std) + mean**2 - 1.0 - 2.0 * log_std)
    total, score, path = 0.0, np.zeros((2, len(mean))), np.zeros((2, len(mean)))
    for noise in eps:
        w = mean + std * noise
        p = 1.0 / (1.0 + np.exp(-(x @ w)))
        value = np.sum(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))
        slope = x.T @ (y - p)
        total += value / len(eps)
        score += value * np.array([noise / std, noise**2 - 1.0]) / len(eps)
        path += np.array([slope, slope * std * noise]) / len(eps)
    d_kl = np.array([mean, np.exp(2.0 * log_std) - 1.0])
    return total - kl, score - d_kl, path - d_kl


@variant("elbo_gradients")
def elbo_by_products(x: Any, y: Any, mean: Any, log_std: Any, eps: Any) -> Any:
    std, draws = np.exp(log_std), len(eps)
    w = mean + std * eps
    margins = (2.0 * y - 1.0) * (w @ x.T)
    value = -np.logaddexp(0.0, -margins).sum(axis=1)
    slopes = ((2.0 * y - 1.0) / (1.0 + np.exp(margins))) @ x
    prior = -np.vstack([mean, std * std - 1.0])
    score = np.vstack([value @ (eps / std), value @ (eps * eps - 1.0)]) / draws
    path = np.vstack([slopes.sum(axis=0), np.einsum("sd,sd->d", slopes, eps) * std]) / draws
    bound = value.mean() + np.sum(log_std) + 0.5 * (len(mean) - np.sum(std**2 + mean**2))
    return bound, score + prior, path + prior


# policy_gradient


@variant("policy_gradient")
def policy_by_loops(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    policy = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    to_go, gradient = np.zeros(rewards.shape), np.zeros(logits.shape)
    for e in range(len(rewards)):
        for t in range(rewards.shape[1]):
            to_go[e, t] = rewards[e, t:].sum()
            score = -policy[states[e, t]]
            score[actions[e, t]] += 1.0
            gradient[states[e, t]] += (to_go[e, t] - baseline[e, t]) * score / len(rewards)
    return to_go, gradient


@variant("policy_gradient")
def policy_by_tape(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    logits = tf.convert_to_tensor(logits)
    to_go = tf.cumsum(tf.convert_to_tensor(rewards), axis=1, reverse=True)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        log_policy = tf.nn.log_softmax(logits)
        taken = tf.gather_nd(log_policy, tf.stack([states, actions], axis=-1))
        surrogate = tf.reduce_mean(tf.reduce_sum((to_go - baseline) * taken, axis=1))
    return to_go, tape.gradient(surrogate, logits)


@variant("policy_gradient")
def policy_by_accumulation(logits: Any, states: Any, actions: Any, rewards: Any, baseline: Any) -> Any:
    to_go = rewards.sum(axis=1, keepdims=True) - np.cumsum(rewards, axis=1) + rewards
    weights = ((to_go - baseline) / len(rewards)).ravel()
    policy = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum(axis=1)[:, None]
    gradient = np.zeros(logits.shape)
    np.add.at(gradient, (states.ravel(), actions.ravel()), weights)
    np.add.at(gradient, states.ravel(), -weights[:, None] * policy[states.ravel()])
    return to_go, gradient
