from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from course.data import digits
from course.errors import ArgumentError


@pytest.mark.parametrize("pixels", ["grey", "binary", "dequantized"])
def test_shapes_dtypes_and_ranges_are_the_documented_ones(pixels: str) -> None:
    data = digits(pixels)
    assert data.train_images.shape == (1437, 8, 8) and data.test_images.shape == (360, 8, 8)
    for images, labels in ((data.train_images, data.train_labels), (data.test_images, data.test_labels)):
        assert images.dtype == np.float32 and labels.dtype == np.int64
        assert images.min() >= 0 and images.max() <= 1
        assert labels.shape == images.shape[:1] and set(labels) == set(range(10))


def test_the_two_parts_are_the_whole_bundle_once() -> None:
    data = digits()
    together = np.concatenate([data.train_images, data.test_images]).reshape(1797, 64) * 16
    labels = np.concatenate([data.train_labels, data.test_labels])
    bundle = load_digits()
    left = np.column_stack([together, labels])
    right = np.column_stack([bundle.data, bundle.target])
    np.testing.assert_array_equal(left[np.lexsort(left.T)], right[np.lexsort(right.T)])


def test_every_call_gives_the_same_split_in_a_copy_of_its_own() -> None:
    first = digits("dequantized")
    first_kept = first.train_images.copy()
    first.train_images[:] = 0
    np.testing.assert_array_equal(digits("dequantized").train_images, first_kept)
    np.testing.assert_array_equal(digits("grey").test_labels, digits("binary").test_labels)


def test_binary_is_grey_cut_in_the_middle_and_dequantized_is_grey_within_a_level() -> None:
    grey, binary, smooth = (digits(pixels).train_images for pixels in ("grey", "binary", "dequantized"))
    np.testing.assert_array_equal(binary, grey >= 0.5)
    # A level is 1/17 wide; rounding to float32 moves its edges by 17·2⁻²⁵.
    assert np.abs(smooth.astype(np.float64) * 17 - np.round(grey * 16) - 0.5).max() <= 0.5 + 1e-6


def test_an_unknown_kind_of_pixel_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"unknown `pixels` .*'grey', 'binary', 'dequantized'.*'colour'"):
        digits("colour")
