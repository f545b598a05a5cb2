"""Hand-written digits, 8 by 8 pixels, bundled with scikit-learn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course.validation import one_of

PIXELS = ("grey", "binary", "dequantized")

TEST_SIZE = 360
"""A fifth of the 1797 images."""

_SPLIT_SEED = 1797
_LEVELS = 17


class Digits(NamedTuple):
    """Images and labels of both parts of the split.

    Args:
        train_images: shape (1437, 8, 8), float32.
        train_labels: shape (1437,), int64, 0 to 9.
        test_images: shape (360, 8, 8), float32.
        test_labels: shape (360,), int64, 0 to 9.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def digits(pixels: str = "grey") -> Digits:
    """The digits of E. Alpaydin and C. Kaynak, split once and for all.

    Each pixel counts the dark points of a 4 by 4 block, 0 to 16. The same split and the same numbers come at
    every call: the split, and the noise of ``"dequantized"``, have fixed seeds. No download.

    Args:
        pixels: ``"grey"`` for count/16, in [0, 1]; ``"binary"`` for 1 where at least 8 of the 16 points are
            dark and 0 elsewhere, which is what a Bernoulli likelihood is a likelihood of; ``"dequantized"``
            for (count + u)/17 with uniform u, in [0, 1), on which a density is comparable between models:
            on the 17 levels themselves a narrow enough Gaussian has any density it likes.

    Returns:
        The two parts; a writable copy of its own each time.

    Raises:
        ArgumentError: ``pixels`` is none of the three.

    Example:
        >>> data = digits("binary")
        >>> data.train_images.shape, data.test_images.shape
        ((1437, 8, 8), (360, 8, 8))
        >>> np.unique(data.test_images).tolist()
        [0.0, 1.0]

    Source:
        UCI Machine Learning Repository, "Optical Recognition of Handwritten Digits" (test part), licence
        CC BY 4.0, as bundled with scikit-learn (BSD 3-clause); Alpaydin & Kaynak 1998. Dequantisation: Uria,
        Murray & Larochelle 2013.
    """
    from sklearn.datasets import load_digits

    kind = one_of(pixels, PIXELS, "pixels")
    bundle = load_digits()
    counts, labels = bundle.images, bundle.target.astype(np.int64)
    generator = np.random.default_rng(_SPLIT_SEED)
    order = generator.permutation(len(counts))
    if kind == "grey":
        images = counts / (_LEVELS - 1)
    elif kind == "binary":
        images = counts >= (_LEVELS - 1) / 2
    else:
        images = (counts + generator.random(counts.shape)) / _LEVELS
    images = images.astype(np.float32)
    test, train = order[:TEST_SIZE], order[TEST_SIZE:]
    return Digits(images[train], labels[train], images[test], labels[test])
