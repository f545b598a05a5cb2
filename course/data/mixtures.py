"""Gaussian mixtures in the plane, whose modes a generator may cover or miss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp

from course.errors import ArgumentError, ShapeError
from course.validation import positive_float, positive_int


@dataclass(frozen=True)
class Coverage:
    """How samples fall on the modes of a mixture.

    Args:
        counts: good samples of each mode, shape (modes,).
        good: share of samples within the radius of a mode.
    """

    counts: np.ndarray
    good: float

    @property
    def modes(self) -> int:
        """Modes that have at least one good sample."""
        return int(np.sum(self.counts > 0))


@dataclass(frozen=True)
class PlaneMixture:
    """Equally probable round Gaussians in the plane.

    ::

        p(x) = 1/K Σ_k N(x; c_k, std²·I)

    Args:
        centres: shape (K, 2).
        std: of each, > 0.

    Raises:
        ArgumentError: ``std`` is not positive.
        ShapeError: the centres are not points of the plane.

    Example:
        >>> mixture = ring_mixture(8)
        >>> points = mixture.sample(5000, np.random.default_rng(0))
        >>> points.shape, mixture.coverage(points).modes
        ((5000, 2), 8)

    Source:
        Metz et al. 2017, "Unrolled Generative Adversarial Networks", section 3.1; Srivastava et al. 2017,
        "VEEGAN", section 4.1, for the count. Generated: no licence.
    """

    centres: np.ndarray
    std: float

    def __post_init__(self) -> None:
        centres = np.asarray(self.centres, np.float64)
        if centres.ndim != 2 or centres.shape[1] != 2 or not len(centres):
            raise ShapeError("centres are points of the plane", expected="(K, 2)", received=centres.shape)
        object.__setattr__(self, "centres", centres)
        object.__setattr__(self, "std", positive_float(self.std, "std"))

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Independent points.

        Args:
            count: ≥ 1.
            rng: the randomness.

        Returns:
            Shape (count, 2), float32.
        """
        chosen = rng.integers(len(self.centres), size=positive_int(count, "count"))
        return (self.centres[chosen] + self.std * rng.normal(size=(count, 2))).astype(np.float32)

    def log_prob(self, points: Any) -> np.ndarray:
        """Log density, nats, float64.

        Args:
            points: shape (n, 2).

        Returns:
            Shape (n,).
        """
        squares = self._distances(points) ** 2 / self.std**2
        constant = math.log(2.0 * math.pi * self.std**2 * len(self.centres))
        return logsumexp(-0.5 * squares, axis=1) - constant

    def coverage(self, points: Any, radius: float = 3.0) -> Coverage:
        """Samples within ``radius`` standard deviations of their nearest mode are good.

        Of points of the mixture itself the share 1 − exp(−radius²/2) is good, 0.989 at 3, as long as the
        modes are apart.

        Args:
            points: shape (n, 2).
            radius: in standard deviations, > 0.
        """
        distances = self._distances(points)
        nearest = distances.argmin(axis=1)
        good = distances.min(axis=1) <= positive_float(radius, "radius") * self.std
        return Coverage(np.bincount(nearest[good], minlength=len(self.centres)), float(good.mean()))

    def _distances(self, points: Any) -> np.ndarray:
        points = np.asarray(points, np.float64)
        if points.ndim != 2 or points.shape[1] != 2 or not len(points):
            raise ShapeError("points lie in the plane", expected="(n, 2)", received=points.shape)
        return np.linalg.norm(points[:, None] - self.centres, axis=2)


def ring_mixture(modes: int = 8, *, radius: float = 2.0, std: float = 0.1) -> PlaneMixture:
    """Modes at equal distances on a circle.

    Args:
        modes: K ≥ 1.
        radius: of the circle, > 0.
        std: of a mode, > 0.

    Example:
        >>> ring_mixture(4).centres.round(12).tolist()
        [[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0], [-0.0, -2.0]]
    """
    angles = 2.0 * np.pi * np.arange(positive_int(modes, "modes")) / modes
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return PlaneMixture(positive_float(radius, "radius") * circle, std)


def grid_mixture(side: int = 5, *, spacing: float = 2.0, std: float = 0.1) -> PlaneMixture:
    """Modes on a square lattice about the origin.

    Args:
        side: modes a row; K = side².
        spacing: between neighbours, > 6·std, so that modes are apart.
        std: of a mode, > 0.

    Raises:
        ArgumentError: the modes overlap, or a size is not positive.

    Example:
        >>> grid_mixture(2).centres.tolist()
        [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    if positive_float(spacing, "spacing") <= 6 * positive_float(std, "std"):
        raise ArgumentError(
            "modes of the grid are apart", expected=f"spacing > {6 * std:g}", received=f"spacing={spacing!r}"
        )
    line = spacing * (np.arange(positive_int(side, "side")) - (side - 1) / 2)
    return PlaneMixture(np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2), std)
