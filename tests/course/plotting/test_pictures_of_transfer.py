"""Curves with intervals: the mean and the band are what NumPy says."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from course.errors import ArgumentError, ShapeError
from course.plotting import interval_curves

VALUES = np.array([[1.0, 4.0], [3.0, 8.0], [2.0, 6.0]])


def test_the_line_is_the_mean_and_the_band_its_interval() -> None:
    axes = Figure().subplots()
    assert interval_curves({"a": VALUES}, axes, at=[5, 20], xlabel="n", ylabel="error", log_x=True) is axes
    axes.figure.canvas.draw()
    assert axes.lines[0].get_ydata().tolist() == [2.0, 6.0]
    band = axes.collections[0].get_paths()[0].vertices
    low, high = band[np.isclose(band[:, 0], 20), 1].min(), band[np.isclose(band[:, 0], 20), 1].max()
    np.testing.assert_allclose([low, high], 6 + 1.96 * 2 / np.sqrt(3) * np.array([-1, 1]))
    assert axes.get_xlabel() == "n" and axes.get_ylabel() == "error"


def test_bad_arrays_are_refused() -> None:
    axes = Figure().subplots()
    labels = {"xlabel": "n", "ylabel": "e"}
    with pytest.raises(ArgumentError, match="a curve to draw"):
        interval_curves({}, axes, at=[1], **labels)
    with pytest.raises(ShapeError, match=r"two repetitions.*\(≥ 2, 2\).*\(1, 2\)"):
        interval_curves({"a": VALUES[:1]}, axes, at=[1, 2], **labels)
    with pytest.raises(ArgumentError, match="`a` is finite"):
        interval_curves({"a": VALUES * np.nan}, axes, at=[1, 2], **labels)
