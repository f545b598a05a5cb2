"""A small convolutional network that knows half of the digits."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from course.data import digits_subset
from course.transfer.rolled import rolled
from course.validation import positive_int

SOURCE_CLASSES = (0, 1, 2, 3, 4)
TARGET_CLASSES = (5, 6, 7, 8, 9)


def digits_network(classes: int, seed: int = 0) -> keras.Model:
    """Two convolutions with batch-norm, a dense layer ``"features"`` and a softmax, untrained.

    Args:
        classes: size of the softmax, ≥ 1.
        seed: the initial weights'.

    Returns:
        A functional model from images, shape (batch, 8, 8), in [0, 1], to probabilities, (batch, classes).

    Raises:
        ArgumentError: ``classes`` is not positive.

    Example:
        >>> digits_network(5).get_layer("features").output.shape
        (None, 48)
    """
    count = positive_int(classes, "classes")
    start = [keras.initializers.GlorotUniform(seed=1000 * seed + place) for place in range(4)]
    inputs = keras.Input((8, 8))
    x = keras.layers.Reshape((8, 8, 1), name="channel")(inputs)
    for place, filters in enumerate((16, 32)):
        x = keras.layers.Conv2D(
            filters, 3, padding="same", kernel_initializer=start[place], name=f"conv{place + 1}"
        )(x)
        x = keras.layers.BatchNormalization(momentum=0.9, name=f"norm{place + 1}")(x)
        x = keras.layers.Activation("relu", name=f"relu{place + 1}")(x)
        x = keras.layers.MaxPooling2D(name=f"pool{place + 1}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(48, activation="relu", kernel_initializer=start[2], name="features")(x)
    outputs = keras.layers.Dense(count, activation="softmax", kernel_initializer=start[3], name="classes")(x)
    return keras.Model(inputs, outputs, name="digits_network")


def digits_backbone(
    classes: Sequence[int] = SOURCE_CLASSES, *, epochs: int = 15, shift: int = 0, seed: int = 0
) -> keras.Model:
    """:func:`digits_network`, trained on some classes of the digits: a few seconds on one core.

    Args:
        classes: digits to learn; the others are left to transfer to.
        epochs: passes over the training images, ≥ 1.
        shift: pixels by which :func:`rolled` moves them at most, anew in every pass, ≥ 0.
        seed: weights', batches' and shifts'.

    Returns:
        The trained model.

    Raises:
        ArgumentError: as for :func:`digits_subset`, ``epochs`` is not positive, or ``shift`` is negative.

    Source:
        Damianou, "Deployment: Transfer learning".
    """
    passes = positive_int(epochs, "epochs")
    data = digits_subset(classes)
    keras.utils.set_random_seed(seed)
    model = digits_network(len(tuple(classes)), seed)
    # XLA compiles for longer than these few hundred steps take.
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", jit_compile=False)
    # Every pass in its own order and with its own shifts, joined to one epoch.
    generator = np.random.default_rng(seed)
    orders = np.concatenate([generator.permutation(len(data.train_images)) for _ in range(passes)])
    images = rolled(data.train_images[orders], shift, generator)
    model.fit(images, data.train_labels[orders], batch_size=32, shuffle=False, verbose=0)
    return model
