"""Pictures of recurrent networks, embeddings and attention: as given, labelled, refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course.errors import ArgumentError, ShapeError
from course.plotting import agreement, attention_map, gradients_through_time, word_scatter

SQUARE = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 1.0], [4.0, 1.0]])


@pytest.fixture
def axes() -> Iterator[Axes]:
    yield Figure().subplots()


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: gradients_through_time({"rnn": np.ones((4, 2))}, axes),
        lambda axes: word_scatter(SQUARE, "abcd", axes, arrows=[("a", "b")]),
        lambda axes: attention_map(np.eye(2), "ab", "cd", axes),
        lambda axes: agreement([1, 2], [1, 3], axes),
    ],
)
def test_the_axes_come_back_labelled_and_render(draw: Callable[[Axes], Axes], axes: Axes) -> None:
    assert draw(axes) is axes and axes.has_data() and axes.get_xlabel() and axes.get_ylabel()
    axes.figure.canvas.draw()


def test_gradients_are_shares_of_the_last_norm_counted_backwards(axes: Axes) -> None:
    gradients_through_time({"rnn": [[1.0, 1.0], [0.0, 4.0], [5.0, 3.0]]}, axes)
    line = axes.lines[0]
    assert line.get_xdata().tolist() == [2, 1, 0] and line.get_ydata().tolist() == [0.25, 0.5, 1.0]
    assert axes.get_yscale() == "log"


def test_words_lie_on_their_principal_components(axes: Axes) -> None:
    word_scatter(SQUARE @ np.array([[0.6, 0.8], [-0.8, 0.6]]), "abcd", axes, arrows=[("a", "b"), ("c", "d")])
    points = axes.collections[0].get_offsets()
    # The sides of the rectangle, whatever its rotation; the longer along the first component.
    np.testing.assert_allclose(np.abs(points[1] - points[0]), [4, 0], atol=1e-12)
    np.testing.assert_allclose(np.abs(points[2] - points[0]), [0, 1], atol=1e-12)
    assert "(94%)" in axes.get_xlabel() and [text.get_text() for text in axes.texts][:4] == list("abcd")


def test_attention_has_a_row_for_each_written_token(axes: Axes) -> None:
    attention_map([[0.2, 0.8, 0.0]], "abc", "x", axes)
    np.testing.assert_array_equal(axes.images[0].get_array(), [[0.2, 0.8, 0.0]])
    assert [text.get_text() for text in axes.get_xticklabels()] == list("abc")


def test_agreement_draws_the_estimates_over_the_exact_values(axes: Axes) -> None:
    agreement([1, 2], [1, 3], axes)
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), [[1, 1], [2, 3]])


@pytest.mark.parametrize(
    ("draw", "error", "words"),
    [
        (lambda axes: gradients_through_time({}, axes), ArgumentError, r"a network to draw.*received none"),
        (lambda axes: gradients_through_time({"a": [1.0]}, axes), ShapeError, r"`a`.*2 axes.*\(1,\)"),
        (
            lambda axes: gradients_through_time({"a": [[1.0], [0.0]]}, axes),
            ArgumentError,
            "positive at the end",
        ),
        (lambda axes: word_scatter(SQUARE, "abc", axes), ShapeError, r"has a vector.*\(3 ≥ 2.*\(4, 2\)"),
        (
            lambda axes: word_scatter(SQUARE, "abcd", axes, arrows=[("a", "x")]),
            ArgumentError,
            r"that are drawn.*\['x'\]",
        ),
        (lambda axes: attention_map(np.eye(2), "abc", "de", axes), ShapeError, r"\(2, 3\).*\(2, 2\)"),
        (lambda axes: agreement([1.0], [1.0, 2.0], axes), ShapeError, r"has an estimate.*\(1,\).*\(2,\)"),
    ],
)
def test_bad_arrays_are_refused_in_words(
    draw: Callable[[Axes], Any], error: type, words: str, axes: Axes
) -> None:
    with pytest.raises(error, match=words):
        draw(axes)
