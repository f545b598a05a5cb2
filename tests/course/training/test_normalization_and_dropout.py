"""Closed forms against Keras's layers, and dropout's against every mask there is."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from scipy.stats import norm

from course.errors import ArgumentError, ShapeError
from course.training import (
    dropout_moments,
    enumerated_moments,
    inverted_dropout,
    moving_statistic,
    normalize,
    normalize_batch,
)


@pytest.mark.parametrize("shape", [(6, 3), (4, 5, 2, 3)])
def test_both_modes_are_those_of_keras(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-2, dtype="float64")
    layer.build(shape)
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    batches = [rng.normal(loc=2.0, scale=3.0, size=shape) for _ in range(4)]
    seen = []
    for x in batches:
        ours = normalize_batch(x, gamma, beta, epsilon=1e-2)
        np.testing.assert_allclose(ours.outputs, layer(x, training=True), rtol=1e-10, atol=1e-10)
        seen.append(ours)
    mean = moving_statistic([batch.mean for batch in seen], 0.0, momentum=0.9)
    variance = moving_statistic([batch.variance for batch in seen], 1.0, momentum=0.9)
    np.testing.assert_allclose(mean, layer.moving_mean.numpy(), rtol=1e-10)
    np.testing.assert_allclose(variance, layer.moving_variance.numpy(), rtol=1e-10)
    expected = layer(batches[0], training=False)
    np.testing.assert_allclose(
        normalize(batches[0], mean, variance, gamma, beta, epsilon=1e-2), expected, rtol=1e-10, atol=1e-10
    )


def test_a_batch_comes_out_with_mean_zero_and_the_closed_form_of_its_variance(
    rng: np.random.Generator,
) -> None:
    x = rng.normal(3.0, 0.05, size=(50, 4))
    outputs, _, variance = normalize_batch(x, epsilon=1e-3)
    np.testing.assert_allclose(outputs.mean(axis=0), 0.0, atol=1e-13)
    # 0.05² is near epsilon: far from 1, as it should be.
    np.testing.assert_allclose(outputs.var(axis=0), variance / (variance + 1e-3), rtol=1e-10)


def test_dropouts_moments_are_those_of_all_masks(rng: np.random.Generator) -> None:
    x, kernel = rng.normal(size=(2, 9)), rng.normal(size=(9, 3))
    for rate in (0.0, 0.3, 0.8):
        closed, counted = dropout_moments(x, kernel, rate), enumerated_moments(x, kernel, rate)
        np.testing.assert_allclose(closed.mean, counted.mean, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(closed.variance, counted.variance, rtol=1e-11, atol=1e-11)


def test_keras_drops_with_the_same_mean_and_variance() -> None:
    x, rate, draws = np.array([[1.0, -2.0, 0.5, 3.0]]), 0.3, 20_000
    closed = dropout_moments(x, np.eye(4), rate)
    drawn = np.asarray(
        keras.layers.Dropout(rate, seed=3, dtype="float64")(np.repeat(x, draws, 0), training=True)
    )
    # Two-valued outputs: kurtosis known. 8 comparisons at 1e-6 each, by the normal limit; a missing scaling
    # 1/(1−p) moves the mean by 0.3·x, 65 standard errors.
    limit = norm.isf(0.5e-6)
    std = np.sqrt(closed.variance / draws)
    assert (np.abs(drawn.mean(axis=0) - closed.mean) < limit * std).all()
    fourth = x**4 * (rate * 1.0 + (1 - rate) * (rate / (1 - rate)) ** 4)
    spread = np.sqrt((fourth - closed.variance**2) / draws)
    assert (np.abs(((drawn - x) ** 2).mean(axis=0) - closed.variance) < limit * spread).all()
    assert set(np.unique(drawn[:, 1])) == {inverted_dropout(-2.0, True, rate).item(), 0.0}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: normalize_batch([1.0, 2.0]), ShapeError, r"batch of feature vectors.*\(2,\)"),
        (lambda: normalize_batch([[1.0]], epsilon=0), ArgumentError, r"`epsilon` is positive.*epsilon=0"),
        (lambda: normalize([[1.0]], [0.0], [-1.0]), ArgumentError, r"variance is not negative.*-1.0"),
        (lambda: normalize([[1.0]], [0.0, 1.0], [1.0]), ShapeError, r"one entry a feature.*\(1,\).*\(2,\)"),
        (lambda: moving_statistic([1.0], 0.0), ShapeError, r"one row a batch.*\(1,\)"),
        (lambda: moving_statistic([[1.0]], 0.0, momentum=1.0), ArgumentError, r"\[0, 1\).*momentum=1.0"),
        (lambda: inverted_dropout([1.0], [True], 1.0), ArgumentError, r"`rate` is in \[0, 1\).*rate=1.0"),
        (lambda: dropout_moments([[1.0]], [[1.0], [2.0]], 0.5), ShapeError, r"inputs and kernel fit"),
        (
            lambda: enumerated_moments(np.ones((1, 17)), np.ones((17, 1)), 0.5),
            ArgumentError,
            "at most 16.*17",
        ),
    ],
)
def test_refusals_say_what_is_wrong(call: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()
