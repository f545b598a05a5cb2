"""Wrong losses and gradient checks of ps01, and what a tutor would say.

As in ``mistakes``, each can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_SOFTMAX = "softmax_cross_entropy"
_NUMERICAL = "numerical_gradient"

_IN_SOFTMAX = "ps01 lecture, Softmax and cross-entropy"
_IN_CHECK = "ps01 lecture, Checking a gradient"


# softmax_cross_entropy


@mistake(
    _SOFTMAX,
    "nothing were subtracted from the logits before the exponential",
    hint="The formula is right; exp(1000) is not a number that a float can hold.",
    lecture=_IN_SOFTMAX,
)
def softmax_not_shifted(logits: Any, labels: Any) -> Any:
    n, rows = len(logits), np.arange(len(logits))
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(p[rows, labels]))
    gradient = p.copy()
    gradient[rows, labels] -= 1.0
    return loss, gradient / n


@mistake(
    _SOFTMAX,
    "the largest logit of the whole batch were subtracted, not that of each row",
    hint="A row far below the largest one underflows to 0/0; each row has its own maximum.",
    lecture=_IN_SOFTMAX,
)
def softmax_one_shift_for_all(logits: Any, labels: Any) -> Any:
    n, rows = len(logits), np.arange(len(logits))
    with np.errstate(all="ignore"):
        e = np.exp(logits - logits.max())
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(p[rows, labels]))
    gradient = p.copy()
    gradient[rows, labels] -= 1.0
    return loss, gradient / n


@mistake(
    _SOFTMAX,
    "the logarithm were taken of p + 1e-8",
    hint="That hides log 0, and no loss can exceed 18.4. Write log p as a difference: it needs no help.",
    lecture=_IN_SOFTMAX,
)
def softmax_log_with_epsilon(logits: Any, labels: Any) -> Any:
    n, rows = len(logits), np.arange(len(logits))
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[rows, labels] + 1e-8))
    gradient = p.copy()
    gradient[rows, labels] -= 1.0
    return loss, gradient / n


@mistake(
    _SOFTMAX,
    "softmax were applied twice",
    hint="However sure the network is, such a loss stays above log(1 + (K − 1)/e).",
    lecture=_IN_SOFTMAX,
)
def softmax_twice(logits: Any, labels: Any) -> Any:
    n, rows = len(logits), np.arange(len(logits))
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    e = np.exp(e / e.sum(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[rows, labels]))
    gradient = p.copy()
    gradient[rows, labels] -= 1.0
    return loss, gradient / n


@mistake(
    _SOFTMAX,
    "softmax ran over the examples, so that the columns sum to 1 and not the rows",
    hint="Print p.sum(axis=1).",
    lecture=_IN_SOFTMAX,
)
def softmax_over_examples(logits: Any, labels: Any) -> Any:
    n, rows = len(logits), np.arange(len(logits))
    shifted = logits - logits.max(axis=0, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1.0
    return -np.mean(log_p[rows, labels]), gradient / n


@mistake(
    _SOFTMAX,
    "the batch were summed, in the loss and in the gradient",
    hint="Both are right up to one factor.",
    lecture=_IN_SOFTMAX,
)
def softmax_summed(logits: Any, labels: Any) -> Any:
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1.0
    return -np.sum(log_p[rows, labels]), gradient


@mistake(
    _SOFTMAX,
    "the loss were averaged, but its gradient not divided by N",
    hint="The loss is right; its gradient belongs to a sum.",
    lecture=_IN_SOFTMAX,
)
def softmax_gradient_summed(logits: Any, labels: Any) -> Any:
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1.0
    return -np.mean(log_p[rows, labels]), gradient


@mistake(
    _SOFTMAX,
    "the average ran over all N·K entries of the one-hot table",
    hint="K − 1 of K entries are zeros; they should not count.",
    lecture=_IN_SOFTMAX,
)
def softmax_mean_of_entries(logits: Any, labels: Any) -> Any:
    one_hot = np.eye(logits.shape[1])[labels]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.mean(one_hot * log_p), (np.exp(log_p) - one_hot) / logits.size


@mistake(
    _SOFTMAX,
    "the gradient were y − p, the descent direction",
    hint="Raising the right class's logit should lower the loss.",
    lecture=_IN_SOFTMAX,
)
def softmax_gradient_sign(logits: Any, labels: Any) -> Any:
    one_hot = np.eye(logits.shape[1])[labels]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(one_hot * log_p) / len(logits), (one_hot - np.exp(log_p)) / len(logits)


@mistake(
    _SOFTMAX,
    "the loss were the log-likelihood itself, without its minus",
    hint="A probability is at most 1; which sign has a cross-entropy?",
    lecture=_IN_SOFTMAX,
)
def softmax_loss_sign(logits: Any, labels: Any) -> Any:
    one_hot = np.eye(logits.shape[1])[labels]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.sum(one_hot * log_p) / len(logits), (np.exp(log_p) - one_hot) / len(logits)


@mistake(
    _SOFTMAX,
    "p − y were multiplied by p(1 − p) as well",
    hint="p − y is the gradient for the logits already: the softmax's own slope is inside.",
    lecture=_IN_SOFTMAX,
)
def softmax_slope_twice(logits: Any, labels: Any) -> Any:
    one_hot = np.eye(logits.shape[1])[labels]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    return -np.sum(one_hot * log_p) / len(logits), (p - one_hot) * p * (1.0 - p) / len(logits)


@mistake(
    _SOFTMAX,
    "the gradient were p, without the 1 taken off at the right class",
    hint="The gradient of each row sums to zero: adding a constant to all logits changes nothing.",
    lecture=_IN_SOFTMAX,
)
def softmax_one_hot_forgotten(logits: Any, labels: Any) -> Any:
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.mean(log_p[rows, labels]), np.exp(log_p) / len(logits)


@mistake(
    _SOFTMAX,
    "logarithms had base 2",
    hint="Bits are a fine unit for a loss, but exp is the inverse of the natural logarithm.",
    lecture=_IN_SOFTMAX,
)
def softmax_in_bits(logits: Any, labels: Any) -> Any:
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    log_p = (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))) / np.log(2.0)
    gradient = p.copy()
    gradient[rows, labels] -= 1.0
    return -np.mean(log_p[rows, labels]), gradient / len(logits)


# numerical_gradient


@mistake(
    _NUMERICAL,
    "the difference were taken to one side, f(w + s) − f(w)",
    hint="Its error shrinks like s, that of the central difference like s².",
    lecture=_IN_CHECK,
)
def numerical_forward(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3) if step is None else step
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        up = w.copy()
        up[index] += step
        gradient[index] = (f(up) - f(w)) / step
    return gradient


@mistake(
    _NUMERICAL,
    "the difference were taken to the other side, f(w) − f(w − s)",
    hint="Its error shrinks like s, that of the central difference like s².",
    lecture=_IN_CHECK,
)
def numerical_backward(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3) if step is None else step
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        down = w.copy()
        down[index] -= step
        gradient[index] = (f(w) - f(down)) / step
    return gradient


@mistake(
    _NUMERICAL,
    "the difference were divided by s and not by 2s",
    hint="How far apart are the two points?",
    lecture=_IN_CHECK,
)
def numerical_divided_by_step(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3) if step is None else step
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (f(up) - f(down)) / step
    return gradient


@mistake(
    _NUMERICAL,
    "the whole distance between the two points were s, not 2s",
    hint="The formula goes a whole step to either side.",
    lecture=_IN_CHECK,
)
def numerical_half_steps(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3) if step is None else step
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[index] += step / 2
        down[index] -= step / 2
        gradient[index] = (f(up) - f(down)) / step
    return gradient


@mistake(
    _NUMERICAL,
    "all entries of w were moved at once",
    hint="That is the slope in one direction; a partial derivative moves one entry.",
    lecture=_IN_CHECK,
)
def numerical_all_at_once(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3) if step is None else step
    return np.full(w.shape, (f(w + step) - f(w - step)) / (2.0 * step))


@mistake(
    _NUMERICAL,
    "entries stayed moved after their turn",
    hint="Start every entry from a fresh copy of w, or put the old value back.",
    lecture=_IN_CHECK,
)
def numerical_not_restored(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3) if step is None else step
    gradient, moved = np.zeros_like(w), w.copy()
    for index in np.ndindex(w.shape):
        moved[index] += step
        above = f(moved)
        moved[index] -= 2.0 * step
        gradient[index] = (above - f(moved)) / (2.0 * step)
    return gradient


@mistake(
    _NUMERICAL,
    "the step that was asked for were ignored",
    hint="Your gradient is too good: at so wide a step the formula has an error of its own.",
    lecture=_IN_CHECK,
)
def numerical_step_ignored(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3)
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (f(up) - f(down)) / (2.0 * step)
    return gradient


@mistake(
    _NUMERICAL,
    "your own step were 1e-10, far too small",
    hint="f(w + s) and f(w − s) then agree in nearly all digits, and their difference keeps only the rest.",
    lecture=_IN_CHECK,
)
def numerical_step_too_small(f: Any, w: Any, step: Any = None) -> Any:
    step = 1e-10 if step is None else step
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (f(up) - f(down)) / (2.0 * step)
    return gradient


@mistake(
    _NUMERICAL,
    "your own step were 1e-2, far too large",
    hint="The formula's own error is s²f‴/6: how small may s be before rounding takes over?",
    lecture=_IN_CHECK,
)
def numerical_step_too_large(f: Any, w: Any, step: Any = None) -> Any:
    step = 1e-2 if step is None else step
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (f(up) - f(down)) / (2.0 * step)
    return gradient


@mistake(
    _NUMERICAL,
    "the step were multiplied by each entry's size",
    hint="A relative step is a good idea where sizes differ, but `step` is the distance itself.",
    lecture=_IN_CHECK,
)
def numerical_relative_step(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3) if step is None else step
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        up, down, own = w.copy(), w.copy(), step * abs(w[index])
        up[index] += own
        down[index] -= own
        gradient[index] = (f(up) - f(down)) / (2.0 * own)
    return gradient


@mistake(
    _NUMERICAL,
    "the gradient were returned flat",
    hint="A gradient has the shape of its parameter, whatever that is.",
    lecture=_IN_CHECK,
)
def numerical_flat(f: Any, w: Any, step: Any = None) -> Any:
    step = 2.0 ** (-53 / 3) if step is None else step
    gradient = []
    for index in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[index] += step
        down[index] -= step
        gradient.append((f(up) - f(down)) / (2.0 * step))
    return np.array(gradient)
