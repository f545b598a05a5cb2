"""A decoder that unpools to the remembered places, beside its twin that does not."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import t

from course.data import shapes
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import SegmentationNet
from course.models.segmentation_net import UPSAMPLINGS
from course.plotting import bound_comparison, segmentation_rows


def _mean_iou(truth: np.ndarray, answer: np.ndarray) -> float:
    metric = keras.metrics.MeanIoU(2)
    metric.update_state(truth, answer)
    return float(metric.result())


def run(fast: bool, seed: int) -> Shown:
    """Parts shapes from the ground with both decoders, over seeds of data and weights."""
    size, seeds = (16, 1) if fast else (24, 5)
    scores: dict[str, list[float]] = {name: [] for name in UPSAMPLINGS}
    answers: dict[str, np.ndarray] = {}
    for place in range(seeds):
        own = 100 * seed + place
        keras.utils.set_random_seed(own)
        train, test = shapes(200, size=size, seed=2 * own), shapes(100, size=size, seed=2 * own + 1)
        truth = np.minimum(test.masks, 1)
        for name in UPSAMPLINGS if not fast else UPSAMPLINGS[:1]:
            model = SegmentationNet([8, 16], 2, upsampling=name, seed=own)
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            model.compile(keras.optimizers.Adam(1e-2), loss, jit_compile=False)
            model.fit(train.images, np.minimum(train.masks, 1), epochs=8, batch_size=20, verbose=0)
            answer = model.predict_on_batch(test.images).argmax(axis=-1)
            scores[name].append(_mean_iou(truth, answer))
            answers[name] = answer
    unpooling = float(np.mean(scores["unpooling"]))
    # All ground is right about every pixel of the ground: the score of knowing nothing.
    nothing = _mean_iou(truth, np.zeros_like(truth))
    measures = [
        Measure(
            "mean intersection over union on new images, unpooling",
            unpooling,
            f"> {nothing:.3f} of calling all ground",
            unpooling > nothing,
        )
    ]
    if not fast:
        lead = np.subtract(scores["unpooling"], scores["nearest"])
        low = float(lead.mean() - t.isf(0.05, seeds - 1) * lead.std(ddof=1) / np.sqrt(seeds))
        measures.append(
            Measure(
                "its lead over the twin without places, lower end of a one-sided 95 % interval",
                low,
                f"> 0 over {seeds} seeds (mean lead {lead.mean():.3f})",
                low > 0,
            )
        )
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    rows = {"truth": truth[:6], **{name: answer[:6] for name, answer in answers.items()}}
    segmentation_rows(test.images[:6, ..., 0], rows, figure.subplots(), classes=("ground", "shape"))
    pictures = [Picture("New images, the true mask and the decoders' answers.", figure)]
    if not fast:
        spread = Figure(figsize=(6, 2.6), layout="constrained")
        percent = {name: 100 * np.array(values) for name, values in scores.items()}
        bound_comparison(percent, spread.subplots(), xlabel="mean intersection over union, %")
        pictures.append(Picture("One dot a seed: both decoders, equal weights at the start.", spread))
    return Shown(tuple(measures), tuple(pictures))


EXHIBIT = Exhibit(
    name="segmentation",
    title="Segmentation with unpooling",
    module="course.models.segmentation_net",
    slides=(
        Slide("Ivanov", "Unpooling"),
        Slide("Ivanov", "Inside decoder for segmentation"),
    ),
    problem_set="ps03_images",
    run=run,
)
