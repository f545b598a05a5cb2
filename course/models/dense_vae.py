"""A variational autoencoder of dense layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from course.models.vae import VAE
from course.validation import positive_int


def dense_vae(
    event_shape: Sequence[int],
    latent_size: int,
    hidden: Sequence[int] = (128,),
    activation: str = "tanh",
    **kwargs: Any,
) -> VAE:
    """A VAE whose networks are dense, the decoder's in the encoder's reverse order.

    Args:
        event_shape: of one image.
        latent_size: d ≥ 1.
        hidden: widths of the encoder's hidden layers; none makes both networks linear.
        activation: of the hidden layers.
        kwargs: as for :class:`VAE`.

    Raises:
        ArgumentError: a size is not a positive integer.

    Example:
        >>> dense_vae((8, 8), 2).generate([[0.0, 1.0]]).shape
        TensorShape([1, 8, 8])

    Source:
        Kingma & Welling 2014, Appendix C (tanh networks).
    """
    event = tuple(positive_int(extent, "event_shape") for extent in event_shape)
    widths = [positive_int(width, "hidden") for width in hidden]
    latent = positive_int(latent_size, "latent_size")
    dense = keras.layers.Dense
    encoder = keras.Sequential(
        [
            keras.Input(event),
            keras.layers.Flatten(),
            *(dense(width, activation) for width in widths),
            dense(2 * latent),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((latent,)),
            *(dense(width, activation) for width in reversed(widths)),
            dense(math.prod(event)),
            keras.layers.Reshape(event),
        ],
        name="decoder",
    )
    model = VAE(encoder, decoder, latent_size=latent, **kwargs)
    model.build((None, *event))
    return model
