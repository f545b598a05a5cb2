"""What a convolutional network is invariant to: by its architecture, and by the data it saw."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from course.data import augmented, digits, on_canvas, scaled, shifted
from course.gallery.baselines import nearest_mean_accuracy
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import ConvNet
from course.plotting import image_grid, shift_map

CANVAS, SHIFT, SCALE = 12, 2, (0.7, 1.3)


def _trained(
    images: np.ndarray, labels: np.ndarray, epochs: int, seed: int, head: str = "flatten"
) -> ConvNet:
    model = ConvNet([16, 32], 10, head=head, seed=seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss, jit_compile=False)
    model.fit(images[..., None], labels, epochs=epochs, batch_size=64, verbose=0)
    return model


def _accuracy(model: ConvNet, images: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(model.predict_on_batch(images[..., None]).argmax(axis=-1) == labels))


def _equivariance(seed: int) -> float:
    """Largest difference between shifted features and features of the shifted, in whole numbers."""
    rng = np.random.default_rng(seed)
    model = ConvNet([4, 4], 2, padding="circular", pooling="none", head="max")
    images = rng.integers(0, 5, size=(4, CANVAS, CANVAS, 1)).astype("float32")
    model(images)
    model.set_weights([rng.integers(-2, 3, size=w.shape) for w in model.get_weights()])
    moved = model.features(np.roll(images, (3, -5), axis=(1, 2)))[-1]
    return float(np.abs(np.roll(model.features(images)[-1], (3, -5), axis=(1, 2)) - moved).max())


def run(fast: bool, seed: int) -> Shown:
    """Trains with and without copies, with and without a head that forgets where, and moves the digits."""
    keras.utils.set_random_seed(seed)
    data = digits()
    train, test = on_canvas(data.train_images, CANVAS), on_canvas(data.test_images, CANVAS)
    many, labels = augmented(train, data.train_labels, 3, shift=SHIFT, scale=SCALE, seed=seed)
    epochs = 4 if fast else 16
    models = {
        "flatten": _trained(train, data.train_labels, epochs, seed),
        "flatten, enlarged data": _trained(many, labels, 1 if fast else epochs // 2, seed),
    }
    if not fast:
        models["max over places"] = _trained(train, data.train_labels, epochs, seed, head="max")
    shifts = range(-SHIFT, SHIFT + 1)
    maps = {
        name: np.array(
            [[_accuracy(m, shifted(test, dy, dx), data.test_labels) for dx in shifts] for dy in shifts]
        )
        for name, m in models.items()
    }
    moved = {name: float(np.delete(values.ravel(), values.size // 2).mean()) for name, values in maps.items()}
    resized = {
        name: float(np.mean([_accuracy(m, scaled(test, s), data.test_labels) for s in SCALE]))
        for name, m in models.items()
    }
    # Both accuracies from the same 360 digits: each has a std of at most √(¼/360).
    margin = 3 * np.sqrt(2 * 0.25 / len(test))
    plain, enlarged = "flatten", "flatten, enlarged data"
    still = float(maps[plain][SHIFT, SHIFT])
    equivariance, nearest = _equivariance(seed), nearest_mean_accuracy(data)
    moves = {"shifted": moved} if fast else {"shifted": moved, "scaled": resized}
    measures = [
        Measure(
            "features of shifted images against shifted features, on a torus, largest difference",
            equivariance,
            "exact: 0",
            equivariance == 0.0,
        ),
        Measure(
            "held-out accuracy, digits in their place",
            still,
            f"> {nearest:.3f}, the nearest class mean",
            still > nearest,
        ),
        *(
            Measure(
                f"held-out accuracy on {what} digits, enlarged data",
                figures[enlarged],
                f"> {figures[plain]:.3f} without copies, by 3 standard errors",
                figures[enlarged] > figures[plain] + margin,
            )
            for what, figures in moves.items()
        ),
    ]
    if not fast:
        measures.append(
            Measure(
                "held-out accuracy on shifted digits, head that forgets where, no copies",
                moved["max over places"],
                f"> {moved[plain]:.3f} of the head that remembers, by 3 standard errors",
                moved["max over places"] > moved[plain] + margin,
            )
        )
    heat = Figure(figsize=(3.4 * len(maps), 3.6), layout="constrained")
    for (name, values), axes in zip(maps.items(), heat.subplots(1, len(maps)), strict=True):
        shift_map(values, axes, title=name)
    copies = Figure(figsize=(6, 3.2), layout="constrained")
    rows = np.concatenate([many[i * len(train) : i * len(train) + 8] for i in range(4)])
    image_grid(rows, copies.subplots(), columns=8, row_labels=["digit", *["copy"] * 3])
    return Shown(
        tuple(measures),
        (
            Picture(
                "Held-out accuracy in percent on digits moved by so many pixels. Windows of 2 by 2 make "
                "a head without places feel odd shifts more than even ones.",
                heat,
            ),
            Picture("Digits on their canvas, and the moved and scaled copies that enlarge the data.", copies),
        ),
    )


EXHIBIT = Exhibit(
    name="convnet",
    title="Convolutional network",
    module="course.models.convnet",
    slides=(
        Slide("Ivanov", "Pooling invariants"),
        Slide("Ivanov", "Translation invariance"),
        Slide("Ivanov", "Size invariance"),
        Slide("Ivanov", "Convolutional neural network (CNN)"),
        Slide("Ivanov", "Augmentation"),
        Slide("Damianou", "Convolutional NN"),
    ),
    problem_set="ps03_images",
    run=run,
)
