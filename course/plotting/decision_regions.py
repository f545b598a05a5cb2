"""What a classifier of the plane says everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite
from course.validation import positive_int


def plane_grid(points: Any, resolution: int = 60, margin: float = 0.3) -> np.ndarray:
    """A grid over points in the plane, for a classifier to be asked at.

    Args:
        points: shape (n, 2).
        resolution: points along each side, ≥ 2.
        margin: around the points, in their unit, > 0.

    Returns:
        float32, shape (resolution, resolution, 2): rows from the lowest y, columns from the lowest x.

    Raises:
        ArgumentError: ``resolution`` is below 2, or a point is not finite.
        ShapeError: the points do not lie in the plane.

    Example:
        >>> plane_grid([[0.0, 0.0], [1.0, 2.0]], resolution=3, margin=0.5)[1, 2].tolist()
        [1.5, 1.0]
    """
    known = finite(points, "points", 2)
    if known.shape[1] != 2:
        raise ShapeError("points lie in the plane", expected="(n, 2)", received=known.shape)
    if positive_int(resolution, "resolution") < 2:
        raise ArgumentError("a grid has two ends", expected="resolution ≥ 2", received=resolution)
    low, high = known.min(axis=0) - margin, known.max(axis=0) + margin
    x, y = (np.linspace(low[axis], high[axis], resolution) for axis in (0, 1))
    return np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)


def decision_regions(grid: Any, probability: Any, points: Any, labels: Any, axes: Axes) -> Axes:
    """The probability of class 1 as colour, the line at one half, and the points over it.

    Args:
        grid: of :func:`plane_grid`, shape (n, n, 2).
        probability: of class 1 at each, shape (n, n), in [0, 1].
        points: shape (m, 2).
        labels: shape (m,), 0 or 1.
        axes: drawn on.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a probability is outside [0, 1], or an entry is not finite.
        ShapeError: the arrays do not fit.
    """
    places, values = finite(grid, "grid", 3), finite(probability, "probability", 2)
    known, classes = finite(points, "points", 2), np.asarray(labels)
    if places.shape != (*values.shape, 2) or known.shape[1] != 2 or classes.shape != known.shape[:1]:
        raise ShapeError(
            "one probability a place, one label a point",
            expected="grid (n, n, 2), probability (n, n), points (m, 2), labels (m,)",
            received=f"{places.shape}, {values.shape}, {known.shape}, {classes.shape}",
        )
    if values.min() < 0 or values.max() > 1:
        raise ArgumentError(
            "a probability lies in [0, 1]", expected="[0, 1]", received=f"[{values.min()}, {values.max()}]"
        )
    x, y = places[0, :, 0], places[:, 0, 1]
    shown = axes.pcolormesh(x, y, values, cmap="RdBu_r", vmin=0, vmax=1, shading="nearest", alpha=0.6)
    if values.min() < 0.5 < values.max():
        axes.contour(x, y, values, levels=[0.5], colors="black", linewidths=1.2)
    for label, colour, marker in ((0, "#08306b", "o"), (1, "#67000d", "^")):
        own = known[classes == label]
        axes.scatter(own[:, 0], own[:, 1], s=10, color=colour, marker=marker, label=f"class {label}")
    axes.figure.colorbar(shown, ax=axes, label="probability of class 1", shrink=0.8)
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
    axes.set_aspect("equal")
    axes.legend(fontsize="small", loc="upper right")
    return axes
