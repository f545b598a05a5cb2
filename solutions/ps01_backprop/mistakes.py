"""Wrong networks of two layers in ps01, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function. The other functions' mistakes are in ``mistakes_deep``, ``mistakes_calculus``,
``mistakes_tape``, ``mistakes_map`` and ``mistakes_training``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

_FORWARD = "forward"
_ERROR = "squared_error"
_TWO = "two_layer_gradients"

_IN_LAYERS = "ps01 lecture, Hierarchical functions"
_IN_LOSS = "ps01 lecture, The loss"
_IN_CHAIN = "ps01 lecture, The chain rule"


# forward


@mistake(
    _FORWARD,
    "both biases were forgotten",
    hint="What does the network give at x = 0?",
    lecture=_IN_LAYERS,
)
def forward_without_biases(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = np.tanh(x @ w0)
    return h1, np.tanh(h1 @ w1)


@mistake(
    _FORWARD,
    "the second layer had no bias",
    hint="Your h1 is right; compare the line of h2 with it.",
    lecture=_IN_LAYERS,
)
def forward_second_bias_forgotten(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = np.tanh(x @ w0 + b0)
    return h1, np.tanh(h1 @ w1)


@mistake(
    _FORWARD,
    "the output had no φ",
    hint="Later sections leave the last layer linear; this one follows the deck.",
    lecture=_IN_LAYERS,
)
def forward_linear_output(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = np.tanh(x @ w0 + b0)
    return h1, h1 @ w1 + b1


@mistake(
    _FORWARD,
    "the hidden layer had no φ",
    hint="Two linear layers in a row are one linear layer: nothing is gained by the second.",
    lecture=_IN_LAYERS,
)
def forward_linear_hidden(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = x @ w0 + b0
    return h1, np.tanh(h1 @ w1 + b1)


@mistake(
    _FORWARD,
    "h1 were computed, but the second layer were fed with what enters its φ",
    hint="Which of your variables goes into the second product?",
    lecture=_IN_LAYERS,
)
def forward_fed_with_preactivation(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    z1 = x @ w0 + b0
    return np.tanh(z1), np.tanh(z1 @ w1 + b1)


@mistake(
    _FORWARD,
    "what enters φ were returned, not what leaves it",
    hint="The deck's h is on the outside of φ.",
    lecture=_IN_LAYERS,
)
def forward_preactivations(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    z1 = x @ w0 + b0
    return z1, np.tanh(z1) @ w1 + b1


@mistake(
    _FORWARD,
    "φ were the logistic sigmoid",
    hint="Its values lie between 0 and 1; where do those of tanh lie?",
    lecture=_IN_LAYERS,
)
def forward_sigmoid(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = 1.0 / (1.0 + np.exp(-(x @ w0 + b0)))
    return h1, 1.0 / (1.0 + np.exp(-(h1 @ w1 + b1)))


@mistake(
    _FORWARD,
    "φ were ReLU",
    hint="ReLU comes with the deep networks; here φ is tanh.",
    lecture=_IN_LAYERS,
)
def forward_relu(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = np.maximum(x @ w0 + b0, 0.0)
    return h1, np.maximum(h1 @ w1 + b1, 0.0)


@mistake(
    _FORWARD,
    "the biases were added after φ",
    hint="A bias shifts where φ bends, so it stands inside.",
    lecture=_IN_LAYERS,
)
def forward_bias_outside(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = np.tanh(x @ w0) + b0
    return h1, np.tanh(h1 @ w1) + b1


@mistake(
    _FORWARD,
    "the biases were subtracted",
    hint="A threshold is subtracted, a bias is added: one is minus the other.",
    lecture=_IN_LAYERS,
)
def forward_bias_subtracted(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = np.tanh(x @ w0 - b0)
    return h1, np.tanh(h1 @ w1 - b1)


@mistake(
    _FORWARD,
    "h2 were returned first",
    hint="The order of the results is part of the specification.",
    lecture=_IN_LAYERS,
)
def forward_swapped_results(x: Any, w0: Any, b0: Any, w1: Any, b1: Any) -> Any:
    h1 = np.tanh(x @ w0 + b0)
    return np.tanh(h1 @ w1 + b1), h1


# squared_error


@mistake(
    _ERROR,
    "the factor ½ were missing",
    hint="It cancels the 2 of the derivative, which is why the deck has it.",
    lecture=_IN_LOSS,
)
def error_without_half(h: Any, y: Any) -> Any:
    return np.sum((h - y) ** 2) / len(h)


@mistake(
    _ERROR,
    "the examples were summed, not averaged",
    hint="Should the loss double when every example is listed twice?",
    lecture=_IN_LOSS,
)
def error_sum_of_examples(h: Any, y: Any) -> Any:
    return 0.5 * np.sum((h - y) ** 2)


@mistake(
    _ERROR,
    "the average ran over the outputs as well as over the examples",
    hint="`np.mean` without an axis divides by N·K; the squared length of a vector is a sum.",
    lecture=_IN_LOSS,
)
def error_mean_of_entries(h: Any, y: Any) -> Any:
    return 0.5 * np.mean((h - y) ** 2)


@mistake(
    _ERROR,
    "it were the mean square of all N·K entries, without the ½ (as Keras has it)",
    hint="Two constants differ from the specification; each changes every gradient.",
    lecture=_IN_LOSS,
)
def error_as_in_keras(h: Any, y: Any) -> Any:
    return np.mean((h - y) ** 2)


@mistake(
    _ERROR,
    "the sum ran over the examples and the average over the outputs",
    hint="Which axis of h counts the examples?",
    lecture=_IN_LOSS,
)
def error_axes_swapped(h: Any, y: Any) -> Any:
    return 0.5 * np.mean(np.sum((h - y) ** 2, axis=0))


@mistake(
    _ERROR,
    "the root were taken at the end",
    hint="A root mean square is easier to read, but it is another function with another gradient.",
    lecture=_IN_LOSS,
)
def error_root(h: Any, y: Any) -> Any:
    return np.sqrt(np.sum((h - y) ** 2) / len(h))


@mistake(
    _ERROR,
    "the distances were not squared",
    hint="½‖h − y‖ averages lengths; the formula averages squared lengths.",
    lecture=_IN_LOSS,
)
def error_of_distances(h: Any, y: Any) -> Any:
    return 0.5 * np.mean(np.sqrt(np.sum((h - y) ** 2, axis=1)))


@mistake(
    _ERROR,
    "sizes |h − y| were taken in place of squares",
    hint="That belongs to Laplace noise; squares belong to Gaussian noise.",
    lecture=_IN_LOSS,
)
def error_absolute(h: Any, y: Any) -> Any:
    return 0.5 * np.sum(np.abs(h - y)) / len(h)


@mistake(
    _ERROR,
    "the differences were summed first and squared then",
    hint="Errors of opposite sign may not cancel.",
    lecture=_IN_LOSS,
)
def error_square_of_sum(h: Any, y: Any) -> Any:
    return 0.5 * np.mean(np.sum(h - y, axis=1) ** 2)


@mistake(
    _ERROR,
    "the sum were divided by N − 1",
    hint="That is for a variance about an estimated mean; nothing is estimated here.",
    lecture=_IN_LOSS,
)
def error_one_less(h: Any, y: Any) -> Any:
    return 0.5 * np.sum((h - y) ** 2) / (len(h) - 1)


# two_layer_gradients


@mistake(
    _TWO,
    "(y − h₂) were carried, as on the deck's slides: the descent direction, not the gradient",
    hint="Differentiate ½(h − y)² for one number h: positive or negative when h is too large?",
    lecture=_IN_CHAIN,
)
def two_sign_of_the_slide(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (y - h2) / len(x) * (1.0 - h2**2)
    delta1 = (delta2 @ w1.T) * (1.0 - h1**2)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the loss were a sum over the batch: nothing is divided by N",
    hint="`squared_error` averages, so its gradient does too.",
    lecture=_IN_CHAIN,
)
def two_not_averaged(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) * (1.0 - h2**2)
    delta1 = (delta2 @ w1.T) * (1.0 - h1**2)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the first layer were divided by N a second time",
    hint="δ₁ is made of δ₂, which is divided already.",
    lecture=_IN_CHAIN,
)
def two_averaged_twice(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    n = len(x)
    delta2 = (h2 - y) / n * (1.0 - h2**2)
    delta1 = (delta2 @ w1.T) * (1.0 - h1**2) / n
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the 2 of the square had no ½ to cancel it",
    hint="The slide writes −2·½ beside a loss without the ½: the factors belong to ½(h₂ − y)².",
    lecture=_IN_CHAIN,
)
def two_half_forgotten(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = 2.0 * (h2 - y) / len(x) * (1.0 - h2**2)
    delta1 = (delta2 @ w1.T) * (1.0 - h1**2)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the slope g₁ of the output's φ were left out",
    hint="The error passes φ before it reaches the weights.",
    lecture=_IN_CHAIN,
)
def two_without_g1(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x)
    delta1 = (delta2 @ w1.T) * (1.0 - h1**2)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the slope g₀ of the hidden layer's φ were left out",
    hint="Layer 2 is right. On the way to w₀ there is one more φ.",
    lecture=_IN_CHAIN,
)
def two_without_g0(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * (1.0 - h2**2)
    delta1 = delta2 @ w1.T
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the hidden layer received the error ε₂ without the output's slope",
    hint="Layer 2 is right. What travels on to layer 1 is δ₂ = ε₂ ∘ g₁, not ε₂.",
    lecture=_IN_CHAIN,
)
def two_hidden_from_error(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    error = (h2 - y) / len(x)
    delta2 = error * (1.0 - h2**2)
    delta1 = (error @ w1.T) * (1.0 - h1**2)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the slope of tanh were 1 − h and not 1 − h²",
    hint="The slope of tanh is the same at z and at −z.",
    lecture=_IN_CHAIN,
)
def two_slope_not_squared(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * (1.0 - h2)
    delta1 = (delta2 @ w1.T) * (1.0 - h1)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "φ were applied once more before the slope was taken: 1 − tanh(h)²",
    hint="h is tanh(z) already, so tanh′(z) = 1 − h².",
    lecture=_IN_CHAIN,
)
def two_slope_at_h(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * (1.0 - np.tanh(h2) ** 2)
    delta1 = (delta2 @ w1.T) * (1.0 - np.tanh(h1) ** 2)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the slope were the sigmoid's, h(1 − h)",
    hint="Differentiate the φ that the forward pass used.",
    lecture=_IN_CHAIN,
)
def two_slope_of_sigmoid(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * h2 * (1.0 - h2)
    delta1 = (delta2 @ w1.T) * h1 * (1.0 - h1)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the error were sent back through the gradient of w₁ in place of w₁",
    hint="Layer 2 is right. The forward pass multiplied by w₁; so does the way back.",
    lecture=_IN_CHAIN,
)
def two_back_through_dw1(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * (1.0 - h2**2)
    dw1 = h1.T @ delta2
    delta1 = (delta2 @ dw1.T) * (1.0 - h1**2)
    return x.T @ delta1, delta1.sum(axis=0), dw1, delta2.sum(axis=0)


@mistake(
    _TWO,
    "ReLU were applied to the error on its way back",
    hint="A negative error is as good as a positive one; the slope belongs to the forward pass.",
    lecture=_IN_CHAIN,
)
def two_relu_on_the_error(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * (1.0 - h2**2)
    delta1 = np.maximum(delta2 @ w1.T, 0.0)
    return x.T @ delta1, delta1.sum(axis=0), h1.T @ delta2, delta2.sum(axis=0)


@mistake(
    _TWO,
    "the biases' gradients were averaged over the batch once more, not summed",
    hint="δ has its 1/N already; a bias acts on all examples, so their parts add up.",
    lecture=_IN_CHAIN,
)
def two_bias_mean(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * (1.0 - h2**2)
    delta1 = (delta2 @ w1.T) * (1.0 - h1**2)
    return x.T @ delta1, delta1.mean(axis=0), h1.T @ delta2, delta2.mean(axis=0)


@mistake(
    _TWO,
    "the biases' gradients were not summed over the examples",
    hint="A gradient has the shape of its parameter.",
    lecture=_IN_CHAIN,
)
def two_bias_not_summed(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * (1.0 - h2**2)
    delta1 = (delta2 @ w1.T) * (1.0 - h1**2)
    return x.T @ delta1, delta1, h1.T @ delta2, delta2


@mistake(
    _TWO,
    "w₁ had been updated (with rate 0.1) before the error was sent through it",
    hint="All gradients are taken at the same parameters; update at the end.",
    lecture=_IN_CHAIN,
)
def two_updated_too_soon(x: Any, h1: Any, h2: Any, y: Any, w1: Any) -> Any:
    delta2 = (h2 - y) / len(x) * (1.0 - h2**2)
    dw1 = h1.T @ delta2
    delta1 = (delta2 @ (w1 - 0.1 * dw1).T) * (1.0 - h1**2)
    return x.T @ delta1, delta1.sum(axis=0), dw1, delta2.sum(axis=0)
