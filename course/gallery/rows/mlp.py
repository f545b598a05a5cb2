"""A network of dense layers beside linear classifiers, on moons and digits."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

from course.data import digits, moons
from course.gallery.baselines import nearest_mean_accuracy
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import MLP
from course.plotting import decision_regions, loss_curves, plane_grid


def run(fast: bool, seed: int) -> Shown:
    """Trains on both and compares with what scikit-learn's linear classifiers reach."""
    keras.utils.set_random_seed(seed)
    plane = moons(200, 1000, std=0.15, seed=seed)
    line = LogisticRegression().fit(plane.train_points, plane.train_labels)
    linear = float(line.score(plane.test_points, plane.test_labels))
    bent = MLP([32, 32], 1, seed=seed)
    bent.compile(
        keras.optimizers.Adam(1e-2), keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False
    )
    targets = plane.train_labels[:, None].astype("float32")
    bent.fit(plane.train_points, targets, epochs=15 if fast else 60, batch_size=20, verbose=0)
    says = bent.predict_on_batch(plane.test_points)[:, 0] > 0
    accuracy = float(np.mean(says == plane.test_labels))

    data = digits()
    nearest = nearest_mean_accuracy(data)
    model = MLP([64, 64], 10, seed=seed)
    model.compile(
        keras.optimizers.Adam(3e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    history = model.fit(
        data.train_images,
        data.train_labels,
        validation_data=(data.test_images, data.test_labels),
        epochs=4 if fast else 30,
        batch_size=64,
        verbose=0,
    ).history
    read = history["val_accuracy"][-1]

    figure, curves = Figure(figsize=(5.5, 4), layout="constrained"), Figure((5, 3.2), layout="constrained")
    grid = plane_grid(plane.train_points)
    logits = np.float64(bent.predict_on_batch(grid.reshape(-1, 2)))
    probability = 1 / (1 + np.exp(-logits.reshape(grid.shape[:2])))
    decision_regions(grid, probability, plane.train_points, plane.train_labels, figure.subplots())
    lines = {"training": history["loss"], "held out": history["val_loss"]}
    loss_curves(lines, curves.subplots(), ylabel="nats a digit")
    return Shown(
        (
            Measure(
                "held-out accuracy on two moons",
                accuracy,
                f"> {linear:.3f}, logistic regression",
                accuracy > linear,
            ),
            Measure(
                "held-out accuracy on digits",
                read,
                f"> {nearest:.3f}, the nearest class mean",
                read > nearest,
            ),
        ),
        (
            Picture("Two hidden layers bend the line between the moons.", figure),
            Picture("Digits: the training loss keeps falling; the held-out loss levels off.", curves),
        ),
    )


EXHIBIT = Exhibit(
    name="mlp",
    title="Network of dense layers",
    module="course.models.mlp",
    slides=(
        Slide("Damianou", "Deep neural networks: hierarchical function definitions"),
        Slide("Ivanov", "Building neural nets"),
    ),
    problem_set="ps01_backprop",
    run=run,
)
