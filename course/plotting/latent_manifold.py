"""What a decoder makes of a plane of latents."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.special import ndtri

from course.errors import ShapeError
from course.plotting.arrays import finite
from course.validation import positive_int


def manifold_grid(side: int) -> np.ndarray:
    """Points of the plane that each stand for an equal share of a standard normal prior.

    ::

        z_ij = (Φ⁻¹((j + ½)/side), −Φ⁻¹((i + ½)/side))

    Args:
        side: points along either axis, ≥ 1.

    Returns:
        Shape (side², 2), float64: rows of the picture from the top, each from the left.

    Raises:
        ArgumentError: ``side`` is not a positive integer.

    Example:
        >>> manifold_grid(2).round(2).tolist()
        [[-0.67, 0.67], [0.67, 0.67], [-0.67, -0.67], [0.67, -0.67]]

    Source:
        Kingma & Welling 2014, Figure 4 (inverse normal CDF of a linear grid).
    """
    along = ndtri((np.arange(positive_int(side, "side")) + 0.5) / side)
    across, up = np.meshgrid(along, -along)
    return np.stack([across.ravel(), up.ravel()], axis=1)


def latent_manifold(images: Any, axes: Axes) -> Axes:
    """The images that a decoder gives for :func:`manifold_grid`, edge to edge.

    Args:
        images: shape (side², height, width), values in [0, 1], in the order of the grid's rows.
        axes: drawn on; its ticks are latents.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a pixel is not finite.
        ShapeError: not a stack of side² images.
    """
    stack = finite(images, "images", 3)
    count, height, width = stack.shape
    side = round(count**0.5)
    if side * side != count:
        raise ShapeError("a manifold is a square of images", expected="side² images", received=count)
    canvas = stack.reshape(side, side, height, width).swapaxes(1, 2).reshape(side * height, side * width)
    axes.imshow(canvas, cmap="gray_r", vmin=0.0, vmax=1.0, interpolation="nearest")
    along = manifold_grid(side)[:side, 0]
    shown = np.unique(np.linspace(0, side - 1, min(side, 5)).round().astype(int))
    axes.set_xticks(shown * width + (width - 1) / 2, [f"{along[i]:.1f}" for i in shown])
    axes.set_yticks(shown * height + (height - 1) / 2, [f"{0.0 - along[i]:.1f}" for i in shown])
    axes.set(xlabel="$z_1$", ylabel="$z_2$")
    return axes
