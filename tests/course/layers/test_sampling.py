from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import course.layers as cl
from course.layers import noise


def test_dropout_keeps_or_drops_and_rescales() -> None:
    x, u = tf.constant([1.0, 2.0, 3.0, 4.0]), tf.constant([0.1, 0.19, 0.2, 0.9])
    np.testing.assert_allclose(cl.monte_carlo_dropout(x, 0.2, u), [0, 0, 3.75, 5.0], rtol=1e-6)


def test_dropout_drops_at_the_stated_rate_at_inference() -> None:
    y = cl.MonteCarloDropout(0.3, seed=1)(tf.ones([100, 100]), training=False).numpy()
    # Binomial(10⁴, 0.3): false alarm at 5.5 standard errors 4e-8; finds a rate off by 0.04, e.g. 0.7 for 0.3.
    assert abs((y == 0).mean() - 0.3) < 5.5 * np.sqrt(0.3 * 0.7 / 1e4)
    np.testing.assert_allclose(y[y != 0], 1 / 0.7, rtol=1e-6)


def test_a_noise_shape_shares_the_mask() -> None:
    y = cl.MonteCarloDropout(0.5, noise_shape=(None, 1, 6), seed=1)(tf.ones([4, 3, 6])).numpy()
    np.testing.assert_array_equal(y, np.repeat(y[:, :1], 3, axis=1))
    assert 0 < (y == 0).mean() < 1


def test_rate_zero_is_the_identity() -> None:
    np.testing.assert_array_equal(cl.MonteCarloDropout(0.0)(tf.ones([3])), np.ones(3))


def test_gaussian_sampling_takes_a_log_variance() -> None:
    ours = cl.gaussian_sampling(tf.constant(1.0), tf.math.log(4.0), tf.constant(3.0))
    np.testing.assert_allclose(float(ours), 1 + 2 * 3, rtol=1e-6)


def test_gaussian_sampling_draws_the_stated_law() -> None:
    mean, log_var = tf.fill([20_000], 1.0), tf.fill([20_000], float(np.log(4.0)))
    z = cl.GaussianSampling(seed=2)([mean, log_var]).numpy()
    # Kolmogorov-Smirnov with 20 000 draws: false alarm 1e-6; finds a distance of 0.04, e.g. std 4 or √2 for
    # 2.
    assert stats.kstest(z, stats.norm(1.0, 2.0).cdf).pvalue > 1e-6


@pytest.mark.parametrize("straight_through", [False, True])
def test_gumbel_softmax_takes_each_class_with_its_probability(straight_through: bool) -> None:
    p = np.array([0.5, 0.3, 0.2])
    logits = tf.constant(np.tile(np.log(p), (20_000, 1)), tf.float32)
    y = cl.GumbelSoftmax(0.5, straight_through, seed=3)(logits).numpy()
    np.testing.assert_allclose(y.sum(-1), 1.0, rtol=1e-5)
    counts = np.bincount(y.argmax(-1), minlength=3)
    # Pearson's χ² with 2 degrees of freedom: false alarm 1e-6; finds probabilities off by 0.025.
    assert stats.chisquare(counts, 20_000 * p).pvalue > 1e-6
    assert (np.isin(y, [0.0, 1.0]).all()) == straight_through


def test_straight_through_has_the_gradient_of_the_relaxation(rng: np.random.Generator) -> None:
    logits, gumbel = tf.Variable(rng.normal(size=(4, 3))), tf.constant(rng.gumbel(size=(4, 3)))
    weight = tf.constant(rng.normal(size=(4, 3)))
    gradients = []
    for straight_through in (False, True):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(weight * cl.gumbel_softmax(logits, gumbel, 0.5, straight_through))
        gradients.append(tape.gradient(y, logits))
    np.testing.assert_allclose(*gradients, rtol=1e-12)


def test_the_temperature_is_a_variable_that_saves_annealing() -> None:
    layer = cl.GumbelSoftmax(1.0, seed=1)
    logits = tf.zeros([50, 3])
    soft = layer(logits).numpy().max(-1).mean()
    layer.temperature.assign(0.01)
    hard = layer(logits).numpy().max(-1).mean()
    assert hard > 0.95 > soft


def test_without_noise_gumbel_softmax_is_softmax_at_temperature_one(rng: np.random.Generator) -> None:
    logits = rng.normal(size=(4, 3)).astype("float32")
    soft = cl.GumbelSoftmax(0.1)(logits, sample=False)
    np.testing.assert_allclose(soft, keras.ops.softmax(logits), rtol=1e-6)


def test_noise_has_the_stated_laws() -> None:
    generator = keras.random.SeedGenerator(8)
    # Kolmogorov-Smirnov with 10⁵ draws, false alarm 1e-6 each: finds a distance of 0.01.
    assert stats.kstest(noise.standard_normal(generator, [100_000], "float32"), "norm").pvalue > 1e-6
    assert stats.kstest(noise.uniform(generator, [100_000]), "uniform").pvalue > 1e-6
    signs = noise.rademacher(generator, [100_000], "float32").numpy()
    assert set(np.unique(signs)) == {-1.0, 1.0}
    # 5.5 standard errors: false alarm 4e-8; finds a probability off by 0.01.
    assert abs(signs.mean()) < 5.5 / np.sqrt(100_000)
