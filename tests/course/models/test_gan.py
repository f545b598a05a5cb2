"""Adversarial losses against closed forms, and the GAN as a Keras model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import norm

from course.data import PlaneMixture, grid_mixture, ring_mixture
from course.errors import ArgumentError, ShapeError
from course.models import (
    GAN,
    dense_gan,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    optimal_discriminator,
)
from course.models.adversarial import LOSSES, VALUE_AT_EQUILIBRIUM

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

P, Q = norm(-0.5, 1.0), norm(1.0, 0.6)


def jensen_shannon() -> float:
    """Between P and Q, by quadrature."""

    def integrand(x: float) -> float:
        p, q = P.pdf(x), Q.pdf(x)
        return 0.5 * p * math.log(2 * p / (p + q)) + 0.5 * q * math.log(2 * q / (p + q))

    return quad(integrand, -8, 8, limit=200)[0]


def test_the_best_discriminator_is_p_over_p_plus_q_and_its_value_is_the_divergence() -> None:
    # 20000 quantiles of each law stand for it, without noise. log p − log q of two Gaussians is a quadratic,
    # so that a logit with the features 1, x, x² can be the optimum; found here by BFGS.
    ranks = (np.arange(20000) + 0.5) / 20000
    features = [np.stack([x**0, x, x**2]) for x in (P.ppf(ranks), Q.ppf(ranks))]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        variable = tf.constant(weights)
        with tf.GradientTape() as tape:
            tape.watch(variable)
            real, fake = (tf.linalg.matvec(f.T, variable) for f in features)
            value = discriminator_loss(real, fake)
        return float(value), tape.gradient(value, variable).numpy()

    found = minimize(loss, np.zeros(3), jac=True, method="BFGS", options={"gtol": 1e-8})
    x = np.linspace(-3, 3, 61)
    best = optimal_discriminator(P.logpdf(x), Q.logpdf(x))
    np.testing.assert_allclose(best, P.pdf(x) / (P.pdf(x) + Q.pdf(x)), rtol=1e-12)
    learned = 1 / (1 + np.exp(-(found.x @ np.stack([x**0, x, x**2]))))
    # Quantiles cut the tails: the error of the sums is some 1e-3.
    np.testing.assert_allclose(learned, best, atol=5e-3)
    assert -found.fun == pytest.approx(2 * jensen_shannon() - math.log(4), abs=1e-3)


def test_the_value_is_minus_log_four_where_the_laws_are_one_and_only_there() -> None:
    logits = tf.zeros(5)
    for loss in ("minimax", "non_saturating"):
        assert float(-discriminator_loss(logits, logits, loss)) == pytest.approx(VALUE_AT_EQUILIBRIUM)
    assert -math.log(4.0) == VALUE_AT_EQUILIBRIUM and jensen_shannon() > 0.1


def test_far_densities_neither_overflow_nor_lose_their_order() -> None:
    np.testing.assert_array_equal(optimal_discriminator([-1e5, 0.0], [0.0, -1e5]), [0.0, 1.0])


def test_the_minimax_gradient_is_gone_where_samples_are_told_apart() -> None:
    # d/da of each loss, against its closed form, at D = σ(a) from 1e-6 to 1 − 1e-6.
    a = tf.constant(np.linspace(-14, 14, 29))
    sigma = 1 / (1 + np.exp(-a.numpy()))
    exact = {"minimax": -sigma, "non_saturating": -(1 - sigma), "wasserstein": -np.ones(29)}
    gradients = {}
    for loss in LOSSES:
        with tf.GradientTape() as tape:
            tape.watch(a)
            value = generator_loss(a, loss) * 29
        gradients[loss] = tape.gradient(value, a).numpy()
        np.testing.assert_allclose(gradients[loss], exact[loss], rtol=1e-9)
    assert abs(gradients["minimax"][0]) < 1e-5 < 0.99 < abs(gradients["non_saturating"][0])


def test_the_penalty_of_a_linear_critic_is_its_slope_less_one_squared(rng: np.random.Generator) -> None:
    real, fake = rng.normal(size=(6, 2, 3)), rng.normal(size=(6, 2, 3))
    weights = tf.constant(rng.normal(size=6))
    slope = float(np.linalg.norm(weights))
    with tf.GradientTape() as tape:
        tape.watch(weights)
        penalty = gradient_penalty(
            lambda x: tf.linalg.matvec(tf.reshape(x, [-1, 6]), weights) + 3.0,
            tf.constant(real),
            tf.constant(fake),
            tf.constant(rng.random(6)),
        )
    assert float(penalty) == pytest.approx((slope - 1) ** 2, rel=1e-12)
    # Its gradient: 2 (‖w‖ − 1) w/‖w‖.
    np.testing.assert_allclose(
        tape.gradient(penalty, weights), 2 * (slope - 1) * weights.numpy() / slope, rtol=1e-10
    )


def test_the_penalty_is_taken_between_the_pairs(rng: np.random.Generator) -> None:
    # f(x) = ½‖x‖² has the slope ‖x̂‖.
    real, fake, mix = rng.normal(size=(5, 2)), rng.normal(size=(5, 2)), rng.random(5)
    penalty = gradient_penalty(lambda x: 0.5 * tf.reduce_sum(x**2, 1), *map(tf.constant, (real, fake, mix)))
    between = mix[:, None] * real + (1 - mix[:, None]) * fake
    assert float(penalty) == pytest.approx(np.mean((np.linalg.norm(between, axis=1) - 1) ** 2), rel=1e-12)


def test_the_penalty_of_a_flat_critic_is_one_and_can_be_differentiated() -> None:
    weights = tf.zeros(2)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        points = tf.ones([3, 2])
        penalty = gradient_penalty(lambda x: tf.linalg.matvec(x, weights), points, points, tf.zeros(3))
    assert float(penalty) == 1.0
    assert np.isfinite(tape.gradient(penalty, weights)).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_of_fit_follows_the_stated_losses_one_after_the_other(
    loss: str, rng: np.random.Generator
) -> None:
    data = rng.normal(size=(6, 2)).astype(np.float32)
    model = dense_gan((2,), 2, (3,), loss=loss, seed=5)
    twin = GAN.from_config(model.get_config())  # with noise of the same seed
    twin.build((None, 2))
    twin.set_weights(model.get_weights())
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.3), jit_compile=False, run_eagerly=True)
    model.fit(data, batch_size=6, verbose=0, shuffle=False)
    z, mix = (
        tf.random.stateless_normal([6, 2], twin.noise.next(), alg="philox"),
        tf.random.stateless_uniform([6], twin.noise.next(), alg="philox"),
    )
    with tf.GradientTape() as tape:
        fake = twin.generator(z)
        value = discriminator_loss(twin(data), twin(fake), loss)
        if loss == "wasserstein":
            value += 10.0 * gradient_penalty(twin, tf.constant(data), fake, mix)
    variables = twin.discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(value, variables), strict=True):
        variable.assign_sub(0.3 * gradient)
    z = tf.random.stateless_normal([6, 2], twin.noise.next(), alg="philox")
    with tf.GradientTape() as tape:
        value = generator_loss(twin(twin.generator(z)), loss)  # against the new discriminator
    variables = twin.generator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(value, variables), strict=True):
        variable.assign_sub(0.1 * gradient)
    for ours, expected in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


def test_both_optimisers_come_back_from_a_file_and_training_goes_on(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    data = rng.normal(size=(32, 2)).astype(np.float32)
    model = dense_gan((2,), 2, (3,), seed=5)
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.002), jit_compile=False)
    model.fit(data, epochs=2, verbose=0)
    model.save(tmp_path / "gan.keras")
    back = keras.models.load_model(tmp_path / "gan.keras")
    assert float(back.discriminator_optimizer.learning_rate) == pytest.approx(0.002)
    for name in ("optimizer", "discriminator_optimizer"):
        kept, loaded = ([v.numpy() for v in getattr(m, name).variables] for m in (model, back))
        assert len(kept) > 4
        for a, b in zip(kept, loaded, strict=True):
            np.testing.assert_array_equal(a, b)
    assert set(back.fit(data, verbose=0).history) == {"loss", "generator_loss", "discriminator_loss"}


def test_a_generator_with_a_known_map_gives_samples_of_a_known_law() -> None:
    model = GAN(keras.layers.Dense(1), keras.layers.Dense(1), latent_size=1, seed=2)
    model.build((None, 1))
    model.generator.set_weights([np.array([[0.5]]), np.array([3.0])])
    samples = model.sample(4000).numpy()[:, 0]
    # Five standard errors.
    assert samples.mean() == pytest.approx(3.0, abs=0.04) and samples.std() == pytest.approx(0.5, abs=0.03)


def test_mixtures_count_the_modes_that_samples_reach(rng: np.random.Generator) -> None:
    ring = ring_mixture(8, std=0.1)
    # Two on the first mode, one at 2.9 std of the second, one at 3.1 std of the third, one astray.
    points = ring.centres[[0, 0, 1, 2, 3]] + [[0, 0], [0, 0], [0.29, 0], [0, 0.31], [5, 5]]
    found = ring.coverage(points)
    assert found.modes == 2 and found.good == 0.6 and found.counts.tolist() == [2, 1, 0, 0, 0, 0, 0, 0]
    # Of its own points 1 − exp(−9/2) are good; five standard errors of 20000 are 0.004.
    grid = grid_mixture(3)
    own = grid.coverage(grid.sample(20000, rng))
    assert own.modes == 9 and own.good == pytest.approx(1 - math.exp(-4.5), abs=0.004)


def test_a_mixtures_density_is_tfps(rng: np.random.Generator) -> None:
    from tensorflow_probability import distributions as tfd

    mixture, points = PlaneMixture(rng.normal(size=(3, 2)), 0.7), rng.normal(size=(5, 2))
    law = tfd.MixtureSameFamily(
        tfd.Categorical(logits=np.zeros(3)),
        tfd.MultivariateNormalDiag(mixture.centres, np.full((3, 2), 0.7)),
    )
    np.testing.assert_allclose(mixture.log_prob(points), law.log_prob(points), rtol=1e-10)


REFUSALS: list[tuple[Any, type, str]] = [
    (lambda: dense_gan((2,), 0), ArgumentError, "`latent_size` is a positive integer"),
    (lambda: dense_gan((2,), 2, loss="hinge"), ArgumentError, "unknown `loss`.*'minimax', 'non_saturating'"),
    (lambda: dense_gan((2,), 2, penalty=-1), ArgumentError, "`penalty` is not negative.*penalty=-1"),
    (lambda: dense_gan((2,), 2, critic_steps=0), ArgumentError, "`critic_steps` is a positive integer"),
    (lambda: dense_gan((2,), 2).generate(np.zeros((3, 1))), ShapeError, r"\(n, 2\).*\(3, 1\)"),
    (
        lambda: GAN(keras.layers.Dense(2), keras.layers.Dense(3), latent_size=1)(tf.zeros([4, 2])),
        ShapeError,
        r"gives one logit.*\(batch, 1\).*\(4, 3\)",
    ),
    (
        lambda: gradient_penalty(lambda x: x, tf.zeros([3, 2]), tf.zeros([3, 1]), tf.zeros(3)),
        ShapeError,
        r"samples have the data's shape.*\(2,\).*\(1,\)",
    ),
    (lambda: ring_mixture(0), ArgumentError, "`modes` is a positive integer"),
    (lambda: grid_mixture(2, spacing=0.5), ArgumentError, "modes of the grid are apart.*> 0.6.*0.5"),
    (lambda: ring_mixture(2).coverage(np.zeros((3, 1))), ShapeError, r"lie in the plane.*\(3, 1\)"),
    (lambda: PlaneMixture(np.zeros((2, 3)), 1.0), ShapeError, r"centres are points.*\(K, 2\).*\(2, 3\)"),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSALS)
def test_refusals_say_the_rule_what_was_expected_and_received(make: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        make()
