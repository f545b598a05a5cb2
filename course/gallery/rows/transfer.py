"""Five digits that a network never saw, learnt from a few examples: heads, fine-tuning, and from scratch.

All images are moved by up to two pixels, as a camera would: where digits sit in the middle, a linear
classifier of the raw pixels does as well as any transferred feature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import ttest_1samp

from course.data import Digits, digits_subset
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.plotting import interval_curves
from course.transfer import (
    BayesianRepurposer,
    FineTuneRepurposer,
    GaussianProcessRepurposer,
    LogisticRepurposer,
    NeuralRepurposer,
    RandomFreezeRepurposer,
    SvmRepurposer,
    digits_backbone,
    digits_network,
    rolled,
)
from course.transfer.digits_backbone import TARGET_CLASSES

_LAYER = "flatten"
_SHIFT = 2
_ONCE = ("GP head", "random, frozen")
_FAST = ("pixels", "logistic head", "SVM head")
_PAIR = ("pixels", "logistic head", "from scratch")
_LOWER = ("conv1", "norm1", "conv2", "norm2")


def _methods(source: keras.Model, seed: int, epochs: int) -> dict[str, Callable[[], Any]]:
    return {
        "pixels": lambda: LogisticRepurposer(source, "channel"),
        "logistic head": lambda: LogisticRepurposer(source, _LAYER),
        "SVM head": lambda: SvmRepurposer(source, _LAYER, seed=seed),
        "GP head": lambda: GaussianProcessRepurposer(source, _LAYER, seed=seed),
        "neural head": lambda: NeuralRepurposer(source, _LAYER, epochs=epochs, seed=seed),
        "Bayesian head": lambda: BayesianRepurposer(source, _LAYER, epochs=epochs, seed=seed),
        "fine-tuning": lambda: FineTuneRepurposer(
            source, _LAYER, frozen=_LOWER[:2], epochs=epochs, seed=seed
        ),
        "random, frozen": lambda: RandomFreezeRepurposer(
            source, _LAYER, randomised=_LOWER, frozen=_LOWER, epochs=epochs, seed=seed
        ),
        "from scratch": lambda: FineTuneRepurposer(
            digits_network(len(TARGET_CLASSES), seed + 100), "features", epochs=epochs, seed=seed
        ),
    }


def _accuracy(method: Any, data: Digits, shots: int, seed: int) -> float:
    """Per cent right on the test images, moved two ways, after so many examples a class."""
    draws = np.random.default_rng(1000 * seed + shots)
    rows = np.concatenate(
        [
            draws.permutation(np.flatnonzero(data.train_labels == k))[:shots]
            for k in range(len(TARGET_CLASSES))
        ]
    )
    method.fit(rolled(data.train_images[rows], _SHIFT, draws), data.train_labels[rows])
    fixed = np.random.default_rng(0)
    tests = np.concatenate([rolled(data.test_images, _SHIFT, fixed) for _ in range(2)])
    return 100 * float(np.mean(method.predict_label(tests) == np.tile(data.test_labels, 2)))


def _low(gains: np.ndarray) -> float:
    """Lower end of Student's 95 % interval of the mean."""
    return float(ttest_1samp(gains, 0.0).confidence_interval(0.95).low)


def run(fast: bool, seed: int) -> Shown:
    """Accuracy on held-out images of the target classes against the number of examples a class."""
    data = digits_subset(TARGET_CLASSES)
    source = digits_backbone(epochs=4 if fast else 18, shift=_SHIFT, seed=seed)
    shots = (5, 20) if fast else (5, 20, 100)
    names = _FAST if fast else tuple(_methods(source, seed, 1))
    accuracy: dict[str, np.ndarray] = {}
    for name in names:
        # Five processes on 500 examples take five seconds, and features at random are slow to train on.
        draws = 1 if name in _ONCE else 3 if name in _PAIR and not fast else 2
        rows = []
        # Draw r is of the same examples for every method, so that their differences are paired.
        for key in range(10 * seed, 10 * seed + draws):
            # About 100 to 300 gradient steps, for few examples and for many.
            made = [_methods(source, key, max(20, 600 // count))[name]() for count in shots]
            rows.append(
                [_accuracy(method, data, count, key) for method, count in zip(made, shots, strict=True)]
            )
        accuracy[name] = np.array(rows)
    measures = []
    for name, found in accuracy.items():
        if name.endswith("head"):
            gain = float(np.mean(found[:, 1] - accuracy["pixels"][: len(found), 1]))
            measures.append(
                Measure(
                    f"{name}, 20 examples a class: accuracy over that of a logistic head on the pixels",
                    gain,
                    f"> 0 (the head itself: {found[:, 1].mean():.0f} %, chance: 20 %)",
                    gain > 0,
                    "points",
                )
            )
    if not fast:
        gain = accuracy["logistic head"] - accuracy["from scratch"]
        few = _low(gain[:, :2].ravel())
        measures += [
            Measure(
                "5 and 20 examples: logistic head over from scratch, lower end of the 95 % interval",
                few,
                f"> 0: transfer wins (mean {gain[:, :2].mean():.1f})",
                few > 0,
                "points",
            ),
        ]
    return Shown(tuple(measures), (Picture(_CAPTION, _drawn(accuracy, shots)),))


_CAPTION = (
    "Digits 5 to 9, moved by up to two pixels: error of what a network of digits 0 to 4 lends, and of a "
    "network of its own, mean and 95 % interval over draws of the examples (black: one draw)."
)


def _drawn(accuracy: dict[str, np.ndarray], shots: tuple[int, ...]) -> Figure:
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axes = figure.subplots()
    curves = {name: 100 - rows for name, rows in accuracy.items() if name not in _ONCE}
    interval_curves(curves, axes, at=shots, xlabel="examples a class", ylabel="held-out error, %", log_x=True)
    for name, style in zip(_ONCE, ("k.--", "k.:"), strict=True):
        if name in accuracy:
            axes.plot(shots, 100 - accuracy[name].mean(axis=0), style, label=name)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


EXHIBIT = Exhibit(
    name="transfer",
    title="Transfer learning",
    module="course.transfer.repurposer",
    slides=(Slide("Damianou", "Deployment: Transfer learning"),),
    problem_set="ps10_transfer",
    run=run,
)
