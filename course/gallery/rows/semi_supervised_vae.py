"""Digits with five labels a class: a VAE that sums missing labels out, beside its classifier alone."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from course.data import Digits, digits
from course.gallery.baselines import independent_pixels_log_prob
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import SemiSupervisedVAE, dense_semi_supervised_vae
from course.models.semi_supervised_vae import UNLABELLED
from course.plotting import bound_comparison, image_grid

CLASSES, LATENT = 10, 10
ALPHA = 100.0
"""Best of 3 (the paper's 0.1·N/N_labelled), 30, 100 and 300 on 360 training digits held back: accuracy 0.70,
0.82, 0.83 and 0.82 over labels of the seeds 9000 and 9001, which :func:`run` does not draw."""


def _few_labels(labels: np.ndarray, seed: int) -> np.ndarray:
    """Five labels of each class, −1 elsewhere."""
    rng, few = np.random.default_rng(seed), np.full(labels.shape, UNLABELLED)
    for digit in range(CLASSES):
        few[rng.choice(np.flatnonzero(labels == digit), 5, replace=False)] = digit
    return few


def _accuracy(model: keras.Model, data: Digits) -> float:
    return float(np.mean(np.argmax(model(data.test_images), axis=1) == data.test_labels))


def _twins(data: Digits, seed: int, fast: bool) -> tuple[float, float, SemiSupervisedVAE]:
    """Held-out accuracy of the classifier alone and in M2, from the same start on the same 50 labels."""
    labels = _few_labels(data.train_labels, seed)
    keras.utils.set_random_seed(seed)
    model = dense_semi_supervised_vae((8, 8), LATENT, CLASSES, alpha=ALPHA, seed=seed)
    alone = keras.models.clone_model(model.classifier)
    alone.set_weights(model.classifier.get_weights())
    alone.compile(
        keras.optimizers.Adam(3e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    known = labels >= 0
    alone.fit(data.train_images[known], labels[known], epochs=25 if fast else 60, batch_size=50, verbose=0)
    model.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
    model.fit(data.train_images, labels, epochs=9 if fast else 50, batch_size=100, verbose=0)
    return _accuracy(alone, data), _accuracy(model, data), model


def run(fast: bool, seed: int) -> Shown:
    """Trains both on four choices of 50 labels (one in fast mode) and compares them pair by pair."""
    data = digits("binary")
    runs = [_twins(data, 5000 + 10 * seed + index, fast) for index in range(1 if fast else 4)]
    alone, together = (np.array([run[i] for run in runs]) for i in (0, 1))
    gains = together - alone
    # Student's interval of the mean of pairs: labels, start and test images are the same in each.
    low = 0.0 if fast else float(stats.ttest_1samp(gains, 0.0).confidence_interval(0.95).low)
    measures = [
        Measure("accuracy with 50 labels, M2", float(together.mean()), "≥ 0.6", together.mean() >= 0.6)
    ]
    if fast:
        measures.append(
            Measure("accuracy of the classifier alone", float(alone.mean()), "≥ 0.6", alone[0] >= 0.6)
        )
    else:
        measures.append(
            Measure(
                "gain over the classifier alone, lower end of the 95 % interval",
                low,
                f"> 0; mean gain {gains.mean():.3f} over {len(gains)} choices of labels",
                low > 0,
            )
        )
    model = runs[0][2]
    bound = float(np.mean(model.terms(data.test_images).unlabelled))
    independent = independent_pixels_log_prob(data)
    measures.append(
        Measure(
            "held-out bound on log p(x)",
            bound,
            f"> {independent:.2f} nats of independent pixels",
            bound > independent,
            "nats an image",
        )
    )
    comparison = Figure(figsize=(5, 2.6), layout="constrained")
    bound_comparison(
        {"classifier alone": alone, "M2": together},
        comparison.subplots(),
        xlabel="held-out accuracy with 50 labels",
    )
    return Shown(
        tuple(measures),
        (
            Picture("Accuracy with the same 50 labels; a dot for each choice of labels.", comparison),
            Picture(
                "One style z a row, the ten labels in turn: the better y is learnt, the "
                "more a column is one digit.",
                _styles(model),
            ),
        ),
    )


def _styles(model: SemiSupervisedVAE) -> Figure:
    z = np.repeat(np.random.default_rng(0).normal(size=(5, LATENT)), CLASSES, axis=0)
    images = np.asarray(model.generate(z, np.tile(np.arange(CLASSES), 5)))
    figure = Figure(figsize=(5, 2.8), layout="constrained")
    axes = figure.subplots()
    image_grid(images, axes, columns=CLASSES, row_labels=[f"style {row + 1}" for row in range(5)])
    axes.set_xticks([9 * digit + 3.5 for digit in range(CLASSES)], [str(digit) for digit in range(CLASSES)])
    axes.set_xlabel("label y")
    return figure


EXHIBIT = Exhibit(
    name="semi_supervised_vae",
    title="Semi-supervised VAE (M2)",
    module="course.models.semi_supervised_vae",
    slides=(Slide("Aziz", "Summary"), Slide("Aziz", "VAEs – Summary")),
    problem_set="ps07_vae",
    run=run,
)
