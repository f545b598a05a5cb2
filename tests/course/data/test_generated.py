"""Moons, curves and shapes: their documented law, and images moved as NumPy and SciPy move them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage, stats

from course.data import CURVES, augmented, curve, moons, on_canvas, scaled, shapes, shifted
from course.errors import ArgumentError, ShapeError


def test_moons_lie_on_their_half_circles_within_the_noise() -> None:
    clean = moons(40, 10, std=0.0)
    for points, labels in ((clean.train_points, clean.train_labels), (clean.test_points, clean.test_labels)):
        centre = np.where(labels[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
        np.testing.assert_allclose(np.linalg.norm(points - centre, axis=1), 1.0, atol=1e-6)
        assert points.dtype == np.float32 and labels.dtype == np.int64 and 2 * labels.sum() == len(labels)
    noisy, again, other = moons(2000, 2000, std=0.3, seed=4), moons(2000, 2000, std=0.3, seed=4), moons(2000)
    np.testing.assert_array_equal(noisy.train_points, again.train_points)
    # The parts share no noise: equal streams would give equal points.
    assert not np.isin(noisy.train_points[:, 0], noisy.test_points[:, 0]).any()
    assert not np.array_equal(noisy.train_points, other.train_points)


@pytest.mark.parametrize("name", CURVES)
def test_a_curves_noise_is_gaussian_with_the_stated_std(name: str) -> None:
    points = curve(name, 4000, std=0.25, seed=2)
    assert points.x.shape == points.y.shape == points.mean.shape == (4000, 1)
    assert points.x.dtype == points.y.dtype == np.float32 and (np.diff(points.x[:, 0]) >= 0).all()
    # Kolmogorov–Smirnov at 1e-4 each: finds a std wrong by 12 %, or x that is not uniform by 0.035.
    noise = (points.y - points.mean)[:, 0] / 0.25
    assert stats.kstest(noise, "norm").pvalue > 1e-4
    assert stats.kstest(points.x[:, 0], stats.uniform(-2, 4).cdf).pvalue > 1e-4


def test_curves_are_the_documented_functions_and_gaps_stay_empty() -> None:
    for name, f in {
        "sine": lambda x: np.sin(np.pi * x),
        "cubic": lambda x: x * (x - 1) * (x + 1),
        "step": lambda x: np.sign(x),
        "chirp": lambda x: np.sin(2 * np.pi * np.copysign(x**2, x)),
    }.items():
        points = curve(name, 300, std=0.0, gap=(-0.5, 1.0), seed=1)
        x = points.x.astype(np.float64)
        # x in float32: an error of 2⁻²³ times a slope of up to 8π.
        np.testing.assert_allclose(points.y, f(x), atol=1e-5)
        assert not ((x > -0.5) & (x < 1.0)).any() and x.min() > -2 and x.max() < 2
    # Uniform on what is left: 1.5 of 2.5 to the left, tested at 1e-6.
    left = (curve(size=4000, gap=(-0.5, 1.0)).x < 0).sum()
    assert stats.binomtest(int(left), 4000, 0.6).pvalue > 1e-6


def test_shapes_have_the_documented_law() -> None:
    data = shapes(400, size=24, objects=1, std=0.0, seed=3)
    assert data.images.shape == (400, 24, 24, 1) and data.images.dtype == np.float32
    assert data.masks.shape == (400, 24, 24) and data.masks.dtype == np.int32
    np.testing.assert_array_equal(data.images[..., 0] > 0, data.masks > 0)
    inside = data.images[data.images > 0]
    assert inside.min() >= 0.5 and inside.max() <= 1.0
    kinds = data.masks.reshape(400, -1).max(axis=1)
    # One class an image, a third each: χ² at 1e-6.
    assert all(set(np.unique(mask)) <= {0, kind} for mask, kind in zip(data.masks, kinds, strict=True))
    assert stats.chisquare(np.bincount(kinds, minlength=4)[1:]).pvalue > 1e-6
    noisy = shapes(400, size=24, objects=1, std=0.2, seed=3)
    assert stats.kstest(noisy.images[data.images == 0] / 0.2, "norm").pvalue > 1e-6


def test_each_class_has_its_geometry() -> None:
    data = shapes(300, size=48, objects=1, std=0.0, seed=5)
    whole = ~np.concatenate([data.masks[:, [0, -1]], data.masks[:, :, [0, -1]].swapaxes(1, 2)], 1).any((1, 2))
    fill = {1: np.pi / 4, 2: 1.0, 3: 0.5}
    for kind, share in fill.items():
        chosen = [m for m in data.masks[whole] if m.max() == kind]
        assert len(chosen) > 10
        boxes = [m[np.ix_(m.any(1), m.any(0))] > 0 for m in chosen]
        # Share of the bounding box; pixels at the border count whole or not at all.
        assert np.mean([box.mean() for box in boxes]) == pytest.approx(share, abs=0.06)


def test_moving_is_what_scipy_does(rng: np.random.Generator) -> None:
    images = rng.random((6, 9, 7)).astype("float32")
    down, right = np.array([0, 1, -2, 8, 9, -20]), np.array([3, -1, 0, 2, 0, 1])
    moved = shifted(images, down, right)
    assert moved.dtype == images.dtype
    for image, out, dy, dx in zip(images, moved, down, right, strict=True):
        np.testing.assert_array_equal(out, ndimage.shift(image, (dy, dx), order=0, mode="constant"))
    np.testing.assert_array_equal(shifted(images, 1, 0)[:, 1:], images[:, :-1])


def test_scaling_is_scipys_bilinear_map_about_the_middle(rng: np.random.Generator) -> None:
    images = rng.random((3, 8, 5))
    factors = np.array([0.6, 1.0, 1.7])
    for image, out, factor in zip(images, scaled(images, factors), factors, strict=True):
        middle = (np.array(image.shape) - 1) / 2
        # "grid-constant" interpolates towards the zeros outside, as ours does.
        expected = ndimage.affine_transform(
            image, [1 / factor] * 2, middle - middle / factor, order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(out, expected, atol=1e-6)


def test_an_enlarged_data_set_keeps_the_originals_and_their_labels(rng: np.random.Generator) -> None:
    images = on_canvas(rng.random((50, 3, 3)) + 0.1, 7)
    np.testing.assert_array_equal(images[:, 2:5, 2:5].min(axis=(1, 2)) > 0, True)
    assert images.sum() == pytest.approx(images[:, 2:5, 2:5].sum())
    x, y = augmented(images, np.arange(50), copies=4, shift=2, seed=1)
    np.testing.assert_array_equal(x[:50], images.astype("float32"))
    np.testing.assert_array_equal(y, np.tile(np.arange(50), 5))
    found = set()
    for image, label in zip(x[50:], y[50:], strict=True):
        places = [
            (a, b)
            for a in range(-2, 3)
            for b in range(-2, 3)
            if np.array_equal(image, np.roll(images[label].astype("float32"), (a, b), (0, 1)))
        ]
        assert len(places) == 1
        found |= set(places)
    # 200 draws of 25 shifts: one is missing with probability 25·(24/25)^200 = 0.7 %; seed 1 has all.
    assert len(found) == 25
    small, _ = augmented(images, np.arange(50), copies=1, scale=(0.5, 0.5))
    np.testing.assert_array_equal(small[50:], scaled(images.astype("float32"), 0.5))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: moons(0), ArgumentError, "`train_size` is a positive integer.*train_size=0"),
        (lambda: moons(std=-0.1), ArgumentError, "`std` is not negative.*std=-0.1"),
        (lambda: curve("line"), ArgumentError, "unknown `name`.*'sine'.*name='line'"),
        (lambda: curve(std=-1.0), ArgumentError, "`std` is not negative.*std=-1.0"),
        (lambda: curve(gap=(1.0, 0.0)), ArgumentError, r"interval that leaves points.*\(1.0, 0.0\)"),
        (lambda: curve(gap=(-2.0, 3.0)), ArgumentError, r"not all of \[−2, 2\].*\(-2.0, 3.0\)"),
        (lambda: shapes(1, size=8), ArgumentError, "a shape fits.*size ≥ 12.*size=8"),
        (lambda: shapes(1, std=-1.0), ArgumentError, "`std` is not negative"),
        (lambda: shapes(1, objects=0), ArgumentError, "`objects` is a positive integer"),
        (lambda: on_canvas(np.ones((1, 3, 4)), 3), ArgumentError, "fit on the canvas.*size ≥ 4.*size=3"),
        (lambda: shifted(np.ones((3, 4)), 0, 0), ShapeError, r"a stack of images.*\(3, 4\)"),
        (lambda: shifted(np.ones((1, 3, 4)), 0.5, 0), ArgumentError, "`down` is in whole pixels.*float64"),
        (lambda: shifted(np.ones((2, 3, 4)), 0, [1, 2, 3]), ShapeError, r"`right`.*\(2,\).*\(3,\)"),
        (lambda: scaled(np.ones((2, 3, 4)), [1.0]), ShapeError, r"one factor.*\(2,\).*\(1,\)"),
        (lambda: scaled(np.ones((2, 3, 4)), 0.0), ArgumentError, "`factor` is positive.*0.0"),
        (lambda: augmented(np.ones((2, 3, 4)), [1], 1), ShapeError, "every image has one label"),
        (lambda: augmented(np.ones((1, 3, 4)), [1], 1, shift=-1), ArgumentError, "`shift`.*≥ 0.*shift=-1"),
        (lambda: augmented(np.ones((1, 3, 4)), [1], 1, scale=(2.0, 1.0)), ArgumentError, "`scale` is an int"),
    ],
)
def test_refusals_say_what_is_wrong(call: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()
