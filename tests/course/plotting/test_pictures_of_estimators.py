"""Pictures draw the numbers that they were given, and refuse those that do not fit."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course.errors import ArgumentError, ShapeError
from course.plotting import elbo_traces, running_average, variance_lines


@pytest.fixture
def axes() -> Axes:
    return Figure().add_subplot()


def lines(axes: Axes) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_ydata(), float) for line in axes.lines}


@pytest.mark.parametrize("name", ["elbo_traces", "running_average", "variance_lines"])
def test_the_examples_in_the_docstrings_run(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"course.plotting.{name}"))
    assert results.attempted and not results.failed


def test_variances_fall_along_straight_lines_beside_what_was_measured(axes: Axes) -> None:
    shown = variance_lines(
        axes,
        [10, 100],
        {"score function": 87.0, "pathwise": 4.0},
        measured={"pathwise": [0.5, 0.03]},
        printed={"score function": [6.45, 0.68]},
    )
    assert shown is axes and axes.get_xscale() == axes.get_yscale() == "log"
    drawn = lines(axes)
    np.testing.assert_allclose(drawn["score function: exact, 87/N"], [8.7, 0.87])
    np.testing.assert_allclose(drawn["pathwise: exact, 4/N"], [0.4, 0.04])
    np.testing.assert_allclose(drawn["pathwise: measured"], [0.5, 0.03])
    np.testing.assert_allclose(drawn["score function: the deck's"], [6.45, 0.68])
    assert len(drawn) == 4


def test_what_has_not_been_measured_is_not_drawn(axes: Axes) -> None:
    variance_lines(axes, [10, 100], {"pathwise": 4.0}, measured={"pathwise": [np.nan, np.nan]})
    assert list(lines(axes)) == ["pathwise: exact, 4/N"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([10], {"a": 0.0}), ArgumentError, r"`exact\['a'\]` is positive \(expected .* > 0"),
        (([0.5], {"a": 1.0}), ArgumentError, r"`draws` is a row of numbers of draws \(expected each ≥ 1"),
        (
            ([10], {"a": 1.0}, {"b": [1.0]}),
            ArgumentError,
            r"every row belongs to a line \(expected 'a', received 'b'",
        ),
        (
            ([10], {"a": 1.0}, {"a": [1.0, 2.0]}),
            ShapeError,
            r"one variance for each N \(expected \(1,\), rec",
        ),
    ],
)
def test_variance_lines_refuse_rows_that_do_not_fit(
    axes: Axes, arguments: tuple, error: type[Exception], words: str
) -> None:
    measured = arguments[2] if len(arguments) == 3 else None
    with pytest.raises(error, match=words):
        variance_lines(axes, *arguments[:2], measured=measured)


def test_a_running_average_is_drawn_over_two_standard_errors(axes: Axes) -> None:
    assert running_average(axes, [1.0, 3.0, 8.0, 0.0], mean=4.0, variance=9.0, label="mine") is axes
    np.testing.assert_allclose(lines(axes)["mine"], [1.0, 2.0, 4.0, 3.0])
    corners = axes.collections[0].get_paths()[0].vertices
    assert {round(float(y), 6) for x, y in corners if x == 4} >= {1.0, 7.0}
    low, high = axes.get_ylim()
    assert low < 1.0 and high > 7.0


@pytest.mark.parametrize("estimates", [[], [[1.0]], 3.0])
def test_a_running_average_is_of_one_row(axes: Axes, estimates: object) -> None:
    with pytest.raises(ShapeError, match=r"one estimate a draw \(expected shape \(n,\)"):
        running_average(axes, estimates, mean=0.0, variance=1.0, label="mine")


def test_traces_are_drawn_thinly_and_their_average_thickly(axes: Axes) -> None:
    assert elbo_traces(axes, {"a": [[-9.0, -7.0], [-8.0, -6.0]], "b": [[-5.0, -4.0]]}, best=-3.0) is axes
    drawn = lines(axes)
    np.testing.assert_allclose(drawn["a"], [-8.5, -6.5])
    np.testing.assert_allclose(drawn["b"], [-5.0, -4.0])
    np.testing.assert_allclose(drawn["the best there is"], -3.0)
    # Two runs and their average, one run and its average, and the dashed line.
    assert len(axes.lines) == 6


def test_traces_that_are_none_or_no_rows_are_refused(axes: Axes) -> None:
    with pytest.raises(ArgumentError, match="at least one trace"):
        elbo_traces(axes, {})
    with pytest.raises(ShapeError, match=r"'a': one row a run \(expected \(runs, steps\), received \(2,\)"):
        elbo_traces(axes, {"a": [1.0, 2.0]})
