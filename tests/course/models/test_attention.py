"""Hard attention: estimators' means over every choice are exact gradients, and it learns where to look."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from course.errors import ArgumentError, ShapeError
from course.estimators import CategoricalLaw, Enumeration, ScoreFunction
from course.models import HardAttention

PARTS, FEATURES, CLASSES = 3, 4, 2


def model(**more: Any) -> HardAttention:
    location = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(PARTS)])
    made = HardAttention(location, keras.layers.Dense(CLASSES), parts=PARTS, seed=3, **more)
    made.build((None, PARTS, FEATURES))
    return made


def batch(rng: np.random.Generator, count: int = 2) -> tuple[tf.Tensor, tf.Tensor]:
    x = rng.normal(size=(count, PARTS, FEATURES)).astype("float32")
    return tf.constant(x), tf.constant(rng.integers(0, CLASSES, size=count))


def test_the_exact_loss_and_gradient_are_sums_over_the_parts(rng: np.random.Generator) -> None:
    made = model(estimator="exact", draws=1)
    x, y = batch(rng)
    variables = made.trainable_variables
    with tf.GradientTape() as tape:
        ours = made.expected_loss(x, y)
    got = tape.gradient(ours, variables)
    with tf.GradientTape() as tape:
        # Written out: each part in turn, no library.
        probs = tf.nn.softmax(made.location(x))
        total = 0.0
        for part in range(PARTS):
            seen = tf.concat([x[:, part], tf.one_hot([part] * len(x), PARTS)], axis=1)
            log_class = tf.nn.log_softmax(made.classifier(seen))
            total -= probs[:, part] * tf.gather(log_class, y, axis=1, batch_dims=1)
    np.testing.assert_allclose(ours, total, rtol=1e-5)
    for ours_of, theirs in zip(got, tape.gradient(total, variables), strict=True):
        np.testing.assert_allclose(ours_of, theirs, atol=1e-5)


@pytest.mark.parametrize("baseline", [None, "leave_one_out"])
def test_an_estimators_mean_over_every_choice_is_the_exact_gradient(
    baseline: str | None, rng: np.random.Generator
) -> None:
    # Every choice of two draws weighted by its probability: unbiased to rounding, in both networks.
    made = model()
    x, y = batch(rng, 1)
    variables = made.trainable_variables
    logits = made.location_logits(x)
    probs = tf.nn.softmax(logits)[0].numpy()
    eye = np.eye(PARTS, dtype="float32")

    def f(choice: tf.Tensor) -> tf.Tensor:
        labels = tf.broadcast_to(y, tf.shape(choice)[:2])
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, made._classify(x, choice))

    def gradients(loss_of: Any) -> list[np.ndarray]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(loss_of({"logits": made.location_logits(x)}))
        return [g.numpy() for g in tape.gradient(loss, variables)]

    exact = gradients(lambda p: Enumeration().loss(f, CategoricalLaw(), p))
    total = [np.zeros_like(g) for g in exact]
    for pair in itertools.product(range(PARTS), repeat=2):
        # Uniform noise whose Gumbel argmax is the wanted part: 1 − 10⁻⁶ against 10⁻⁶.
        noise = np.where(eye[list(pair)] > 0, 1 - 1e-6, 1e-6)[:, None].astype("float32")
        weight = float(np.prod(probs[list(pair)]))
        for sum_, g in zip(
            total,
            gradients(lambda p, n=noise: ScoreFunction(baseline).loss(f, CategoricalLaw(), p, noise=n)),
            strict=True,
        ):
            sum_ += weight * g
    for got, expected in zip(total, exact, strict=True):
        np.testing.assert_allclose(got, expected, atol=2e-6)


def test_the_prediction_sums_the_choice_out(rng: np.random.Generator) -> None:
    made = model()
    x, _ = batch(rng, 5)
    np.testing.assert_allclose(tf.reduce_sum(tf.exp(made(x)), axis=-1), np.ones(5), rtol=1e-5)


def test_it_learns_to_look_where_the_answer_is(rng: np.random.Generator) -> None:
    # Part s* is marked by its second feature; the class is whether its first and third agree in sign, which a
    # linear location network cannot tell, and so not pass on by its choice. Chance is ½ and ⅓.
    count = 512
    x = rng.normal(0, 0.3, size=(count, PARTS, FEATURES)).astype("float32")
    where, y = rng.integers(0, PARTS, count), rng.integers(0, CLASSES, count)
    x[np.arange(count), where, 1] += 3.0
    sign = rng.choice([-1.0, 1.0], size=count)
    x[np.arange(count), where, 0] += 2.0 * sign
    x[np.arange(count), where, 2] += 2.0 * sign * (2.0 * y - 1.0)
    location = keras.Sequential([keras.layers.Conv1D(1, 1), keras.layers.Flatten()])
    classifier = keras.Sequential([keras.layers.Dense(16, "tanh"), keras.layers.Dense(CLASSES)])
    made = HardAttention(location, classifier, parts=PARTS, draws=4, seed=3)
    made.compile(keras.optimizers.Adam(0.03), jit_compile=False)
    made.fit(x, y, epochs=40, batch_size=128, verbose=0)
    assert made.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] > 0.95
    looked = tf.argmax(made.location_logits(x), axis=1).numpy()
    assert np.mean(looked == where) > 0.95


def test_bad_arguments_are_refused_in_words(rng: np.random.Generator) -> None:
    with pytest.raises(ArgumentError, match=r"draws ≥ 2 with estimator='leave_one_out', received draws=1"):
        model(draws=1)
    with pytest.raises(ArgumentError, match=r"unknown `estimator`.*'soft'"):
        model(estimator="soft")
    with pytest.raises(ArgumentError, match="parts ≥ 2, received parts=1"):
        HardAttention(keras.layers.Dense(1), keras.layers.Dense(2), parts=1)
    with pytest.raises(ShapeError, match=r"expected \(batch, 3, features\), received \(None, 5, 4\)"):
        HardAttention(keras.layers.Dense(3), keras.layers.Dense(2), parts=3).build((None, 5, 4))
    wrong = HardAttention(keras.layers.Dense(3), keras.layers.Dense(2), parts=3)
    with pytest.raises(ShapeError, match=r"a logit for each part .*expected \(batch, 3\)"):
        wrong.location_logits(tf.zeros([2, 3, 4]))
