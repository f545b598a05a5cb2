"""PixelCNN: a law learnt to a measured divergence, and an exact likelihood of digits."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from course.data import BinaryLaw, Digits, digits, ising
from course.gallery.baselines import independent_pixels_log_prob
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.layers import MaskedConv2D
from course.models import PixelCNN
from course.plotting import image_grid


def _learn_a_law(law: BinaryLaw, fast: bool, seed: int) -> np.ndarray:
    """Log probabilities of all images after training on the law itself."""
    # Of 3 rows, one block of 5 × 5 sees as much as two of 3 × 3, and traces in half the time.
    model = PixelCNN(12, 1, 5, seed=seed) if fast else PixelCNN(12, 2, seed=seed)
    model.compile(keras.optimizers.Adam(0.02 if fast else 0.01), jit_compile=False)
    count = len(law.images)
    weights = (count * law.probabilities).astype(np.float32)
    model.fit(law.images, sample_weight=weights, batch_size=count, epochs=24 if fast else 160, verbose=0)
    return np.asarray(model.log_prob(law.images), np.float64)


def run(fast: bool, seed: int) -> Shown:
    """Trains on an Ising law of 3 × 3 pixels, then on binary digits."""
    keras.utils.set_random_seed(seed)
    law = ising(3, 3)
    log_prob = _learn_a_law(law, fast, seed)
    total = float(np.exp(log_prob).sum())
    divergence = float(law.probabilities @ (np.log(law.probabilities) - log_prob))
    limit = 0.5 if fast else 0.02
    data = digits("binary")
    model = PixelCNN(12 if fast else 24, 1 if fast else 4, 5, seed=seed)
    model.compile(keras.optimizers.Adam(1e-2 if fast else 3e-3), jit_compile=False)
    model.fit(data.train_images, epochs=2 if fast else 11, batch_size=32 if fast else 64, verbose=0)
    held_out = float(np.mean(model.log_prob(data.test_images)))
    independent = independent_pixels_log_prob(data)
    return Shown(
        (
            Measure("probabilities of all 512 images, summed", total, "1 to 1e-4", abs(total - 1) < 1e-4),
            Measure(
                "KL(Ising ‖ model) over the 512 images",
                divergence,
                f"0 to {limit:g}; independent pixels: {_best_without_order(law):.2f}",
                0 <= divergence < limit,
                "nats",
            ),
            Measure(
                "held-out log p(x) of digits, exact",
                held_out,
                f"> {independent:.2f} nats of independent pixels",
                held_out > independent,
                "nats an image",
            ),
        ),
        (
            Picture(
                "Digits completed from their upper halves; the first row holds the originals.",
                _completions(model, data, 1 if fast else 4),
            ),
            Picture(
                "How strongly the pixel marked × depends on each pixel, untrained: a single masked stack is "
                "blind to the upper right, the two stacks are not.",
                _receptive_fields(seed),
            ),
        ),
    )


def _best_without_order(law: BinaryLaw) -> float:
    """KL from the law to independent pixels with the law's own means: ½ each, by symmetry."""
    return float(np.log(len(law.images)) - law.entropy())


def _completions(model: PixelCNN, data: Digits, draws: int) -> Figure:
    originals = data.test_images[:10]
    drawn = [model.complete(originals, 4) for _ in range(draws)]
    figure = Figure(figsize=(5, 0.6 + 0.5 * (draws + 1)), layout="constrained")
    labels = ["original", *(f"draw {index + 1}" for index in range(draws))]
    image_grid(np.concatenate([originals, *drawn]), figure.subplots(), columns=10, row_labels=labels)
    return figure


def _receptive_fields(seed: int) -> Figure:
    size, row, column = 9, 5, 3
    single = [MaskedConv2D(16, 3, mask=mask, activation="tanh") for mask in "ABBBBB"]
    model = PixelCNN(16, 6, seed=seed)

    def one_stack(x: tf.Tensor) -> tf.Tensor:
        x = x[..., None]
        for layer in single:
            x = layer(x)
        return tf.reduce_sum(x, axis=-1)

    figure = Figure(figsize=(6, 3.3), layout="constrained")
    networks: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
        "one masked stack": one_stack,
        "vertical and horizontal": model,
    }
    for axes, (title, network) in zip(figure.subplots(1, 2), networks.items(), strict=True):
        x = tf.constant(np.random.default_rng(seed).integers(0, 2, (64, size, size)), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = network(x)[:, row, column]
        field = np.abs(tape.gradient(output, x)).mean(axis=0)
        # Strengths fall off by orders of magnitude: what matters is where they are not zero.
        shown = np.where(field > 0, 1.0 + 0.2 * np.log10(np.maximum(field, 1e-30) / field.max()), 0.0)
        image_grid(np.where(field > 0, np.clip(shown, 0.15, 1.0), 0.0)[None], axes, columns=1)
        axes.plot(column, row, "x", color="C3", markersize=10, markeredgewidth=2)
        axes.set(title=title, xlabel="column", ylabel="row")
        for spine in axes.spines.values():
            spine.set_visible(True)
    return figure


EXHIBIT = Exhibit(
    name="pixelcnn",
    title="PixelCNN",
    module="course.models.pixelcnn",
    slides=(Slide("Batra", "Variational Autoencoders (VAE)"), Slide("Batra", "So far...")),
    problem_set="ps07_vae",
    run=run,
)
