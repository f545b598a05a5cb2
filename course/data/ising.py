"""Small binary images whose law is known: the Ising model, by enumeration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course.errors import ArgumentError
from course.validation import finite_float, positive_int


class BinaryLaw(NamedTuple):
    """Every binary image of a size, with its probability.

    Args:
        images: shape (2^pixels, height, width), float32, 0 or 1.
        probabilities: shape (2^pixels,), float64, sum 1.
    """

    images: np.ndarray
    probabilities: np.ndarray

    def entropy(self) -> float:
        """Of an image, nats."""
        return float(-np.sum(self.probabilities * np.log(self.probabilities)))

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Independent images.

        Args:
            count: ≥ 1.
            rng: the randomness.

        Returns:
            Shape (count, height, width), float32.
        """
        places = rng.choice(len(self.images), positive_int(count, "count"), p=self.probabilities)
        return self.images[places]


def ising(height: int = 3, width: int = 3, *, coupling: float = 0.6, field: float = 0.0) -> BinaryLaw:
    """The Ising model without wrap-around: neighbours that like to be equal.

    ::

        p(x) ∝ exp(J·Σ_{neighbours i, j} s_i s_j + h·Σ_i s_i),   s = 2x − 1

    Args:
        height: of the images, ≥ 1.
        width: of the images, ≥ 1.
        coupling: J; negative makes neighbours differ.
        field: h; positive makes pixels dark.

    Returns:
        All 2^(height·width) images with their probabilities.

    Raises:
        ArgumentError: an argument is outside its range, or there are more than 16 pixels to enumerate.

    Example:
        >>> law = ising(3, 3)
        >>> law.images.shape, round(float(law.probabilities.sum()), 12)
        ((512, 3, 3), 1.0)

    Source:
        Ising 1925. Generated: no licence.
    """
    pixels = positive_int(height, "height") * positive_int(width, "width")
    if pixels > 16:
        raise ArgumentError(
            "every image is enumerated", expected="height·width ≤ 16", received=f"{pixels} pixels"
        )
    bits = (np.arange(2**pixels)[:, None] >> np.arange(pixels)) & 1
    images = bits.reshape(-1, height, width)
    spins = 2.0 * images - 1.0
    pairs = np.sum(spins[:, 1:] * spins[:, :-1], axis=(1, 2)) + np.sum(
        spins[:, :, 1:] * spins[:, :, :-1], axis=(1, 2)
    )
    energy = finite_float(coupling, "coupling") * pairs
    energy += finite_float(field, "field") * spins.sum(axis=(1, 2))
    weights = np.exp(energy - energy.max())
    return BinaryLaw(images.astype(np.float32), weights / weights.sum())
