"""A GAN of dense layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from course.models.gan import GAN
from course.validation import positive_int


def dense_gan(
    event_shape: Sequence[int],
    latent_size: int,
    hidden: Sequence[int] = (64, 64),
    activation: str = "relu",
    **kwargs: Any,
) -> GAN:
    """A GAN whose networks are dense, with the same hidden widths; the generator's output is linear.

    Args:
        event_shape: of one example.
        latent_size: d ≥ 1.
        hidden: widths of the hidden layers; none makes both networks linear.
        activation: of the hidden layers.
        kwargs: as for :class:`GAN`.

    Raises:
        ArgumentError: a size is not a positive integer.

    Example:
        >>> dense_gan((2,), 4).generate([[0.0] * 4]).shape
        TensorShape([1, 2])
    """
    event = tuple(positive_int(extent, "event_shape") for extent in event_shape)
    widths = [positive_int(width, "hidden") for width in hidden]
    latent = positive_int(latent_size, "latent_size")
    dense = keras.layers.Dense
    generator = keras.Sequential(
        [
            keras.Input((latent,)),
            *(dense(width, activation) for width in widths),
            dense(math.prod(event)),
            keras.layers.Reshape(event),
        ],
        name="generator",
    )
    discriminator = keras.Sequential(
        [
            keras.Input(event),
            keras.layers.Flatten(),
            *(dense(width, activation) for width in widths),
            dense(1),
        ],
        name="discriminator",
    )
    model = GAN(generator, discriminator, latent_size=latent, **kwargs)
    model.build((None, *event))
    return model
