"""Tricks of training in the open: stopping, gradients by depth, clipping, batch norm, dropout, annealing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from course.data import curve, digits
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import MLP
from course.plotting import depth_lines, loss_curves
from course.training import (
    CyclicalAnnealing,
    EarlyStopping,
    LinearAnnealing,
    SigmoidAnnealing,
    clip_by_global_norm,
    dropout_moments,
    enumerated_moments,
    global_norm,
    gradient_norms,
    normalize_batch,
)

DEPTH = 10


class _BestWeights(keras.callbacks.Callback):
    """The weights at the end of the epoch with the least held-out loss, kept apart from EarlyStopping."""

    def __init__(self) -> None:
        super().__init__()
        self.least = np.inf
        self.weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keeps them."""
        if logs["val_loss"] < self.least:
            self.least, self.weights = logs["val_loss"], self.model.get_weights()


def _stopped(fast: bool, seed: int) -> tuple[Measure, Measure, dict[str, list[float]], int]:
    """Overfits 20 noisy points, stops and goes back."""
    train, test = curve("sine", 20, std=0.5, seed=seed), curve("sine", 400, std=0.5, seed=seed + 1000)
    model = MLP([64, 64], 1, activation="tanh", seed=seed)
    model.compile(keras.optimizers.Adam(1e-2), "mse", jit_compile=False)
    stopping, best = EarlyStopping(patience=10_000), _BestWeights()
    history = model.fit(
        # Five steps an epoch, each on all points: looking at the held-out points costs more than a step.
        np.tile(train.x, (5, 1)),
        np.tile(train.y, (5, 1)),
        validation_data=(test.x, test.y),
        validation_batch_size=400,
        batch_size=20,
        epochs=25 if fast else 120,
        verbose=0,
        callbacks=[best, stopping],
    ).history
    moved = max(
        float(np.abs(now - then).max()) for now, then in zip(model.get_weights(), best.weights, strict=True)
    )
    restored = float(np.mean((model.predict_on_batch(test.x) - test.y) ** 2))
    least, last = min(history["val_loss"]), history["val_loss"][-1]
    return (
        Measure(
            "restored weights against the best epoch's, largest difference", moved, "exact: 0", moved == 0
        ),
        Measure(
            "held-out squared error of the restored weights",
            restored,
            f"the least of the epochs, {least:.4f}; the last had {last:.3f}",
            abs(restored - least) <= 1e-4 * least,
        ),
        {"training": history["loss"], "held out": history["val_loss"]},
        stopping.best_epoch,
    )


def _by_depth(seed: int, **network: Any) -> tuple[list[float], tuple[Any, Any]]:
    """Norms of the kernels' gradients at the start; the loss and the kernels."""
    data = digits()
    model = MLP([64] * DEPTH, 10, seed=seed, **network)
    x, y = data.train_images[:128], data.train_labels[:128]

    def loss() -> Any:
        logits = model(x, training=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    model.build(x.shape)
    kernels = [weight for weight in model.trainable_variables if len(weight.shape) == 2]
    norms = gradient_norms(loss, kernels)
    return list(norms.values()), (loss, kernels)


def run(fast: bool, seed: int) -> Shown:
    """Trains one small network too long, and measures others at their start."""
    keras.utils.set_random_seed(seed)
    exact, lower, curves, best_epoch = _stopped(fast, seed)
    networks: dict[str, dict[str, Any]] = {
        "sigmoid": {"activation": "sigmoid"},
        "ReLU, He's initial weights": {"activation": "relu", "kernel_initializer": "he_normal"},
        "sigmoid, batch norm": {"activation": "sigmoid", "batch_normalization": True},
    }
    norms = {}
    for name, network in networks.items():
        norms[name], (loss, kernels) = _by_depth(seed, **network)
    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, [kernel.value for kernel in kernels])
    # Hidden layers alone, first against last: both are 64 by 64.
    shrinks = {name: line[1] / line[DEPTH - 1] for name, line in norms.items()}
    limit = 0.5 * float(global_norm(gradients))
    clipped = float(global_norm(clip_by_global_norm(gradients, limit))) / limit - 1

    rng = np.random.default_rng(seed)
    x, kernel = rng.normal(size=(64, 10)), rng.normal(size=(10, 3))
    layer = keras.layers.BatchNormalization(dtype="float64")
    normal = float(np.abs(normalize_batch(x).outputs - layer(x, training=True)).max())
    closed, counted = dropout_moments(x[:2], kernel, 0.4), enumerated_moments(x[:2], kernel, 0.4)
    dropped = max(float(np.abs(a - b).max()) for a, b in zip(closed, counted, strict=True))

    stop, depth, betas = (Figure((5.5, 3.4), layout="constrained") for _ in range(3))
    axes = loss_curves(curves, stop.subplots(), ylabel="squared error")
    axes.axvline(best_epoch + 1, color="black", linestyle=":")
    axes.annotate("best epoch", (best_epoch + 1, axes.get_ylim()[1]), (4, -12), textcoords="offset points")
    depth_lines(norms, depth.subplots())
    steps = range(400)
    schedules: dict[str, Callable[[int], float]] = {
        "linear": LinearAnnealing(200),
        "sigmoid": SigmoidAnnealing(midpoint=100, width=20),
        "cyclical": CyclicalAnnealing(400, cycles=4),
    }
    loss_curves(
        {name: [schedule(step) for step in steps] for name, schedule in schedules.items()},
        betas.subplots(),
        xlabel="step",
        ylabel="β, the weight of the KL",
    )
    slope = 0.25 ** (DEPTH - 2)
    return Shown(
        (
            exact,
            lower,
            Measure(
                f"gradient of hidden layer 2 over that of layer {DEPTH}, sigmoid",
                shrinks["sigmoid"],
                f"< 1e-2: vanishes; each layer's slope is at most ¼ (together {slope:.0e})",
                shrinks["sigmoid"] < 1e-2,
            ),
            Measure(
                "the same, ReLU with He's initial weights",
                shrinks["ReLU, He's initial weights"],
                "between 0.1 and 10: neither vanishes nor explodes",
                0.1 < shrinks["ReLU, He's initial weights"] < 10,
            ),
            Measure("clipped norm over its limit, minus 1", clipped, "|·| ≤ 1e-5", abs(clipped) <= 1e-5),
            Measure(
                "batch norm against Keras, largest difference", normal, "≤ 1e-10, float64", normal <= 1e-10
            ),
            Measure(
                "dropout's mean and variance against all 1024 masks",
                dropped,
                "≤ 1e-10, float64",
                dropped <= 1e-10,
            ),
        ),
        (
            Picture("Twenty noisy points: the training error falls on, the held-out error turns.", stop),
            Picture("Gradients at the start: sigmoids lose a factor a layer, the tricks keep it.", depth),
            Picture("Three ways to let the KL in.", betas),
        ),
    )


EXHIBIT = Exhibit(
    name="training",
    title="Tricks of training",
    module="course.training",
    slides=(
        Slide("Damianou", "“Tricks”"),
        Slide("Damianou", "Vanishing and exploding gradients"),
        Slide("Damianou", "Early stopping"),
        Slide("Damianou", "Dropout"),
        Slide("Damianou", "Batch-normalization"),
        Slide("Ivanov", "Gradients problem"),
    ),
    problem_set="ps02_training",
    run=run,
)
