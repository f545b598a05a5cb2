from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import course.layers as cl
from course.distributions import MeanFieldNormal

RNG = np.random.default_rng(3)
X = RNG.normal(size=(6, 4))
MEAN = RNG.normal(size=(4, 3))
STD = RNG.gamma(2.0, size=(4, 3))
EPS = RNG.normal(size=(4, 3))
SIGN_IN = RNG.choice([-1.0, 1.0], size=(6, 4))
SIGN_OUT = RNG.choice([-1.0, 1.0], size=(6, 3))


def _tensors(*arrays: np.ndarray) -> list[tf.Tensor]:
    return [tf.constant(array) for array in arrays]


def test_reparameterization_multiplies_by_the_drawn_kernel() -> None:
    ours = cl.dense_reparameterization(*_tensors(X, MEAN, STD, EPS))
    np.testing.assert_allclose(ours, X @ (MEAN + STD * EPS), rtol=1e-12)


def test_flipout_gives_each_row_its_own_signs() -> None:
    ours = cl.dense_flipout(*_tensors(X, MEAN, STD, EPS, SIGN_IN, SIGN_OUT))
    for n in range(6):
        kernel = MEAN + STD * EPS * np.outer(SIGN_IN[n], SIGN_OUT[n])
        np.testing.assert_allclose(ours[n], X[n] @ kernel, rtol=1e-10, atol=1e-12)


def test_local_reparameterization_has_the_moments_of_the_product(rng: np.random.Generator) -> None:
    eps = rng.normal(size=(6, 3))
    ours = cl.dense_local_reparameterization(*_tensors(X, MEAN, STD, eps))
    expected = X @ MEAN + np.sqrt(X**2 @ STD**2) * eps
    np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)


