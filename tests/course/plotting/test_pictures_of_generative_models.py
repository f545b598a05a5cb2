"""Pictures of samples and of functions: drawn as given, labelled, refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course.errors import ArgumentError, ShapeError
from course.plotting import function_curves, mode_scatter, text_lines


@pytest.fixture
def axes() -> Axes:
    return Figure().subplots()


def test_mode_scatter_draws_every_sample_and_a_circle_a_mode(axes: Axes) -> None:
    samples = np.array([[0.0, 1.0], [50.0, 2.0], [1.0, 1.0]])
    assert mode_scatter(samples, [[1.0, 1.0], [-1.0, 0.0]], 0.3, axes, title="t") is axes
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), samples)
    assert [(patch.center, patch.radius) for patch in axes.patches] == [((1.0, 1.0), 0.3), ((-1.0, 0.0), 0.3)]
    assert axes.get_xlim() == pytest.approx((-1.9, 1.9))
    assert axes.get_xlabel() and axes.get_ylabel()
    axes.figure.canvas.draw()


def test_function_curves_draws_what_is_exact_dashed(axes: Axes) -> None:
    function_curves([0.0, 1.0], {"f": [1.0, 2.0], "g": [3.0, 4.0]}, axes, dashed=["g"], ylabel="y")
    assert [line.get_linestyle() for line in axes.lines] == ["-", "--"]
    assert axes.lines[1].get_ydata().tolist() == [3.0, 4.0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "y")
    axes.figure.canvas.draw()


def test_text_lines_puts_the_first_line_at_the_top(axes: Axes) -> None:
    text_lines(["a $b", "c"], axes, labels=["0", "1"], ylabel="share")
    assert [(text.get_text(), text.get_position()[1]) for text in axes.texts] == [("a $b", 0), ("c", 1)]
    assert axes.yaxis_inverted() and axes.get_ylabel() == "share"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1"]
    axes.figure.canvas.draw()


REFUSALS: list[tuple[Any, type, str]] = [
    (lambda a: mode_scatter([[1.0]], [[0.0, 0.0]], 1.0, a), ShapeError, r"`samples` lie.*\(1, 1\)"),
    (lambda a: mode_scatter([[1.0, np.nan]], [[0.0, 0.0]], 1.0, a), ArgumentError, "finite.*1 NaN"),
    (lambda a: mode_scatter([[1.0, 1.0]], [[0.0, 0.0]], 0.0, a), ArgumentError, "`radius` is positive"),
    (lambda a: text_lines([], a), ArgumentError, "a line to draw.*received none"),
    (lambda a: text_lines(["a"], a, labels=["b", "c"]), ShapeError, "1 labels, received 2"),
    (lambda a: function_curves([0.0], {}, a), ArgumentError, r"a curve of each name.*received \[\]"),
    (lambda a: function_curves([0.0], {"f": [1.0, 2.0]}, a), ShapeError, r"`f` has a value.*\(1,\).*\(2,\)"),
    (lambda a: function_curves([0.0], {"f": [1.0]}, a, dashed="g"), ArgumentError, r"\['g'\].*\['f'\]"),
]


@pytest.mark.parametrize(("draw", "error", "words"), REFUSALS)
def test_bad_arrays_are_refused_in_words(draw: Any, error: type, words: str, axes: Axes) -> None:
    with pytest.raises(error, match=words):
        draw(axes)
