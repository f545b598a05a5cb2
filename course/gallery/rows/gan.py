"""GANs: the discriminator against its closed form, gradients that vanish, and the modes of a ring."""

from __future__ import annotations

import math

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from scipy import stats

from course.data import PlaneMixture, ring_mixture
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import GAN, dense_gan, generator_loss, optimal_discriminator
from course.models.adversarial import LOSSES, VALUE_AT_EQUILIBRIUM
from course.plotting import function_curves, mode_scatter

DATA, SAMPLES = stats.norm(-0.5, 1.0), stats.norm(1.0, 0.6)
"""The pair of densities on a line."""


def _adam() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(2e-3, beta_1=0.5, beta_2=0.9)


def _discriminator(fast: bool, seed: int) -> tuple[Measure, Figure]:
    """Trains a discriminator against a generator that stands still, whose law is known."""
    dense = keras.layers.Dense
    judge = keras.Sequential([keras.Input((1,)), dense(32, "tanh"), dense(32, "tanh"), dense(1)])
    model = GAN(dense(1), judge, latent_size=1, seed=seed)
    model.build((None, 1))
    model.generator.set_weights([np.array([[SAMPLES.std()]]), np.array([SAMPLES.mean()])])
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.Adam(5e-3), jit_compile=False)
    data = DATA.rvs(size=(256 * (150 if fast else 800), 1), random_state=seed).astype(np.float32)
    model.fit(data, batch_size=256, verbose=0)
    x = np.linspace(-3.5, 3.0, 261)
    p, q = DATA.pdf(x), SAMPLES.pdf(x)
    learned = np.asarray(tf.sigmoid(model(x[:, None].astype(np.float32))))
    best = optimal_discriminator(DATA.logpdf(x), SAMPLES.logpdf(x))
    error = float(np.sum(np.abs(learned - best) * (p + q)) / np.sum(p + q))
    limit = 0.08 if fast else 0.03
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    function_curves(
        x,
        {"data p": p, "samples q": q, "D, trained": learned, "D* = p/(p + q)": best},
        figure.subplots(),
        ylabel="density, or probability of data",
        dashed=["D* = p/(p + q)"],
    )
    what = "mean |D − D*| under data and samples, on a line"
    return Measure(what, error, f"≤ {limit:g}; closed form D* = p/(p + q)", error <= limit), figure


def _saturation(ring: PlaneMixture, seed: int) -> tuple[Measure, Figure]:
    """The generator's gradient under both losses, once the discriminator tells its first samples apart."""
    model = dense_gan((2,), 2, seed=seed)
    model.compile(keras.optimizers.SGD(0.0), _adam(), jit_compile=False)
    model.fit(ring.sample(128 * 100, np.random.default_rng(seed)), batch_size=128, verbose=0)
    z = np.random.default_rng(seed).normal(size=(512, 2))
    norms = {}
    for loss in ("minimax", "non_saturating"):
        with tf.GradientTape() as tape:
            value = generator_loss(model(model.generate(z)), loss)
        parts = tape.gradient(value, model.generator.trainable_variables)
        norms[loss] = float(tf.linalg.global_norm(parts))
    ratio = norms["minimax"] / norms["non_saturating"]
    logits = np.linspace(-8.0, 8.0, 201)
    curves = {}
    for loss in LOSSES:
        a = tf.constant(logits)
        with tf.GradientTape() as tape:
            tape.watch(a)
            value = generator_loss(a, loss) * len(logits)
        curves[loss.replace("_", "-")] = np.abs(tape.gradient(value, a))
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    function_curves(
        logits,
        curves,
        figure.subplots(),
        xlabel="logit a of a sample (left: told apart from data)",
        ylabel="|d generator loss / d a|",
    )
    what = "generator's gradient, minimax ÷ non-saturating, after 100 steps of the discriminator alone"
    return Measure(what, ratio, "≤ 0.2: it saturates", ratio <= 0.2), figure


def _train_on_ring(ring: PlaneMixture, loss: str, fast: bool, seed: int) -> GAN:
    """A GAN after 1600 steps (1000 in fast mode)."""
    keras.utils.set_random_seed(seed)
    penalised = loss == "wasserstein"
    model = dense_gan(
        (2,), 2, loss=loss, critic_steps=2 if penalised else 1, penalty=1.0 if penalised else 0.0, seed=seed
    )
    model.compile(_adam(), jit_compile=False)
    points = ring.sample(128 * 200, np.random.default_rng(seed))
    model.fit(points, batch_size=128, epochs=5 if fast else 8, verbose=0)
    return model


def run(fast: bool, seed: int) -> Shown:
    """Trains every loss on two seeds (in fast mode the non-saturating one on one)."""
    keras.utils.set_random_seed(seed)
    ring = ring_mixture(8, std=0.2)
    measure, pair = _discriminator(fast, seed)
    measures, pictures = (
        [measure],
        [Picture("A discriminator trained on a line, and the one that no other beats.", pair)],
    )
    if not fast:
        measure, slopes = _saturation(ring, seed)
        measures.append(measure)
        pictures.append(
            Picture("Minimax has no slope where the discriminator is sure: samples cannot learn.", slopes)
        )
    losses, seeds = (("non_saturating",), 1) if fast else (LOSSES, 2)
    least_modes, least_good = (6, 0.4) if fast else (7, 0.85)
    perfect = 1.0 - math.exp(-4.5)
    figure = Figure(figsize=(3.2 * len(losses), 3.4), layout="constrained")
    for axes, loss in zip(figure.subplots(1, len(losses), squeeze=False)[0], losses, strict=True):
        models = [_train_on_ring(ring, loss, fast, 10 * seed + index) for index in range(seeds)]
        found = [ring.coverage(np.asarray(model.sample(2000))) for model in models]
        name = loss.replace("_", "-")
        modes = min(coverage.modes for coverage in found)
        good = float(np.mean([coverage.good for coverage in found]))
        measures += [
            Measure(
                f"modes covered, {name}, worst seed", modes, f"≥ {least_modes} of 8", modes >= least_modes
            ),
            Measure(
                f"samples within 3 std of a mode, {name}",
                good,
                f"≥ {least_good:g}; of data {perfect:.3f}",
                good >= least_good,
            ),
        ]
        if loss != "wasserstein" and not fast:
            held = ring.sample(4000, np.random.default_rng(seed + 500))
            scores = [model.evaluate(held, batch_size=500, verbose=0, return_dict=True) for model in models]
            value = -float(np.mean([score["discriminator_loss"] for score in scores]))
            measures.append(
                Measure(
                    f"value of the game, {name}",
                    value,
                    f"{VALUE_AT_EQUILIBRIUM:.3f} = −log 4 at equilibrium, to 0.05",
                    abs(value - VALUE_AT_EQUILIBRIUM) < 0.05,
                    "nats",
                )
            )
        mode_scatter(np.asarray(models[0].sample(1000)), ring.centres, 3 * ring.std, axes, title=name)
    pictures.append(
        Picture(
            "Samples, and circles of three standard deviations: which modes are found, and how widely.",
            figure,
        )
    )
    return Shown(tuple(measures), tuple(pictures))


EXHIBIT = Exhibit(
    name="gan",
    title="Generative adversarial networks",
    module="course.models.gan",
    slides=(Slide("Ivanov", "Generative Adversarial Networks (GAN)"),),
    problem_set="ps08_gan",
    run=run,
)
