"""Moved images against NumPy's roll, and a backbone of them."""

from __future__ import annotations

import numpy as np
import pytest

from course.data import digits_subset
from course.errors import ArgumentError, ShapeError
from course.transfer import digits_backbone, rolled


def test_every_image_is_numpys_roll_by_a_shift_of_its_own(rng: np.random.Generator) -> None:
    images = rng.random((400, 5, 7)).astype("float32")
    moved = rolled(images, 1, rng)
    assert moved.dtype == np.float32
    counts = np.zeros((3, 3), int)
    for old, new in zip(images, moved, strict=True):
        fits = [
            (a, b)
            for a in (-1, 0, 1)
            for b in (-1, 0, 1)
            if np.array_equal(np.roll(old, (a, b), (0, 1)), new)
        ]
        assert len(fits) == 1
        counts[fits[0][0] + 1, fits[0][1] + 1] += 1
    # Binomial(400, 1/9) is 44.4 with std 6.3: within five; finds a shift drawn never, or twice as often.
    assert np.all(np.abs(counts - 400 / 9) < 5 * 6.3)
    np.testing.assert_array_equal(rolled(images, 0, rng), images)


def test_a_backbone_of_moved_digits_knows_them_moved_and_the_other_does_not(rng: np.random.Generator) -> None:
    data = digits_subset((0, 1))
    tests = np.concatenate([rolled(data.test_images, 2, rng) for _ in range(3)])
    labels = np.tile(data.test_labels, 3)
    right = [
        np.mean(np.argmax(digits_backbone((0, 1), epochs=8, shift=shift, seed=0)(tests), 1) == labels)
        for shift in (2, 0)
    ]
    assert right[0] > 0.9 and right[0] > right[1] + 0.03


def test_bad_shifts_are_refused(rng: np.random.Generator) -> None:
    for most in (-1, True, 1.0):
        with pytest.raises(ArgumentError, match=rf"`most` is a number of pixels.*≥ 0.*most={most}"):
            rolled(np.ones((2, 3, 3)), most, rng)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"images are \(n, h, w\).*\(3, 3\)"):
        rolled(np.ones((3, 3)), 1, rng)
