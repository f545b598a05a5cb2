"""Sentences below each other, for example along a path between two latents."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from course.errors import ArgumentError, ShapeError


def text_lines(
    lines: Sequence[str], axes: Axes, *, labels: Sequence[str] = (), ylabel: str = "", title: str = ""
) -> Axes:
    """One line of text a row, the first at the top.

    Args:
        lines: at least one.
        axes: drawn on; no frame.
        labels: one a line at its left, or none.
        ylabel: what the labels are.
        title: above the lines.

    Returns:
        The same axes.

    Raises:
        ArgumentError: there is no line.
        ShapeError: not one label a line.
    """
    if not lines:
        raise ArgumentError("there is a line to draw", expected="at least one", received="none")
    if labels and len(labels) != len(lines):
        raise ShapeError("every line has one label", expected=f"{len(lines)} labels", received=len(labels))
    for row, line in enumerate(lines):
        # A dollar sign would begin mathematics.
        axes.text(0.0, row, line, va="center", ha="left", parse_math=False)
    axes.set(xlim=(-0.03, 1.0), ylim=(len(lines) - 0.5, -0.5), ylabel=ylabel, title=title)
    axes.set_xticks([])
    axes.set_yticks(range(len(lines)) if labels else [], labels or [])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes
