"""Hard attention: where a digit's classifier looks, learnt with three estimators of one gradient."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from course.data import digits
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import HardAttention
from course.plotting import image_grid, loss_curves

SIDE, PARTS = 4, 4
"""A digit is put into one of four quarters of a larger picture; the rest is noise."""


def _scene(images: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Quarters, a digit in one and faint noise in the others, shape (n, 4, 64), and where the digit is."""
    parts = rng.uniform(0, 0.25, size=(len(images), PARTS, 64))
    where = rng.integers(0, PARTS, len(images))
    parts[np.arange(len(images)), where] = images.reshape(len(images), -1)
    return parts.astype("float32"), where


def _model(estimator: str, seed: int) -> HardAttention:
    # One weight a pixel, the same for each quarter: too few to tell the digit by the choice.
    location = keras.Sequential(
        [keras.layers.Conv1D(4, 1, activation="relu"), keras.layers.Conv1D(1, 1), keras.layers.Flatten()]
    )
    classifier = keras.Sequential([keras.layers.Dense(48, "relu"), keras.layers.Dense(10)])
    draws = 1 if estimator == "exact" else 4
    return HardAttention(location, classifier, parts=PARTS, estimator=estimator, draws=draws, seed=seed)


def run(fast: bool, seed: int) -> Shown:
    """Trains with each estimator from the same start and compares what they look at."""
    rng = np.random.default_rng(seed)
    data = digits()
    x, _ = _scene(data.train_images, rng)
    test, where = _scene(data.test_images, rng)
    curves, accuracy, looked = {}, {}, {}
    for estimator in ("exact", "leave_one_out") if fast else ("exact", "leave_one_out", "score_function"):
        keras.utils.set_random_seed(seed)
        model = _model(estimator, seed)
        model.compile(keras.optimizers.Adam(4e-3), jit_compile=False)
        history = model.fit(x, data.train_labels, epochs=6 if fast else 60, batch_size=64, verbose=0)
        curves[estimator] = history.history["loss"]
        accuracy[estimator] = model.evaluate(test, data.test_labels, verbose=0, return_dict=True)["accuracy"]
        looked[estimator] = np.asarray(tf.argmax(model.location_logits(test), axis=1))
    bound = 0.7 if fast else 0.9
    found = float(np.mean(looked["leave_one_out"] == where))
    measures = [
        Measure(f"{name}: held-out accuracy", value, f"≥ {bound:g}; chance 0.1", value >= bound)
        for name, value in accuracy.items()
        if name != "score_function"
    ]
    measures.append(
        Measure("share of pictures in which it looks at the digit", found, f"≥ {bound:g}", found >= bound)
    )
    return Shown(
        tuple(measures),
        (_curves(curves), _pictures(test, looked["leave_one_out"])),
    )


def _curves(curves: dict[str, Any]) -> Picture:
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    loss_curves(curves, figure.subplots(), ylabel="expected loss (nats)")
    return Picture(
        "With drawn gradients the loss falls as with the exact one: the curves lie on each other.", figure
    )


def _pictures(test: np.ndarray, looked: np.ndarray) -> Picture:
    figure = Figure(figsize=(6, 2.2), layout="constrained")
    scenes = []
    for parts, choice in zip(test[:8], looked[:8], strict=True):
        # What it does not look at is dimmed.
        seen = parts.reshape(PARTS, 8, 8) * np.where(np.arange(PARTS) == choice, 1.0, 0.35)[:, None, None]
        scenes.append(np.block([[seen[0], seen[1]], [seen[2], seen[3]]]))
    image_grid(np.array(scenes), figure.subplots(), columns=8)
    return Picture("Eight held-out pictures: the quarter that the network looks at is bright.", figure)


EXHIBIT = Exhibit(
    name="attention",
    title="Hard attention",
    module="course.models.attention",
    slides=(Slide("Ivanov", "REINFORCE"),),
    problem_set="ps05_estimators",
    run=run,
    lecture="ps05_estimators",
)
