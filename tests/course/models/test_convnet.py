"""Equivariance of convolution and invariance of pooling, exactly: whole numbers below 2²⁴ make float32 sums
exact in any order, so that equal means equal bit for bit.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from scipy.signal import correlate2d

from course.data import on_canvas
from course.errors import ArgumentError, ShapeError
from course.models import ConvNet


def whole(model: ConvNet, channels: int, rng: np.random.Generator) -> ConvNet:
    """The model with small whole numbers as weights."""
    model.build((None, 12, 12, channels))
    model.set_weights([rng.integers(-2, 3, size=w.shape).astype("float32") for w in model.get_weights()])
    return model


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 4, size=(3, 12, 12, 2)).astype("float32")


@pytest.mark.parametrize("kernel_size", [2, 3])
def test_on_a_torus_convolution_commutes_with_every_shift(
    kernel_size: int, images: np.ndarray, rng: np.random.Generator
) -> None:
    model = whole(
        ConvNet([3, 2], 4, kernel_size=kernel_size, padding="circular", pooling="none", head="max"), 2, rng
    )
    maps, outputs = model.features(images), model(images)
    for shift in ((1, 0), (0, 5), (-3, 7)):
        moved = np.roll(images, shift, axis=(1, 2))
        for before, after in zip(maps, model.features(moved), strict=True):
            np.testing.assert_array_equal(after, np.roll(before, shift, axis=(1, 2)))
        # The maximum over all places has forgotten the shift.
        np.testing.assert_array_equal(model(moved), outputs)
    assert len(np.unique(maps[-1])) > 10


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_with_pooling_it_commutes_with_shifts_of_whole_windows(
    pooling: str, images: np.ndarray, rng: np.random.Generator
) -> None:
    model = whole(ConvNet([3, 2], 4, padding="circular", pooling=pooling, head="average"), 2, rng)
    maps, outputs = model.features(images), model(images)
    moved = np.roll(images, (4, -8), axis=(1, 2))
    for level, (before, after) in enumerate(zip(maps, model.features(moved), strict=True), 1):
        np.testing.assert_array_equal(after, np.roll(before, (4 // 2**level, -8 // 2**level), axis=(1, 2)))
    # The average over places divides by 9: rounded, in an order of its own.
    np.testing.assert_allclose(model(moved), outputs, rtol=1e-5)
    # Half a window is too little: the exact law is for whole ones.
    half = model.features(np.roll(images, 1, axis=1))[0]
    assert not np.array_equal(half, np.roll(maps[0], 1, axis=1))


def test_with_borders_the_law_holds_where_no_border_was_seen(
    images: np.ndarray, rng: np.random.Generator
) -> None:
    model = whole(ConvNet([3, 2], 4, padding="same", pooling="none", head="max"), 2, rng)
    moved = np.zeros_like(images)
    moved[:, 2:, 1:] = images[:, :-2, :-1]
    for depth, (before, after) in enumerate(
        zip(model.features(images), model.features(moved), strict=True), 1
    ):
        before, after = np.asarray(before), np.asarray(after)
        inside = slice(2 + depth, 12 - depth), slice(1 + depth, 12 - depth)
        back = slice(depth, 10 - depth), slice(depth, 11 - depth)
        np.testing.assert_array_equal(after[:, *inside], before[:, *back])
        assert not np.array_equal(after[:, 2:, 1:], before[:, :-2, :-1])


def test_a_pooling_window_forgets_a_movement_inside_it() -> None:
    pool = keras.layers.MaxPooling2D(2)
    places = [(4, 6), (4, 7), (5, 6), (5, 7), (5, 8)]
    pooled = []
    for row, column in places:
        image = np.zeros((1, 12, 12, 1), "float32")
        image[0, row, column, 0] = 1
        pooled.append(pool(image).numpy())
    for other in pooled[1:4]:
        np.testing.assert_array_equal(other, pooled[0])
    np.testing.assert_array_equal(pooled[4], np.roll(pooled[0], 1, axis=2))


def test_a_head_that_pools_over_places_is_invariant_to_the_canvas(rng: np.random.Generator) -> None:
    model = whole(ConvNet([3, 2], 4, head="max"), 1, rng)
    digit = rng.integers(0, 4, size=(2, 8, 8))
    # 16 pixels leave a blank margin wider than what two layers see; margins are multiples of 4.
    outputs = [model(on_canvas(digit, size)[..., None].astype("float32")) for size in (24, 32, 40)]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    np.testing.assert_array_equal(outputs[0], outputs[2])


def test_a_layer_is_scipys_correlation(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 7, 6, 2))
    for padding, boundary in (("same", "fill"), ("circular", "wrap")):
        model = ConvNet([3], 1, padding=padding, pooling="none", head="max", dtype="float64")
        (maps,) = model.features(x)
        kernel = model.convolutions[0].kernel.value.numpy()
        expected = np.zeros((2, 7, 6, 3))
        for image, channel, out in np.ndindex(2, 2, 3):
            expected[image, :, :, out] += correlate2d(
                x[image, :, :, channel], kernel[:, :, channel, out], "same", boundary
            )
        np.testing.assert_allclose(maps, np.maximum(expected, 0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ConvNet([], 2), ArgumentError, "`number of filters` is a positive integer"),
        (lambda: ConvNet([3], 2, padding="full"), ArgumentError, "unknown `padding`.*'circular'.*'full'"),
        (lambda: ConvNet([3], 2, pooling="min"), ArgumentError, "unknown `pooling`.*'none'.*'min'"),
        (lambda: ConvNet([3], 2, head="dense"), ArgumentError, "unknown `head`.*'flatten'.*'dense'"),
        (lambda: ConvNet([3], 2)(np.ones((1, 8, 8))), ShapeError, r"images with channels.*x\[\.\.\., None\]"),
        (
            lambda: ConvNet([3] * 4, 2)(np.ones((1, 8, 8, 1))),
            ShapeError,
            r"a window of 2 by 2.*\(1, 1\).*1, 8, 8, 1",
        ),
        (lambda: ConvNet([3], 2)(keras.Input((None, 8, 1))), ShapeError, 'images of one size.*head="max"'),
    ],
)
def test_refusals_say_what_is_wrong(call: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()
