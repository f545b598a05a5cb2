"""Networks that know what they do not know: one builder for the ways to be Bayesian, averages over draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from course import layers
from course.errors import ArgumentError, ShapeError
from course.layers.pass_sample_on import pass_sample_on
from course.validation import one_of, positive_int

WAYS = {
    "bayes_by_backprop": layers.DenseReparameterization,
    "local_reparameterization": layers.DenseLocalReparameterization,
    "flipout": layers.DenseFlipout,
}
"""Variational ways, and their layer."""


def bayesian_mlp(
    way: str,
    outputs: int,
    *,
    input_size: int,
    hidden: Sequence[int] = (64,),
    activation: str = "relu",
    dataset_size: int | None = None,
    rate: float = 0.2,
    seed: int | None = None,
    **layer_arguments: Any,
) -> keras.Sequential:
    """A dense network whose calls draw from a posterior over its functions.

    Args:
        way: ``"bayes_by_backprop"``, ``"local_reparameterization"`` and ``"flipout"`` have normal posteriors
            of the weights and differ in the noise of their gradients; ``"mc_dropout"`` drops units before
            every layer but the first, in predictions too; ``"plain"`` draws nothing.
        outputs: logits or parameters, ≥ 1.
        input_size: features, ≥ 1.
        hidden: widths of the hidden layers.
        activation: of the hidden layers.
        dataset_size: number of training examples; needed by the three variational ways.
        rate: of dropout, in [0, 1).
        seed: of the layers' noise; each gets its own.
        layer_arguments: for the variational layers: ``kernel_prior``, ``kl_weight`` and so on.

    Returns:
        A model to compile; ``model(x, sample=False)`` takes the mean weights, or drops nothing.

    Raises:
        ArgumentError: the way is unknown, a size is not positive, or ``dataset_size`` is missing.

    Example:
        >>> model = bayesian_mlp("flipout", 3, input_size=4, dataset_size=100)
        >>> model(tf.ones([2, 4])).shape
        TensorShape([2, 3])

    Source:
        Blundell et al. 2015; Kingma, Salimans & Welling 2015; Wen et al. 2018; Gal & Ghahramani 2016;
        Damianou, "Bayesian neural network (what we saw before)".
    """
    one_of(way, (*WAYS, "mc_dropout", "plain"), "way")
    widths = [positive_int(width, "hidden") for width in hidden] + [positive_int(outputs, "outputs")]
    model = keras.Sequential([keras.Input((positive_int(input_size, "input_size"),))], name=way)
    for number, width in enumerate(widths):
        last = number == len(widths) - 1
        settings: dict[str, Any] = {"activation": None if last else activation}
        own_seed = None if seed is None else seed + number
        if way in WAYS:
            settings |= {"dataset_size": dataset_size, "seed": own_seed, **layer_arguments}
        if way == "mc_dropout" and number:
            model.add(layers.MonteCarloDropout(rate, seed=own_seed))
        model.add(WAYS.get(way, keras.layers.Dense)(width, **settings))
    return pass_sample_on(model)


def draw_logits(model: Any, x: Any, draws: int) -> np.ndarray:
    """Logits of several draws of the posterior over functions.

    Args:
        model: gives logits of shape (batch, classes), others at each call.
        x: inputs, the batch axis first.
        draws: T ≥ 1.

    Returns:
        float64, shape (draws, batch, classes).

    Example:
        >>> model = bayesian_mlp("mc_dropout", 3, input_size=4)
        >>> draw_logits(model, tf.ones([2, 4]), 5).shape
        (5, 2, 3)
    """
    return np.stack([np.asarray(model(x), np.float64) for _ in range(positive_int(draws, "draws"))])


def mean_log_probs(logits: Any) -> np.ndarray:
    """The predictive law: log of the mean over draws of the classes' probabilities.

    ::

        log p(y|x) = log (1/T) Σ_t softmax(logits_t)_y

    Args:
        logits: shape (draws, batch, classes).

    Returns:
        Shape (batch, classes).

    Raises:
        ShapeError: the logits have another rank.

    Example:
        >>> np.exp(mean_log_probs([[[0.0, 0.0]], [[0.0, 0.0]]])).tolist()
        [[0.5, 0.5]]

    Source:
        Gal & Ghahramani 2016, section 4; Lakshminarayanan, Pritzel & Blundell 2017, section 2.4.
    """
    z = np.asarray(logits, np.float64)
    if z.ndim != 3:
        raise ShapeError("logits of draws", expected="(draws, batch, classes)", received=z.shape)
    top = z.max(axis=-1, keepdims=True)
    log_probs = z - top - np.log(np.exp(z - top).sum(axis=-1, keepdims=True))
    largest = log_probs.max(axis=0)
    return largest + np.log(np.mean(np.exp(log_probs - largest), axis=0))


def predictive_interval(draws: Any, level: float) -> tuple[np.ndarray, np.ndarray]:
    """The central interval that holds a share of the draws.

    Args:
        draws: of predictions, shape (draws, ...).
        level: share inside, in (0, 1).

    Returns:
        Lower and upper ends, shape (...).

    Raises:
        ArgumentError: the level is not inside (0, 1).

    Example:
        >>> low, high = predictive_interval(np.arange(101.0)[:, None], 0.5)
        >>> low.tolist(), high.tolist()
        ([25.0], [75.0])
    """
    if isinstance(level, bool) or not 0 < level < 1:
        raise ArgumentError("a level is a share", expected="0 < level < 1", received=f"level={level!r}")
    low, high = np.quantile(np.asarray(draws, np.float64), [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def uncertainty_parts(logits: Any) -> tuple[np.ndarray, np.ndarray]:
    """Entropy of the predictive law, in two parts: noise in the labels, and doubt about the weights.

    ::

        H[mean_t p_t] = mean_t H[p_t] + mutual information of label and weights

    Args:
        logits: shape (draws, batch, classes).

    Returns:
        The mean entropy and the mutual information, nats, shape (batch,) each.

    Raises:
        ShapeError: the logits have another rank.

    Source:
        Houlsby et al. 2011, eq. (2); Gal, Islam & Ghahramani 2017, section 3.
    """
    total = mean_log_probs(logits)
    z = np.asarray(logits, np.float64)
    each = np.stack([mean_log_probs(one[None]) for one in z])
    entropy = -np.sum(np.exp(each) * each, axis=-1).mean(axis=0)
    return entropy, -np.sum(np.exp(total) * total, axis=-1) - entropy
