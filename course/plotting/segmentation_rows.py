"""Images over the classes of their pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.patches import Patch

from course.errors import ArgumentError, ShapeError
from course.plotting.arrays import finite

_COLOURS = ("#f0f0f0", "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")


def segmentation_rows(images: Any, masks: Mapping[str, Any], axes: Axes, *, classes: Sequence[str]) -> Axes:
    """A row of images, and below it a row a mask, one colour a class.

    Args:
        images: shape (n, height, width), drawn from 0 (white) to 1 (black).
        masks: by name, each of shape (n, height, width), whole numbers below the number of classes: the
            truth, a model's answer.
        axes: drawn on.
        classes: their names, at most 8.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no mask, or a class is none of those named, or there are too many of them.
        ShapeError: a mask has another shape than the images.
    """
    stack = finite(images, "images", 3)
    names = tuple(classes)
    if not masks or not 0 < len(names) <= len(_COLOURS):
        raise ArgumentError(
            "there are masks, and a colour for every class",
            expected=f"a mask or more, and 1 to {len(_COLOURS)} classes",
            received=f"{len(masks)} masks and {len(names)} classes",
        )
    count, height, width = stack.shape
    colours = ListedColormap(_COLOURS[: len(names)])
    rows = ["image", *masks]
    for row, name in enumerate(rows):
        values = stack if row == 0 else finite(masks[name], name, 3)
        if values.shape != stack.shape:
            raise ShapeError(f"{name!r} has the images' shape", expected=stack.shape, received=values.shape)
        if row and not np.isin(values, np.arange(len(names))).all():
            raise ArgumentError(
                f"{name!r} holds classes",
                expected=f"whole numbers from 0 to {len(names) - 1}",
                received=f"{values.min()} to {values.max()}",
            )
        for column, image in enumerate(values):
            left, top = column * (width + 1), row * (height + 1)
            place = (left, left + width, top + height, top)
            if row == 0:
                axes.imshow(image, cmap="gray_r", vmin=0, vmax=1, extent=place, interpolation="nearest")
            else:
                limits = Normalize(-0.5, len(names) - 0.5)
                axes.imshow(image, cmap=colours, norm=limits, extent=place, interpolation="nearest")
    axes.set_xlim(0, count * (width + 1) - 1)
    axes.set_ylim(len(rows) * (height + 1) - 1, 0)
    axes.set_xticks([])
    axes.set_yticks([row * (height + 1) + height / 2 for row in range(len(rows))], rows)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    patches = [Patch(color=colour, label=name) for colour, name in zip(_COLOURS, names, strict=False)]
    axes.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=len(names))
    return axes