def test_local_reparameterization_has_a_finite_gradient_at_an_all_zero_row() -> None:
    x, std = tf.zeros([2, 4]), tf.Variable(tf.ones([4, 3]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = cl.dense_local_reparameterization(x, tf.ones([4, 3]), std, tf.ones([2, 3]))
    for gradient in tape.gradient(y, [x, std]):
        assert np.isfinite(gradient).all()


def _draws(layer: object, x: tf.Tensor, n: int) -> np.ndarray:
    call = tf.function(lambda: tf.map_fn(lambda _: layer(x), tf.range(n), fn_output_signature=tf.float32))
    return call().numpy()


@pytest.mark.parametrize(
    "cls", [cl.DenseReparameterization, cl.DenseLocalReparameterization, cl.DenseFlipout]
)
def test_the_layers_outputs_have_mean_x_mean_and_variance_x2_std2(cls: type) -> None:
    layer = cls(3, dataset_size=1, seed=5, kernel_posterior=MeanFieldNormal(0.5))
    x = tf.constant(X[:2], tf.float32)
    n = 4000
    y = _draws(layer, x, n)
    posterior = layer.kernel_distribution()
    mean, variance = x @ posterior.mean(), tf.square(x) @ posterior.variance()
    # Exact law of an output: normal. z-test of 6 means and χ²-like test of 6 variances, each at 5.5 standard
    # errors: false alarm below 6e-7 in all. Finds a mean off by 0.14 of the output's std, a variance off by
    # 20 % (a std taken for a variance, a missing square, noise used twice).
    z = (y.mean(0) - mean) / np.sqrt(variance / n)
    assert np.abs(z).max() < 5.5
    assert np.abs(y.var(0) / variance - 1).max() < 5.5 * np.sqrt(2 / n)


@pytest.mark.parametrize(
    ("cls", "shared"),
    [(cl.DenseReparameterization, 1.0), (cl.DenseLocalReparameterization, 0.0), (cl.DenseFlipout, 0.0)],
)
def test_equal_rows_share_noise_only_under_plain_reparameterization(cls: type, shared: float) -> None:
    layer = cls(1, dataset_size=1, seed=6, use_bias=False)
    x = tf.ones([2, 4])
    n = 2000
    y = _draws(layer, x, n)[..., 0]
    correlation = np.corrcoef(y.T)[0, 1]
    # Standard error of a correlation of 0 is 1/√n = 0.022: false alarm at 0.12 below 1e-7; finds any of 0.25.
    assert abs(correlation - shared) < 0.12


def test_flipout_changes_signs_on_both_sides_of_the_kernel() -> None:
    layer = cl.DenseFlipout(1, dataset_size=1, seed=6, use_bias=False)
    x = tf.ones([64, 4])
    perturbation = layer(x) - layer(x, sample=False)
    # Equal rows: output signs alone would leave two values, ±a; the signs of four inputs give up to sixteen.
    assert len(np.unique(np.abs(perturbation).round(6))) > 4
    assert 0 < (perturbation.numpy() > 0).sum() < 64
    # Input signs alone would be the same for all units: the magnitudes' order would not separate them.
    two = cl.DenseFlipout(
        2, dataset_size=1, seed=6, use_bias=False, kernel_posterior=MeanFieldNormal(1.0, "zeros")
    )
    y = two(tf.constant([[1.0]] * 64)).numpy()
    assert len(np.unique(np.sign(y), axis=0)) == 4


def test_flipout_keeps_one_kernel_along_the_positions_of_an_example() -> None:
    layer = cl.DenseFlipout(3, dataset_size=1, seed=1)
    y = layer(tf.ones([5, 4, 2])).numpy()
    np.testing.assert_allclose(y, np.repeat(y[:, :1], 4, axis=1), rtol=1e-6)
    assert len(np.unique(y[:, 0, 0].round(5))) > 1


def test_local_reparameterization_draws_every_position_anew() -> None:
    y = cl.DenseLocalReparameterization(3, dataset_size=1, seed=1)(tf.ones([5, 4, 2])).numpy()
    assert len(np.unique(y)) == y.size


@pytest.mark.parametrize("cls", [cl.DenseLocalReparameterization, cl.DenseFlipout])
def test_the_gradients_variance_is_far_below_that_of_shared_noise(cls: type) -> None:
    # Inputs and targets as in a linear regression far from its optimum. Ratio of the gradient's variance
    # (summed over the entries of the kernel's mean) between shared noise and this estimator at batch 16;
    # independent noise for each row divides the variance by up to 16, so a ratio of 1 (signs missing) and one
    # below 1 both fail. With 1500 draws the standard error of the log ratio is about √(2·2/1500) = 5 % at
    # most.
    x = tf.constant(np.random.default_rng(0).normal(size=(16, 5)), tf.float32)

    def variance(layer: object) -> float:
        layer.build((None, 5))
        mean = next(w for w in layer.trainable_weights if w.name == "kernel_mean").value

        @tf.function
        def gradients() -> tf.Tensor:
            def one(_: tf.Tensor) -> tf.Tensor:
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(tf.square(layer(x)))
                return tape.gradient(loss, mean)

            return tf.map_fn(one, tf.range(1500), fn_output_signature=tf.float32)

        return float(tf.reduce_sum(tf.math.reduce_variance(gradients(), axis=0)))

    posterior = MeanFieldNormal(0.5, "zeros")
    shared = variance(cl.DenseReparameterization(2, dataset_size=1, seed=1, kernel_posterior=posterior))
    ours = variance(cls(2, dataset_size=1, seed=2, kernel_posterior=posterior))
    assert shared / ours > 2.0


def test_a_kernel_constraint_and_regularizer_act_on_the_mean() -> None:
    layer = cl.DenseFlipout(3, kernel_prior=None, kernel_constraint="non_neg", kernel_regularizer="l2")
    layer.build((None, 4))
    mean = next(w for w in layer.trainable_weights if w.name == "kernel_mean")
    assert (np.asarray(mean.constraint(-tf.ones([4, 3]))) == 0).all()
    np.testing.assert_allclose(
        float(sum(layer.losses)), 0.01 * float(tf.reduce_sum(mean.value**2)), rtol=1e-6
    )


def test_a_regularizer_joins_the_kl() -> None:
    layer = cl.DenseFlipout(3, dataset_size=7, kernel_regularizer="l2")
    layer.build((None, 4))
    expected = float(layer.kl()) / 7 + 0.01 * float(tf.reduce_sum(layer.kernel_distribution().mean() ** 2))
    np.testing.assert_allclose(float(sum(layer.losses)), expected, rtol=1e-6)
