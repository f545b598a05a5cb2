"""The pictures of images and training: they draw what they are given, and refuse bad arrays in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from course.errors import ArgumentError, ShapeError
from course.plotting import (
    decision_regions,
    depth_lines,
    plane_grid,
    seed_lines,
    segmentation_rows,
    shift_map,
    signed_matrix,
)

rng = np.random.default_rng(0)
POINTS, LABELS = rng.normal(size=(9, 2)), np.arange(9) % 2
GRID = plane_grid(POINTS, 5)
PROBABILITY = np.linspace(0, 1, 25).reshape(5, 5)
IMAGES, MASKS = rng.random((3, 4, 5)), rng.integers(0, 3, size=(3, 4, 5))
CLASSES = ("ground", "disc", "square")

PICTURES: dict[str, tuple[Callable[[Axes], Axes], list[tuple[Callable[[Axes], Any], type, str]]]] = {
    "decision_regions": (
        lambda axes: decision_regions(GRID, PROBABILITY, POINTS, LABELS, axes),
        [
            (
                lambda axes: decision_regions(GRID, PROBABILITY[1:], POINTS, LABELS, axes),
                ShapeError,
                r"one probability a place.*\(5, 5, 2\), \(4, 5\)",
            ),
            (
                lambda axes: decision_regions(GRID, 2 * PROBABILITY, POINTS, LABELS, axes),
                ArgumentError,
                r"a probability lies in \[0, 1\].*2.0\]",
            ),
            (lambda axes: plane_grid(POINTS, 1), ArgumentError, "two ends.*resolution ≥ 2.*received 1"),
            (lambda axes: plane_grid(np.ones((3, 3))), ShapeError, r"lie in the plane.*\(3, 3\)"),
        ],
    ),
    "shift_map": (
        lambda axes: shift_map(PROBABILITY, axes, title="net"),
        [
            (lambda axes: shift_map(PROBABILITY[1:], axes), ShapeError, r"with a middle.*\(4, 5\)"),
            (lambda axes: shift_map(-PROBABILITY, axes), ArgumentError, r"an accuracy lies in.*\[-1.0, "),
        ],
    ),
    "segmentation_rows": (
        lambda axes: segmentation_rows(IMAGES, {"truth": MASKS, "answer": MASKS}, axes, classes=CLASSES),
        [
            (
                lambda axes: segmentation_rows(IMAGES, {}, axes, classes=CLASSES),
                ArgumentError,
                "0 masks and 3 classes",
            ),
            (
                lambda axes: segmentation_rows(IMAGES, {"truth": MASKS[:2]}, axes, classes=CLASSES),
                ShapeError,
                r"'truth' has the images' shape.*\(3, 4, 5\).*\(2, 4, 5\)",
            ),
            (
                lambda axes: segmentation_rows(IMAGES, {"truth": MASKS + 0.5}, axes, classes=CLASSES),
                ArgumentError,
                "'truth' holds classes.*from 0 to 2",
            ),
        ],
    ),
    "signed_matrix": (
        lambda axes: signed_matrix([[1.0, -2.0]], axes),
        [(lambda axes: signed_matrix([1.0], axes), ShapeError, r"`matrix`.*2 axes.*\(1,\)")],
    ),
    "seed_lines": (
        lambda axes: seed_lines([1, 2], {"a": [[1, 2], [3, 4]], "b": [[0, 1]]}, axes, xlabel="x", ylabel="y"),
        [
            (
                lambda axes: seed_lines([1], {}, axes, xlabel="x", ylabel="y"),
                ArgumentError,
                "a result to draw",
            ),
            (
                lambda axes: seed_lines([1], {"a": [[1, 2]]}, axes, xlabel="x", ylabel="y"),
                ShapeError,
                r"'a' has one number for each x.*\(seeds, 1\).*\(1, 2\)",
            ),
        ],
    ),
    "depth_lines": (
        lambda axes: depth_lines({"tanh": [1.0, 2.0], "relu": [3.0]}, axes),
        [
            (lambda axes: depth_lines({}, axes), ArgumentError, "a line to draw.*received none"),
            (lambda axes: depth_lines({"a": [1.0, 0.0]}, axes), ArgumentError, "'a' is positive.*0.0"),
        ],
    ),
}


@pytest.fixture
def axes() -> Axes:
    return Figure().subplots()


@pytest.mark.parametrize("name", PICTURES)
def test_the_axes_come_back_drawn_on_and_labelled(name: str, axes: Axes) -> None:
    assert PICTURES[name][0](axes) is axes
    assert axes.has_data()
    assert name == "segmentation_rows" or (axes.get_xlabel() and axes.get_ylabel())
    axes.figure.canvas.draw()


@pytest.mark.parametrize("name", PICTURES)
def test_bad_arrays_are_refused_in_words(name: str, axes: Axes) -> None:
    for draw, error, words in PICTURES[name][1]:
        with pytest.raises(error, match=words):
            draw(axes)


def test_regions_have_their_colour_at_their_place(axes: Axes) -> None:
    PICTURES["decision_regions"][0](axes)
    mesh = axes.collections[0]
    np.testing.assert_allclose(mesh.get_array(), PROBABILITY)
    centres = (mesh.get_coordinates()[:-1, :-1] + mesh.get_coordinates()[1:, 1:]) / 2
    np.testing.assert_allclose(centres, GRID, atol=1e-6)
    np.testing.assert_allclose(axes.collections[-1].get_offsets(), POINTS[LABELS == 1])


def test_a_shift_map_reads_right_and_down(axes: Axes) -> None:
    values = np.zeros((3, 3))
    values[2, 1] = 0.57  # one pixel down
    shift_map(values, axes)
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert texts[(0, 1)] == "57" and texts[(1, 0)] == "0"
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_masks_stand_below_their_images_in_their_colours(axes: Axes) -> None:
    PICTURES["segmentation_rows"][0](axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["image", "truth", "answer"]
    drawn = axes.images
    assert len(drawn) == 9
    np.testing.assert_array_equal(drawn[4].get_array(), MASKS[1])
    assert drawn[4].get_extent() == [6, 11, 9, 5]
    patches = axes.get_legend().get_patches()
    assert [patch.get_label() for patch in patches] == list(CLASSES)
    assert to_rgba(drawn[4].cmap(drawn[4].norm(2))) == to_rgba(patches[2].get_facecolor())


def test_zero_is_white_and_signs_are_symmetric(axes: Axes) -> None:
    signed_matrix([[1.0, -2.0]], axes)
    assert axes.images[0].get_clim() == (-2.0, 2.0)


def test_seeds_are_thin_and_the_mean_is_thick(axes: Axes) -> None:
    PICTURES["seed_lines"][0](axes)
    assert [list(line.get_ydata()) for line in axes.lines] == [[1, 2], [3, 4], [2, 3], [0, 1], [0, 1]]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["a, mean of 2 seeds", "b"]


def test_depth_counts_from_the_input_on_a_logarithmic_scale(axes: Axes) -> None:
    PICTURES["depth_lines"][0](axes)
    assert list(axes.lines[0].get_xdata()) == [1, 2] and axes.get_yscale() == "log"
