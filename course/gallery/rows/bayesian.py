"""Ways to be Bayesian on the digits, beside the plain network: accuracy, likelihood, calibration."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from course.data import digits
from course.distributions import Normal
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.inference import ConjugateRegression
from course.models import (
    DeepEnsemble,
    bayesian_mlp,
    draw_logits,
    fitted_temperature,
    mean_log_probs,
    reliability,
)
from course.plotting import predictive_band, reliability_diagram

NOISE_STD, PRIOR_STD = 0.5, 1.2
WAYS = ("plain", "mc_dropout", "local_reparameterization", "flipout", "ensemble")
FAST = ("plain", "mc_dropout", "ensemble")


def run(fast: bool, seed: int) -> Shown:
    """A conjugate model first, where the posterior is known; then the digits."""
    keras.utils.set_random_seed(seed)
    exact, band = _conjugate(fast, seed)
    table, curves = _digits(fast, seed)
    best = max((name for name in table if name != "plain"), key=lambda name: table[name][1])
    gain = table[best][1] - table["plain"][1]
    measures = [
        exact,
        Measure(
            f"held-out log-likelihood of {best}, the best of the Bayesian ways, less the plain network's",
            gain,
            f"within 0.05; {'the Bayesian way wins' if gain > 0 else 'the plain network wins'}",
            abs(gain) <= 0.05,
            "nats a digit",
        ),
    ]
    for name, (accuracy, log_likelihood, before, after) in table.items():
        measures.append(Measure(f"{name}: held-out accuracy", accuracy, "≥ 0.9", accuracy >= 0.9))
        measures.append(
            Measure(
                f"{name}: calibration error, {before:.3f} before one temperature",
                after,
                f"≤ 0.08; log-likelihood {log_likelihood:.3f}",
                after <= 0.08,
            )
        )
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    reliability_diagram(curves, figure.subplots())
    caption = "Right predictions against confidence, before the temperature; bins of 10 digits or more."
    return Shown(tuple(measures), (Picture(caption, figure), band))


def _conjugate(fast: bool, seed: int) -> tuple[Measure, Picture]:
    rng = np.random.default_rng(seed)
    x = np.linalg.qr(rng.normal(size=(20, 2)))[0] * np.array([3.0, 5.0])
    y = x @ np.array([0.9, -0.6]) + NOISE_STD * rng.normal(size=20)
    model = bayesian_mlp(
        "local_reparameterization",
        1,
        input_size=2,
        hidden=(),
        dataset_size=20,
        seed=seed,
        kernel_prior=Normal(std=PRIOR_STD),
        use_bias=False,
    )
    steps = 200 if fast else 1500
    rate = keras.optimizers.schedules.CosineDecay(0.05, steps)
    model.compile(
        keras.optimizers.Adam(rate),
        loss=lambda t, p: tf.square(t - p) / (2 * NOISE_STD**2),
        jit_compile=False,
    )
    # 50 copies: 50 draws a step, with the same optimum.
    many = tf.constant(np.tile(x, (50, 1)), tf.float32), tf.constant(np.tile(y, 50)[:, None], tf.float32)
    model.fit(tf.data.Dataset.from_tensors(many).repeat(), steps_per_epoch=steps, shuffle=False, verbose=0)
    exact = ConjugateRegression(x, y, noise_std=NOISE_STD, prior_std=PRIOR_STD)
    std = np.sqrt(np.diag(exact.posterior().covariance))
    got = model.layers[0].kernel_distribution()
    off = float(np.max(np.abs(np.log(np.asarray(got.stddev())[:, 0] / std))))
    line = np.linspace(-1, 1, 60)
    points = np.stack([line, 0.5 * line], axis=1)
    draws = np.stack([np.asarray(model(points.astype("float32")))[:, 0] for _ in range(400)])
    mean, total = exact.predictive(points)
    of_function = np.sqrt(total**2 - NOISE_STD**2)
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    axes = predictive_band(line, draws, figure.subplots(), level=0.9, xlabel="x along a line", ylabel="f(x)")
    for sign in (-1, 1):
        axes.plot(line, mean + sign * 1.645 * of_function, "k--", lw=1, label="exact" if sign > 0 else None)
    axes.legend()
    return (
        Measure(
            "linear model: largest |log(std / exact std)| of a weight",
            off,
            "exact posterior: 0; ≤ 0.1",
            off <= 0.1,
        ),
        Picture("Bayes by backprop on a linear model: its 90 % band lies on the exact one (dashed).", figure),
    )


def _digits(fast: bool, seed: int) -> tuple[dict[str, tuple[float, float, float, float]], dict[str, Any]]:
    data = digits()
    x, test = (part.reshape(len(part), -1) for part in (data.train_images, data.test_images))
    # A tenth of the training digits chooses the temperature, and nothing else.
    held = len(x) // 10
    x, y, chosen, chosen_labels = x[held:], data.train_labels[held:], x[:held], data.train_labels[:held]
    table, curves = {}, {}
    for way in FAST if fast else WAYS:
        if way == "ensemble":
            model: Any = DeepEnsemble(
                [bayesian_mlp("plain", 10, input_size=64) for _ in range(2 if fast else 5)]
            )
        else:
            model = bayesian_mlp(way, 10, input_size=64, seed=seed, dataset_size=len(x), rate=0.3)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(5e-3), loss, jit_compile=False)
        model.fit(x, y, batch_size=64, epochs=5 if fast else 40, verbose=0)

        def predicted(points: np.ndarray, way: str = way, model: Any = model) -> np.ndarray:
            if way == "ensemble":
                return np.asarray(model.log_probs(points))
            return mean_log_probs(draw_logits(model, points, 1 if way == "plain" else 30))

        log_probs = predicted(test)
        before = reliability(log_probs, data.test_labels)
        scaled = log_probs / fitted_temperature(predicted(chosen), chosen_labels)
        after = reliability(mean_log_probs(scaled[None]), data.test_labels)
        accuracy = float(np.mean(log_probs.argmax(axis=1) == data.test_labels))
        likelihood = float(np.mean(log_probs[np.arange(len(test)), data.test_labels]))
        table[way] = (accuracy, likelihood, before.error, after.error)
        curves[way] = before
    return table, curves


EXHIBIT = Exhibit(
    name="bayesian",
    title="Bayesian neural networks",
    module="course.models.bayesian",
    slides=(
        Slide("Damianou", "Bayesian deep learning"),
        Slide("Damianou", "Bayesian neural network (what we saw before)"),
    ),
    problem_set="ps09_bayesian",
    run=run,
)
