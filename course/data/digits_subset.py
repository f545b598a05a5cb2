"""Some classes of the digits, renumbered: a source task and a target task from one data set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course.data.digits import Digits, digits
from course.errors import ArgumentError


def digits_subset(classes: Sequence[int], pixels: str = "grey") -> Digits:
    """The images of the given classes, labelled by their place among them.

    Args:
        classes: two or more different digits, 0 to 9; the first gets label 0.
        pixels: as for :func:`digits`.

    Returns:
        Both parts of the split of :func:`digits`, fewer images, labels 0 to len(classes) − 1, int64.

    Raises:
        ArgumentError: a class is no digit, one comes twice, or there are fewer than two.

    Example:
        >>> data = digits_subset([5, 6, 7, 8, 9])
        >>> data.train_images.shape[1:], np.unique(data.train_labels).tolist()
        ((8, 8), [0, 1, 2, 3, 4])

    Source:
        As :func:`digits`.
    """
    wanted = list(classes)
    if len(wanted) < 2 or len(set(wanted)) < len(wanted) or not set(wanted) <= set(range(10)):
        raise ArgumentError(
            "`classes` are different digits", expected="two or more of 0 to 9", received=f"classes={wanted}"
        )
    whole = digits(pixels)
    places = np.full(10, -1)
    places[wanted] = np.arange(len(wanted))
    train, test = places[whole.train_labels], places[whole.test_labels]
    return Digits(
        whole.train_images[train >= 0], train[train >= 0], whole.test_images[test >= 0], test[test >= 0]
    )
