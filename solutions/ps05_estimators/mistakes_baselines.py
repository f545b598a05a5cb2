"""Wrong leave-one-out baselines, each with what a tutor would say.

Each is self-contained and uses only what the notebook defines, so that its body can stand under the stub of
its function: that is why the sums are written out again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograder.checks import mistake

_BASELINE = "leave_one_out_baseline"

_IN_BASELINE = "ps05 lecture, Baselines"


@mistake(
    _BASELINE,
    "the mean were taken over all values, the own one included",
    hint="Then the baseline depends on its own draw, and the estimate shrinks to (1 − 1/n) of the gradient.",
    lecture=_IN_BASELINE,
)
def baseline_own_value_included(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return tf.ones_like(values) * tf.reduce_mean(values)


@mistake(
    _BASELINE,
    "the sum of the other values were divided by n and not by n − 1",
    hint="How many others are there?",
    lecture=_IN_BASELINE,
)
def baseline_divided_by_n(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return (tf.reduce_sum(values) - values) / values.shape[0]


@mistake(
    _BASELINE,
    "the others were added up and not averaged",
    hint="A baseline has the size of one value.",
    lecture=_IN_BASELINE,
)
def baseline_sum(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return tf.reduce_sum(values) - values


@mistake(
    _BASELINE,
    "the sum of all values, the own one included, were divided by n − 1",
    hint="Take the own value out before you divide.",
    lecture=_IN_BASELINE,
)
def baseline_own_value_kept_in_sum(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return tf.ones_like(values) * tf.reduce_sum(values) / (values.shape[0] - 1)


@mistake(
    _BASELINE,
    "the own value were taken from the mean of all and not from their sum",
    hint="In what units is the mean, and in what the own share of it?",
    lecture=_IN_BASELINE,
)
def baseline_mean_minus_value(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return tf.reduce_mean(values) - values


@mistake(
    _BASELINE,
    "the value minus its baseline were returned, not the baseline",
    hint="The subtraction is the caller's.",
    lecture=_IN_BASELINE,
)
def baseline_advantage(values: Any) -> Any:
    values = tf.convert_to_tensor(values)
    return values - (tf.reduce_sum(values) - values) / (values.shape[0] - 1)


@mistake(
    _BASELINE,
    "each baseline were the mean of the earlier values only",
    hint="The draws have no order: the later ones are others too.",
    lecture=_IN_BASELINE,
)
def baseline_earlier_values(values: Any) -> Any:
    values = np.asarray(values)
    earlier = np.cumsum(values) - values
    return earlier / np.maximum(np.arange(len(values)), 1)


@mistake(
    _BASELINE,
    "each baseline were the value next to it",
    hint="One other value keeps the estimate unbiased, but the mean of all the others varies less.",
    lecture=_IN_BASELINE,
)
def baseline_neighbour(values: Any) -> Any:
    return np.roll(np.asarray(values), 1)


@mistake(
    _BASELINE,
    "the median of the others were taken, not their mean",
    hint="Both are baselines; the docstring asks for one of them.",
    lecture=_IN_BASELINE,
)
def baseline_median(values: Any) -> Any:
    values = np.asarray(values)
    return np.array([np.median(np.delete(values, i)) for i in range(len(values))])


@mistake(
    _BASELINE,
    "the last value were left out for every draw",
    hint="Which value is left out should change from entry to entry.",
    lecture=_IN_BASELINE,
)
def baseline_last_left_out(values: Any) -> Any:
    values = np.asarray(values)
    return np.full(len(values), values[:-1].mean())


@mistake(
    _BASELINE,
    "the values were standardised: mean subtracted, divided by the standard deviation",
    hint="That is another way to tame a gradient, and it uses the own value twice.",
    lecture=_IN_BASELINE,
)
def baseline_standardised(values: Any) -> Any:
    values = np.asarray(values)
    return (values - values.mean()) / values.std()


@mistake(
    _BASELINE,
    "the mean were taken of the sizes |v| of the others",
    hint="Values can be negative, and should then lower the baseline.",
    lecture=_IN_BASELINE,
)
def baseline_of_sizes(values: Any) -> Any:
    sizes = np.abs(np.asarray(values))
    return (sizes.sum() - sizes) / (len(sizes) - 1)
