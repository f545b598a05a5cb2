"""Word vectors in the plane."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite


def word_scatter(
    vectors: Any, words: Sequence[str], axes: Axes, *, arrows: Iterable[tuple[str, str]] = ()
) -> Axes:
    """Words at the first two principal components of their vectors, on equal scales.

    Args:
        vectors: shape (n, d), n ≥ 2 and d ≥ 2.
        words: one a vector.
        axes: drawn on.
        arrows: pairs of words, each joined by an arrow: parallel ones are an analogy.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a vector is not finite, or an arrow names a word that is not drawn.
        ShapeError: not one word a vector, or no plane to draw.
    """
    points = finite(vectors, "vectors", 2)
    if len(words) != len(points) or min(points.shape) < 2:
        raise ShapeError(
            "every word has a vector, and there are two components",
            expected=f"({len(words)} ≥ 2, d ≥ 2)",
            received=points.shape,
        )
    centred = points - points.mean(axis=0)
    left, scales, _ = np.linalg.svd(centred, full_matrices=False)
    plane = left[:, :2] * scales[:2]
    share = scales**2 / np.sum(scales**2) if scales.any() else np.zeros(len(scales))
    place = dict(zip(words, plane, strict=True))
    axes.scatter(plane[:, 0], plane[:, 1], s=12, color="C0", zorder=2)
    for word, point in place.items():
        axes.annotate(word, point, xytext=(3, 3), textcoords="offset points", fontsize="small")
    for pair in arrows:
        missing = [word for word in pair if word not in place]
        if missing:
            raise ArgumentError("an arrow joins words that are drawn", expected=list(place), received=missing)
        axes.annotate(
            "",
            place[pair[1]],
            xytext=place[pair[0]],
            arrowprops={"arrowstyle": "->", "color": "0.6"},
            zorder=1,
        )
    axes.set(xlabel=f"first component ({share[0]:.0%})", ylabel=f"second component ({share[1]:.0%})")
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.12)
    return axes
