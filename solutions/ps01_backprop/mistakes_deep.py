"""Wrong gradients of deep networks in ps01, and what a tutor would say.

As in ``mistakes``, each can stand under the stub of its function.
"""

from __future__ import annotations

from typing import Any

from autograder.checks import mistake

_DEEP = "deep_gradients"

_IN_DEEP = "ps01 lecture, Many layers"


# deep_gradients


@mistake(
    _DEEP,
    "the last layer had a φ too",
    hint="The output is linear here: nothing bends after the last product.",
    lecture=_IN_DEEP,
)
def deep_output_bent(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs, entering = x, [], []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        entering.append(h @ w + b)
        h = phi(entering[-1])
    delta = (h - y) / len(x)
    dw: list = []
    db: list = []
    for i in reversed(range(len(weights))):
        delta = delta * slope(entering[i])
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
        delta = delta @ weights[i].T
    return dw, db


@mistake(
    _DEEP,
    "the slope of φ were taken at its output h, not at what enters it",
    hint="`slope` is a function of z; 1 − h² would be one of h.",
    lecture=_IN_DEEP,
)
def deep_slope_at_output(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs = x, []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        z = h @ w + b
        h = phi(z)
    delta = (z - y) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slope(inputs[i + 1])
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "the slopes of the hidden layers were left out",
    hint="The last layer is right. What does the error pass between two layers?",
    lecture=_IN_DEEP,
)
def deep_without_slopes(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs = x, []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        z = h @ w + b
        h = phi(z)
    delta = (z - y) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = delta @ weights[i + 1].T
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "φ were applied to the error on its way back, in place of a product with its slope",
    hint="Going back is linear in the error: twice the error, twice the gradient.",
    lecture=_IN_DEEP,
)
def deep_phi_on_the_error(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs = x, []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        z = h @ w + b
        h = phi(z)
    delta = (z - y) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = phi(delta @ weights[i + 1].T)
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "the slope were taken at the error that comes back, not at what entered φ",
    hint="The mask of a ReLU is made on the way forward; keep z for the way back.",
    lecture=_IN_DEEP,
)
def deep_slope_at_the_error(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs = x, []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        z = h @ w + b
        h = phi(z)
    delta = (z - y) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = delta @ weights[i + 1].T
        delta = delta * slope(delta)
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "the weights' gradients were built from z, before φ, and not from h",
    hint="A layer multiplies what leaves the φ below it; that is the factor of its gradient.",
    lecture=_IN_DEEP,
)
def deep_inputs_before_phi(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, entering = x, [x]
    for w, b in zip(weights, biases, strict=True):
        entering.append(h @ w + b)
        h = phi(entering[-1])
    delta = (entering[-1] - y) / len(x)
    dw, db = [entering[-2].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slope(entering[i + 1])
        dw.insert(0, entering[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "nothing were divided by N",
    hint="The loss is an average over the examples.",
    lecture=_IN_DEEP,
)
def deep_not_averaged(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs, entering = x, [], []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        entering.append(h @ w + b)
        h = phi(entering[-1])
    delta = entering[-1] - y
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slope(entering[i])
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "every layer were divided by N, not only the first error",
    hint="The last layer is right, and each layer below is N times smaller than the one above lets it be.",
    lecture=_IN_DEEP,
)
def deep_averaged_at_each_layer(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs, entering = x, [], []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        entering.append(h @ w + b)
        h = phi(entering[-1])
    delta = (entering[-1] - y) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slope(entering[i]) / len(x)
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "the forward pass had no biases",
    hint="They have gradients of the right shape, but do they enter z?",
    lecture=_IN_DEEP,
)
def deep_biases_forgotten(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs, entering = x, [], []
    for w in weights:
        inputs.append(h)
        entering.append(h @ w)
        h = phi(entering[-1])
    delta = (entering[-1] - y) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slope(entering[i])
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "the sign were turned: descent directions, not gradients",
    hint="The loop that trains will subtract; these must point uphill.",
    lecture=_IN_DEEP,
)
def deep_sign_turned(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs, entering = x, [], []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        entering.append(h @ w + b)
        h = phi(entering[-1])
    delta = (y - entering[-1]) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slope(entering[i])
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "the gradients were listed from the last layer to the first",
    hint="You meet the layers in reverse order; the lists should not show it.",
    lecture=_IN_DEEP,
)
def deep_lists_reversed(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs, entering = x, [], []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        entering.append(h @ w + b)
        h = phi(entering[-1])
    delta = (entering[-1] - y) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.sum(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slope(entering[i])
        dw.append(inputs[i].T @ delta)
        db.append(delta.sum(axis=0))
    return dw, db


@mistake(
    _DEEP,
    "the biases' gradients were averaged over the examples, not summed",
    hint="The weights are right: x.T @ δ is a sum over the examples, and a bias is a weight of the input 1.",
    lecture=_IN_DEEP,
)
def deep_bias_mean(x: Any, y: Any, weights: Any, biases: Any, phi: Any, slope: Any) -> Any:
    h, inputs, entering = x, [], []
    for w, b in zip(weights, biases, strict=True):
        inputs.append(h)
        entering.append(h @ w + b)
        h = phi(entering[-1])
    delta = (entering[-1] - y) / len(x)
    dw, db = [inputs[-1].T @ delta], [delta.mean(axis=0)]
    for i in reversed(range(len(weights) - 1)):
        delta = (delta @ weights[i + 1].T) * slope(entering[i])
        dw.insert(0, inputs[i].T @ delta)
        db.insert(0, delta.mean(axis=0))
    return dw, db
