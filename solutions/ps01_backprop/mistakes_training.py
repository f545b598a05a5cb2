"""Wrong initial weights, gradient norms and training loops of ps01, and what a tutor would say.

As in ``mistakes``, each can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_INITIAL = "initial_weights"
_NORMS = "gradient_norms"
_TRAIN = "train"

_IN_INITIAL = "ps01 lecture, Initialisation"
_IN_NORMS = "ps01 lecture, Vanishing and exploding gradients"
_IN_TRAIN = "ps01 lecture, Gradient descent"


# initial_weights


@mistake(
    _INITIAL,
    "He's variance were 2/fan_out",
    hint="Each output sums over the inputs of its layer: how many are they?",
    lecture=_IN_INITIAL,
)
def initial_he_fan_out(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    return eps * np.sqrt({"unit": 1.0, "glorot": 2.0 / (fan_in + fan_out), "he": 2.0 / fan_out}[scheme])


@mistake(
    _INITIAL,
    "He's variance were 1/fan_in",
    hint="ReLU switches half of the units off; the 2 makes up for them.",
    lecture=_IN_INITIAL,
)
def initial_he_one(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    return eps * np.sqrt({"unit": 1.0, "glorot": 2.0 / (fan_in + fan_out), "he": 1.0 / fan_in}[scheme])


@mistake(
    _INITIAL,
    "Glorot's variance were 1/(fan_in + fan_out)",
    hint="It is one over the mean of the two fans.",
    lecture=_IN_INITIAL,
)
def initial_glorot_one(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    return eps * np.sqrt({"unit": 1.0, "glorot": 1.0 / (fan_in + fan_out), "he": 2.0 / fan_in}[scheme])


@mistake(
    _INITIAL,
    "Glorot's variance were 1/fan_in, as LeCun has it",
    hint="Glorot and Bengio look both ways: forwards fan_in counts, backwards fan_out.",
    lecture=_IN_INITIAL,
)
def initial_glorot_as_lecun(eps: Any, scheme: Any) -> Any:
    fan_in = eps.shape[0]
    return eps * np.sqrt({"unit": 1.0, "glorot": 1.0 / fan_in, "he": 2.0 / fan_in}[scheme])


@mistake(
    _INITIAL,
    "the parentheses in 2/(fan_in + fan_out) were missing",
    hint="2/a + b is not 2/(a + b); the spread grows with fan_out.",
    lecture=_IN_INITIAL,
)
def initial_parentheses(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    return eps * np.sqrt({"unit": 1.0, "glorot": 2.0 / fan_in + fan_out, "he": 2.0 / fan_in}[scheme])


@mistake(
    _INITIAL,
    "the noise were multiplied by the variance, not by its root",
    hint="Multiplying by c multiplies a variance by c².",
    lecture=_IN_INITIAL,
)
def initial_variance_as_std(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    return eps * {"unit": 1.0, "glorot": 2.0 / (fan_in + fan_out), "he": 2.0 / fan_in}[scheme]


@mistake(
    _INITIAL,
    "the noise were divided by the standard deviation",
    hint="Should wide layers have large or small weights?",
    lecture=_IN_INITIAL,
)
def initial_divided(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    return eps / np.sqrt({"unit": 1.0, "glorot": 2.0 / (fan_in + fan_out), "he": 2.0 / fan_in}[scheme])


@mistake(
    _INITIAL,
    "the limit of the uniform variant, √6, stood for the standard deviation √2",
    hint="A uniform variable on (−a, a) has the variance a²/3; this noise is normal.",
    lecture=_IN_INITIAL,
)
def initial_uniform_limit(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    return eps * np.sqrt({"unit": 1.0, "glorot": 6.0 / (fan_in + fan_out), "he": 6.0 / fan_in}[scheme])


@mistake(
    _INITIAL,
    "the names glorot and he were exchanged",
    hint="Which of the two looks at both sides of the layer?",
    lecture=_IN_INITIAL,
)
def initial_names_exchanged(eps: Any, scheme: Any) -> Any:
    fan_in, fan_out = eps.shape
    return eps * np.sqrt({"unit": 1.0, "he": 2.0 / (fan_in + fan_out), "glorot": 2.0 / fan_in}[scheme])


@mistake(
    _INITIAL,
    "every scheme had the variance 1",
    hint="`scheme` should make a difference.",
    lecture=_IN_INITIAL,
)
def initial_scheme_ignored(eps: Any, scheme: Any) -> Any:
    return np.array(eps)


# gradient_norms


@mistake(
    _NORMS,
    "the slopes were left out: the error passed the weights only",
    hint="A sigmoid's slope is at most ¼; where is that factor?",
    lecture=_IN_NORMS,
)
def norms_without_slopes(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h = x
    for w in weights:
        h = phi(h @ w)
    delta = np.ones_like(h)
    norms = [np.linalg.norm(delta)]
    for w in weights[:0:-1]:
        delta = delta @ w.T
        norms.insert(0, np.linalg.norm(delta))
    return np.array(norms)


@mistake(
    _NORMS,
    "the last layer's own slope were left out, as if that layer were linear",
    hint="Here φ comes after every layer: the sum of the outputs lies behind one more φ.",
    lecture=_IN_NORMS,
)
def norms_begun_at_one(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, slopes = x, []
    for w in weights:
        slopes.append(slope(h @ w))
        h = phi(h @ w)
    delta = np.ones_like(h)
    norms = [np.linalg.norm(delta)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slopes[i]
        norms.insert(0, np.linalg.norm(delta))
    return np.array(norms)


@mistake(
    _NORMS,
    "the slope were taken at h, after φ",
    hint="`slope` is a function of what enters φ.",
    lecture=_IN_NORMS,
)
def norms_slope_at_h(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, slopes = x, []
    for w in weights:
        h = phi(h @ w)
        slopes.append(slope(h))
    delta = slopes[-1]
    norms = [np.linalg.norm(delta)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slopes[i]
        norms.insert(0, np.linalg.norm(delta))
    return np.array(norms)


@mistake(
    _NORMS,
    "the norms were listed from the last layer to the first",
    hint="They are found in that order, but asked for in the other.",
    lecture=_IN_NORMS,
)
def norms_reversed(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, slopes = x, []
    for w in weights:
        slopes.append(slope(h @ w))
        h = phi(h @ w)
    delta = slopes[-1]
    norms = [np.linalg.norm(delta)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slopes[i]
        norms.append(np.linalg.norm(delta))
    return np.array(norms)


@mistake(
    _NORMS,
    "the norms had been left squared",
    hint="A norm is a root.",
    lecture=_IN_NORMS,
)
def norms_squared(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, slopes = x, []
    for w in weights:
        slopes.append(slope(h @ w))
        h = phi(h @ w)
    delta = slopes[-1]
    norms = [np.sum(delta**2)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slopes[i]
        norms.insert(0, np.sum(delta**2))
    return np.array(norms)


@mistake(
    _NORMS,
    "the norms were averaged over the examples, a root mean square",
    hint="The Frobenius norm sums over all entries.",
    lecture=_IN_NORMS,
)
def norms_root_mean(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, slopes = x, []
    for w in weights:
        slopes.append(slope(h @ w))
        h = phi(h @ w)
    delta = slopes[-1]
    norms = [np.linalg.norm(delta)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slopes[i]
        norms.insert(0, np.linalg.norm(delta))
    return np.array(norms) / np.sqrt(len(x))


@mistake(
    _NORMS,
    "the norms were those of the layers' outputs h, not of the error signals",
    hint="That picture shows the way forward; this one is about the way back.",
    lecture=_IN_NORMS,
)
def norms_of_outputs(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, norms = x, []
    for w in weights:
        h = phi(h @ w)
        norms.append(np.linalg.norm(h))
    return np.array(norms)


@mistake(
    _NORMS,
    "the norms were those of the gradients for the weights, hᵀδ",
    hint="Close: stop one product earlier, at δ.",
    lecture=_IN_NORMS,
)
def norms_of_weight_gradients(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, inputs, slopes = x, [], []
    for w in weights:
        inputs.append(h)
        slopes.append(slope(h @ w))
        h = phi(h @ w)
    delta = slopes[-1]
    norms = [np.linalg.norm(inputs[-1].T @ delta)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slopes[i]
        norms.insert(0, np.linalg.norm(inputs[i].T @ delta))
    return np.array(norms)


@mistake(
    _NORMS,
    "each norm were taken before the product with the layer's slope",
    hint="That is the gradient for h; δ is the gradient for z, one φ further down.",
    lecture=_IN_NORMS,
)
def norms_for_h(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, slopes = x, []
    for w in weights:
        slopes.append(slope(h @ w))
        h = phi(h @ w)
    signal = np.ones_like(h)
    norms: list = []
    for i in reversed(range(len(weights))):
        norms.insert(0, np.linalg.norm(signal))
        signal = (signal * slopes[i]) @ weights[i].T
    return np.array(norms)


@mistake(
    _NORMS,
    "sums of |δ| were taken in place of norms",
    hint="The Frobenius norm squares, sums and takes the root.",
    lecture=_IN_NORMS,
)
def norms_of_sizes(x: Any, weights: Any, phi: Any, slope: Any) -> Any:
    h, slopes = x, []
    for w in weights:
        slopes.append(slope(h @ w))
        h = phi(h @ w)
    delta = slopes[-1]
    norms = [np.sum(np.abs(delta))]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slopes[i]
        norms.insert(0, np.sum(np.abs(delta)))
    return np.array(norms)


# train


@mistake(
    _TRAIN,
    "the gradient were added: uphill",
    hint="Look at the losses; do they fall?",
    lecture=_IN_TRAIN,
)
def train_uphill(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    for _ in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        parameters = [p + rate * g for p, g in zip(parameters, gradients, strict=True)]
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "each loss were recorded after its step",
    hint="The first loss that is asked for is the one at the start.",
    lecture=_IN_TRAIN,
)
def train_loss_after_step(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    for _ in range(steps):
        _, gradients = objective(parameters)
        parameters = [p - rate * g for p, g in zip(parameters, gradients, strict=True)]
        losses.append(objective(parameters)[0])
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "only the first parameter were updated",
    hint="Go through all parameters in each step.",
    lecture=_IN_TRAIN,
)
def train_first_only(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    for _ in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        parameters = [parameters[0] - rate * gradients[0], *parameters[1:]]
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "a parameter's gradient were taken after those before it had been updated",
    hint="One evaluation gives the gradients for all parameters, at the same point.",
    lecture=_IN_TRAIN,
)
def train_one_after_another(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    for _ in range(steps):
        losses.append(objective(parameters)[0])
        for i in range(len(parameters)):
            parameters[i] = parameters[i] - rate * objective(parameters)[1][i]
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "the gradients of the first step were used in all steps",
    hint="The slope changes as you move; evaluate inside the loop.",
    lecture=_IN_TRAIN,
)
def train_gradient_not_renewed(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    _, gradients = objective(parameters)
    for _ in range(steps):
        losses.append(objective(parameters)[0])
        parameters = [p - rate * g for p, g in zip(parameters, gradients, strict=True)]
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "gradients added up from step to step",
    hint="PyTorch does so unless told otherwise (zero_grad); plain descent uses the newest alone.",
    lecture=_IN_TRAIN,
)
def train_gradients_add_up(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    total = [0.0 * p for p in parameters]
    for _ in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        total = [t + g for t, g in zip(total, gradients, strict=True)]
        parameters = [p - rate * t for p, t in zip(parameters, total, strict=True)]
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "there were one step too few",
    hint="T losses and T updates: is the last update made?",
    lecture=_IN_TRAIN,
)
def train_last_step_missing(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    for step in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        if step < steps - 1:
            parameters = [p - rate * g for p, g in zip(parameters, gradients, strict=True)]
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "the parameters were returned as they were given",
    hint="Is the list that you return the one that you updated?",
    lecture=_IN_TRAIN,
)
def train_start_returned(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    moved, losses = list(parameters), []
    for _ in range(steps):
        loss, gradients = objective(moved)
        losses.append(loss)
        moved = [p - rate * g for p, g in zip(moved, gradients, strict=True)]
    return list(parameters), np.array(losses)


@mistake(
    _TRAIN,
    "every gradient were scaled to the length 1 before the step",
    hint="The size of a gradient says how far to go; clipping is another exercise.",
    lecture=_IN_TRAIN,
)
def train_normalised(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    for _ in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        parameters = [p - rate * g / np.linalg.norm(g) for p, g in zip(parameters, gradients, strict=True)]
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "the rate fell as 1/t",
    hint="A falling rate is a good idea for noisy gradients; here it is constant.",
    lecture=_IN_TRAIN,
)
def train_rate_falls(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    for step in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        parameters = [p - rate / (step + 1) * g for p, g in zip(parameters, gradients, strict=True)]
    return parameters, np.array(losses)


@mistake(
    _TRAIN,
    "each parameter were replaced by its step −η∇L",
    hint="A step starts from where you are: θ − η∇L.",
    lecture=_IN_TRAIN,
)
def train_replaced_by_step(objective: Any, parameters: Any, rate: Any, steps: Any) -> Any:
    parameters, losses = list(parameters), []
    for _ in range(steps):
        loss, gradients = objective(parameters)
        losses.append(loss)
        parameters = [-rate * g for g in gradients]
    return parameters, np.array(losses)
