"""Five digits that a network never saw, learnt from a few examples: heads, fine-tuning, and from scratch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

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
)
from course.transfer.digits_backbone import TARGET_CLASSES

_LAYER = "flatten"
_LOWER = ("conv1", "norm1", "conv2", "norm2")


def _methods(source: keras.Model, seed: int, epochs: int) -> dict[str, Callable[[], Any]]:
    blank = digits_network(len(TARGET_CLASSES), seed + 100)
    return {
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
        "from scratch": lambda: FineTuneRepurposer(blank, "features", epochs=epochs, seed=seed),
    }


def _accuracy(method: Any, data: Digits, shots: int, seed: int) -> float:
    generator = np.random.default_rng(1000 * seed + shots)
    rows = np.concatenate(
        [
            generator.permutation(np.flatnonzero(data.train_labels == k))[:shots]
            for k in range(len(TARGET_CLASSES))
        ]
    )
    method.fit(data.train_images[rows], data.train_labels[rows])
    return float(np.mean(method.predict_label(data.test_images) == data.test_labels))


def run(fast: bool, seed: int) -> Shown:
    """Accuracy on held-out images of the target classes against the number of examples a class."""
    data = digits_subset(TARGET_CLASSES)
    source = digits_backbone(epochs=4 if fast else 15, seed=seed)
    shots = (5, 20) if fast else (5, 20, 100)
    # Means over small samples: what is compared is drawn anew in every repetition, equal for all methods.
    repetitions = 2 if fast else 3
    chosen = ("logistic head", "SVM head") if fast else ()
    results: dict[str, list[list[float]]] = {}
    for repetition in range(repetitions):
        key = 10 * seed + repetition
        for name in chosen or _methods(source, key, 1):
            # An evaluation of the GP's likelihood costs n³: it stands among the figures, not in the picture.
            row = [
                # The same number of gradient steps, near 120 to 470, for few examples and for many.
                _accuracy(_methods(source, key, max(30, 600 // count))[name](), data, count, key)
                for count in ((20,) if name == "GP head" else shots)
            ]
            results.setdefault(name, []).append(row)
    curves = {name: 100 * (1 - np.array(rows)) for name, rows in results.items() if name != "GP head"}
    floor = 0.75 if fast else 0.85
    means = {
        name: float(np.mean([row[0 if name == "GP head" else 1] for row in rows]))
        for name, rows in results.items()
    }
    measures = [
        Measure(
            f"{name}, accuracy with 20 examples a class", mean, f"> {floor} (chance is 0.2)", mean > floor
        )
        for name, mean in means.items()
        if name.endswith("head")
    ]
    return Shown(tuple(measures), (Picture(_CAPTION, _drawn(curves, shots)),))


_CAPTION = "Error on digits 5 to 9 of a network trained on 0 to 4, mean and 95 % interval over draws."


def _drawn(curves: dict[str, np.ndarray], shots: tuple[int, ...]) -> Figure:
    figure = Figure(figsize=(6.5, 4.5), layout="constrained")
    axes = figure.subplots()
    interval_curves(curves, axes, at=shots, xlabel="examples a class", ylabel="held-out error, %", log_x=True)
    return figure


EXHIBIT = Exhibit(
    name="transfer",
    title="Transfer learning",
    module="course.transfer.repurposer",
    slides=(Slide("Damianou", "Deployment: Transfer learning"),),
    problem_set="ps07_vae",
    run=run,
)
