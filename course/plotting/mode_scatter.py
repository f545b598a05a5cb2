"""Samples of a generator over the modes of a mixture."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from course.errors import ShapeError
from course.plotting.arrays import finite
from course.validation import positive_float


def mode_scatter(samples: Any, centres: Any, radius: float, axes: Axes, *, title: str = "") -> Axes:
    """Samples as points, modes as circles within which a sample counts as good.

    Args:
        samples: shape (n, 2).
        centres: of the modes, shape (K, 2).
        radius: of the circles, > 0.
        axes: drawn on; equal scales.
        title: above the picture.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a coordinate is not finite, or the radius is not positive.
        ShapeError: these are not points of the plane.
    """
    points, modes = finite(samples, "samples", 2), finite(centres, "centres", 2)
    for name, array in (("samples", points), ("centres", modes)):
        if array.shape[1] != 2:
            raise ShapeError(f"`{name}` lie in the plane", expected="(n, 2)", received=array.shape)
    size = positive_float(radius, "radius")
    axes.scatter(points[:, 0], points[:, 1], s=3, alpha=0.4, color="C0", linewidths=0)
    for centre in modes:
        axes.add_patch(Circle(tuple(centre), size, fill=False, color="C3", linewidth=1))
    # The modes set the frame: one stray sample would shrink them to dots.
    reach = np.abs(modes).max() + 3.0 * size
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="$x_1$", ylabel="$x_2$", title=title)
    axes.set_aspect("equal")
    return axes
