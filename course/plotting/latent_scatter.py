"""Where an encoder puts labelled examples."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ShapeError
from course.plotting.arrays import finite


def latent_scatter(latents: Any, labels: Any, axes: Axes, *, dimensions: tuple[int, int] = (0, 1)) -> Axes:
    """One point an example, one colour a class, on equal scales.

    Args:
        latents: shape (n, d), d ≥ 2: posterior means.
        labels: shape (n,), classes.
        axes: drawn on.
        dimensions: the two latents that are drawn.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a latent is not finite.
        ShapeError: not one label an example, or a dimension that is not there.
    """
    points, classes = finite(latents, "latents", 2), np.asarray(labels)
    if classes.shape != points.shape[:1]:
        raise ShapeError("every example has one label", expected=points.shape[:1], received=classes.shape)
    if not all(0 <= d < points.shape[1] for d in dimensions):
        raise ShapeError(
            "the drawn dimensions are there",
            expected=f"two of 0 to {points.shape[1] - 1}",
            received=dimensions,
        )
    known = np.unique(classes)
    for place, label in enumerate(known):
        own = points[classes == label]
        # tab10 has ten colours that tell apart; more classes begin again with another marker.
        axes.scatter(
            own[:, dimensions[0]],
            own[:, dimensions[1]],
            s=8,
            color=f"C{place % 10}",
            marker="o^s"[place // 10 % 3],
            label=str(label),
        )
    axes.set(xlabel=f"$z_{dimensions[0] + 1}$", ylabel=f"$z_{dimensions[1] + 1}$")
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(title="class", markerscale=2, fontsize="small", ncols=2)
    return axes
