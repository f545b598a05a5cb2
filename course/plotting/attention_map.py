"""Where a decoder looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.errors import ShapeError
from course.plotting.arrays import finite


def attention_map(weights: Any, read: Sequence[str], written: Sequence[str], axes: Axes) -> Axes:
    """One row a written token, one column a read one, dark where the weight is near 1.

    Args:
        weights: shape (written, read), in [0, 1].
        read: tokens of the source.
        written: tokens of the target.
        axes: drawn on.

    Returns:
        The same axes.

    Raises:
        ArgumentError: a weight is not finite.
        ShapeError: not one weight a pair of tokens.
    """
    table = finite(weights, "weights", 2)
    if table.shape != (len(written), len(read)):
        raise ShapeError(
            "every pair of tokens has a weight", expected=(len(written), len(read)), received=table.shape
        )
    axes.imshow(table, cmap="gray_r", vmin=0.0, vmax=1.0, aspect="auto", interpolation="nearest")
    axes.set_xticks(np.arange(len(read)), read)
    axes.set_yticks(np.arange(len(written)), written)
    axes.set(xlabel="read", ylabel="written")
    return axes
