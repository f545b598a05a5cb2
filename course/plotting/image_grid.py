"""Images side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ShapeError
from course.plotting.arrays import finite
from course.validation import positive_int


def image_grid(
    images: Any,
    axes: Axes,
    *,
    columns: int = 10,
    row_labels: Sequence[str] = (),
    limits: tuple[float, float] = (0.0, 1.0),
) -> Axes:
    """Images in rows of ``columns``, dark where a pixel is large.

    Args:
        images: shape (n, height, width); a row shorter than the others is filled with blanks.
        axes: drawn on.
        columns: images a row, ≥ 1.
        row_labels: one a row, or none.
        limits: values drawn white and black. One scale for all images: with a scale of its own each, a
            faint image would look like a strong one.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a pixel is not finite, or ``columns`` is not positive.
        ShapeError: not a stack of images, or not one label a row.
    """
    stack = finite(images, "images", 3)
    count, height, width = stack.shape
    columns = min(positive_int(columns, "columns"), count)
    rows = math.ceil(count / columns)
    if row_labels and len(row_labels) != rows:
        raise ShapeError("every row has one label", expected=f"{rows} labels", received=len(row_labels))
    # One blank pixel between neighbours.
    canvas = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for index, image in enumerate(stack):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        canvas[top : top + height, left : left + width] = image
    axes.imshow(canvas, cmap="gray_r", vmin=limits[0], vmax=limits[1], interpolation="nearest")
    axes.set_xticks([])
    middles = [row * (height + 1) + (height - 1) / 2 for row in range(rows)]
    axes.set_yticks(middles if row_labels else [], row_labels or [])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes
