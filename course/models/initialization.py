"""Initialisers with seeds of their own, from one seed of a model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def layer_seeds(seed: int | None, count: int) -> list[int | None]:
    """One seed a layer: with one for all, layers of one shape would start alike.

    Args:
        seed: of the model; None leaves each layer to draw its own.
        count: layers.

    Example:
        >>> layer_seeds(None, 2)
        [None, None]
        >>> len(set(layer_seeds(1, 3)))
        3
    """
    if seed is None:
        return [None] * count
    # 31 bits: Keras keeps seeds in signed integers.
    return [int(state >> 1) for state in np.random.SeedSequence(seed).generate_state(count)]


def seeded(initializer: str, seed: int | None) -> Any:
    """A new initialiser of Keras.

    Args:
        initializer: its name, for example ``"glorot_uniform"``.
        seed: None lets Keras draw one.

    Raises:
        ValueError: Keras knows no initialiser of that name.

    Example:
        >>> seeded("he_normal", 3).seed
        3
    """
    made = keras.initializers.get(initializer)
    config = made.get_config()
    if "seed" in config:
        made = type(made).from_config({**config, "seed": seed})
    return made
