"""Every picture: what it draws is what it was given, it has labels, and bad arrays are refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from scipy.stats import norm

import course.plotting
from course.errors import ArgumentError, CourseError, ShapeError
from course.models import reliability
from course.plotting import (
    bound_comparison,
    image_grid,
    latent_manifold,
    latent_scatter,
    log_log_lines,
    loss_curves,
    manifold_grid,
    predictive_band,
    reliability_diagram,
)

rng = np.random.default_rng(0)
IMAGES = rng.random((9, 3, 2))
POINTS = rng.normal(size=(30, 3))

# One row a picture: drawn with good arrays, and arguments that it refuses with the words it does so in.
PICTURES: dict[str, tuple[Callable[[Axes], Axes], list[tuple[Callable[[Axes], Any], type, str]]]] = {
    "image_grid": (
        lambda axes: image_grid(IMAGES[:7], axes, columns=3, row_labels=["a", "b", "c"]),
        [
            (lambda axes: image_grid(IMAGES[0], axes), ShapeError, r"`images`.*3 axes.*\(3, 2\)"),
            (lambda axes: image_grid(IMAGES * np.nan, axes), ArgumentError, "`images` is finite.*54 NaN"),
            (lambda axes: image_grid(IMAGES, axes, columns=0), ArgumentError, "`columns`.*≥ 1.*columns=0"),
            (
                lambda axes: image_grid(IMAGES, axes, row_labels="ab"),
                ShapeError,
                "1 labels.*received 2",
            ),
        ],
    ),
    "loss_curves": (
        lambda axes: loss_curves({"train": [3.0, 2.0], "test": [4.0]}, axes, ylabel="nats"),
        [
            (
                lambda axes: loss_curves({}, axes),
                ArgumentError,
                "a curve to draw.*received no curve",
            ),
            (lambda axes: loss_curves({"loss": []}, axes), ShapeError, r"`loss`.*none empty.*\(0,\)"),
            (lambda axes: loss_curves({"loss": [1, np.inf]}, axes), ArgumentError, "`loss` is finite.*1 NaN"),
        ],
    ),
    "latent_manifold": (
        lambda axes: latent_manifold(IMAGES, axes),
        [(lambda axes: latent_manifold(IMAGES[:8], axes), ShapeError, "square of images.*received 8")],
    ),
    "latent_scatter": (
        lambda axes: latent_scatter(POINTS, np.arange(30) % 12, axes, dimensions=(2, 0)),
        [
            (lambda axes: latent_scatter(POINTS, [1], axes), ShapeError, r"one label.*\(30,\).*\(1,\)"),
            (
                lambda axes: latent_scatter(POINTS, np.zeros(30), axes, dimensions=(0, 3)),
                ShapeError,
                r"two of 0 to 2.*\(0, 3\)",
            ),
        ],
    ),
    "log_log_lines": (
        lambda axes: log_log_lines(
            [1, 2], {"a": [3.0, 1.0]}, {"a": [3.0, 1.5]}, axes, xlabel="N", ylabel="error"
        ),
        [
            (
                lambda axes: log_log_lines([1, 2], {"a": [3.0, 0.0]}, {}, axes, xlabel="", ylabel=""),
                ArgumentError,
                "a: a logarithm takes positive numbers.*received 0.0",
            ),
            (
                lambda axes: log_log_lines([1, 2], {}, {}, axes, xlabel="", ylabel=""),
                ArgumentError,
                "something measured",
            ),
        ],
    ),
    "predictive_band": (
        lambda axes: predictive_band([1.0, 0.0], POINTS[:, :2], axes),
        [
            (
                lambda axes: predictive_band([1.0], POINTS[:, :2], axes),
                ShapeError,
                r"a value a point.*\(draws, 1\).*\(30, 2\)",
            ),
            (
                lambda axes: predictive_band([1.0, 0.0], POINTS[:, :2], axes, level=1),
                ArgumentError,
                "0 < level < 1",
            ),
        ],
    ),
    "reliability_diagram": (
        lambda axes: reliability_diagram({"a": reliability(np.log([[0.75, 0.25]] * 20), [0] * 20)}, axes),
        [(lambda axes: reliability_diagram({}, axes), ArgumentError, "a curve to draw")],
    ),
    "bound_comparison": (
        lambda axes: bound_comparison({"VAE": [-20.0, -19.0], "PPCA": -25.0}, axes),
        [
            (
                lambda axes: bound_comparison({}, axes),
                ArgumentError,
                "a result to draw.*received none",
            )
        ],
    ),
}


@pytest.fixture
def axes() -> Iterator[Axes]:
    import matplotlib.pyplot as plt

    matplotlib.use("Agg")
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


# In the files test_pictures_of_*.py.
# In the other files test_pictures_of_*.py.
ELSEWHERE = (
    "agreement",
    "attention_map",
    "decision_regions",
    "depth_lines",
    "elbo_traces",
    "interval_curves",
    "gradients_through_time",
    "running_average",
    "seed_lines",
    "segmentation_rows",
    "shift_map",
    "signed_matrix",
    "function_curves",
    "mode_scatter",
    "text_lines",
    "variance_lines",
    "word_scatter",
)


def test_every_exported_picture_stands_in_the_table() -> None:
    exported = {name for name, value in vars(course.plotting).items() if callable(value)}
    assert exported == {*PICTURES, *ELSEWHERE, "manifold_grid", "plane_grid"}


@pytest.mark.parametrize("name", PICTURES)
def test_the_axes_come_back_drawn_on_and_the_figure_renders(name: str, axes: Axes) -> None:
    assert PICTURES[name][0](axes) is axes
    assert axes.has_data()
    axes.figure.canvas.draw()


@pytest.mark.parametrize("name", [name for name in PICTURES if name != "image_grid"])
def test_both_axes_have_labels(name: str, axes: Axes) -> None:
    PICTURES[name][0](axes)
    assert axes.get_xlabel() and axes.get_ylabel()


@pytest.mark.parametrize("name", PICTURES)
def test_bad_arrays_are_refused_in_words(name: str, axes: Axes) -> None:
    for draw, error, words in PICTURES[name][1]:
        assert issubclass(error, CourseError)
        with pytest.raises(error, match=words):
            draw(axes)


def test_image_grid_keeps_every_pixel_on_one_scale(axes: Axes) -> None:
    image_grid(IMAGES[:7], axes, columns=3, limits=(-1.0, 2.0))
    (drawn,) = axes.images
    canvas = np.ma.filled(drawn.get_array(), np.nan)
    assert canvas.shape == (11, 8) and drawn.get_clim() == (-1.0, 2.0)
    np.testing.assert_array_equal(canvas[4:7, 3:5], IMAGES[4])
    assert np.isnan(canvas[3]).all() and np.isnan(canvas[8:, 3:]).all()


def test_loss_curves_count_from_one(axes: Axes) -> None:
    loss_curves({"train": [3.0, 2.0]}, axes)
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [1, 2] and line.get_ydata().tolist() == [3.0, 2.0]


def test_manifold_grid_cuts_the_prior_into_equal_shares() -> None:
    shares = norm.cdf(manifold_grid(4))
    np.testing.assert_allclose(shares[:4, 0], [0.125, 0.375, 0.625, 0.875], rtol=1e-12)
    np.testing.assert_allclose(shares[::4, 1], [0.875, 0.625, 0.375, 0.125], rtol=1e-12)


def test_latent_manifold_puts_the_grids_second_point_right_of_its_first(axes: Axes) -> None:
    latent_manifold(IMAGES, axes)
    canvas = axes.images[0].get_array()
    np.testing.assert_array_equal(canvas[:3, 2:4], IMAGES[1])
    np.testing.assert_array_equal(canvas[3:6, :2], IMAGES[3])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["-1.0", "0.0", "1.0"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["1.0", "0.0", "-1.0"]


def test_latent_scatter_draws_the_asked_dimensions_by_class(axes: Axes) -> None:
    labels = np.arange(30) % 12
    latent_scatter(POINTS, labels, axes, dimensions=(2, 0))
    assert [c.get_label() for c in axes.collections] == [str(k) for k in range(12)]
    np.testing.assert_allclose(axes.collections[4].get_offsets(), POINTS[labels == 4][:, [2, 0]])


def test_bound_comparison_says_mean_and_spread(axes: Axes) -> None:
    bound_comparison({"VAE": [-20.0, -19.0], "PPCA": -25.0}, axes)
    assert [text.get_text() for text in axes.texts] == ["-19.50 ± 0.71", "-25.00"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["VAE", "PPCA"]
