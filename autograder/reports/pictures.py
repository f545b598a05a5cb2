"""Pictures of failed outcomes: each function takes plain numbers and an Axes, and returns the Axes.

Matplotlib is imported when the first picture is drawn: a check that passes never waits for it.
"""

from __future__ import annotations

import base64
import io
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

YOURS, RIGHT, QUIET = "#d55e00", "#0072b2", "#6e7781"
"""Orange and blue that colour-blind eyes tell apart, and grey."""

WIDTH, HEIGHT, DPI = 5.6, 2.5, 110
"""Inches, and pixels per inch."""

MAX_PICTURES = 3
"""Pictures of one check; more would bury the sentences."""

_MARKED = 24
"""Entries up to which each is numbered on the axis."""


def error_map(magnitude: Sequence[Sequence[float]], axes: Axes, *, shape: Sequence[int] = ()) -> Axes:
    """Which entries are wrong, and by how much.

    Args:
        magnitude: table of log10(error / tolerance); 0 and less is right.
        axes: where to draw.
        shape: the array's own shape, for the labels.
    """
    table = np.atleast_2d(np.asarray(magnitude, dtype=np.float64))
    wrong = np.ma.masked_less_equal(table, 0.0)
    top = float(max(table.max(), 1.0))
    axes.set_facecolor("#ddf4e4")  # what is right shows the background
    rows, columns = _rows_and_columns(shape, table.shape)
    # Cells may hold neighbours: the axes count the array's own rows and columns.
    image = axes.imshow(
        wrong,
        vmin=0.0,
        vmax=top,
        cmap="OrRd",
        aspect="auto",
        interpolation="none",
        extent=(-0.5, columns - 0.5, rows - 0.5, -0.5),
    )
    bar = axes.figure.colorbar(image, ax=axes)
    bar.set_label("error / tolerance, log₁₀")
    stacked = " of all blocks" if len(shape) > 2 else ""
    axes.set(xlabel="column", ylabel=f"row{stacked}", title="green: right; the darker, the farther off")
    axes.set_xticks(_ticks(columns))
    axes.set_yticks(_ticks(rows, _MARKED // 3))
    return axes


def _rows_and_columns(shape: Sequence[int], cells: tuple[int, ...]) -> tuple[int, int]:
    """Of an array whose leading axes are stacked; the cells' own numbers where its shape is not known."""
    if len(shape) < 2:
        return cells[0], cells[1]
    return math.prod(shape[:-1]), shape[-1]


def entries(
    got: Sequence[float], expected: Sequence[float], wrong: Sequence[bool], axes: Axes, *, length: int = 0
) -> Axes:
    """Your numbers beside the right ones, entry by entry.

    Args:
        got: what was returned.
        expected: what was asked for.
        wrong: which entries are wrong.
        axes: where to draw.
        length: entries of the whole array, when only its beginning is shown.
    """
    index = np.arange(len(got))
    mine, right, off = np.asarray(got, np.float64), np.asarray(expected, np.float64), np.asarray(wrong, bool)
    axes.vlines(index[off], np.minimum(mine, right)[off], np.maximum(mine, right)[off], color=QUIET, lw=0.8)
    axes.plot(index, right, "o", color=RIGHT, mfc="none", ms=6, label="right")
    if not off.all():
        axes.plot(index[~off], mine[~off], ".", color=RIGHT, ms=5, label="yours, right")
    axes.plot(index[off], mine[off], "x", color=YOURS, ms=6, label="yours, wrong")
    part = f", the first {len(got)} of {length}" if length > len(got) else ""
    axes.set(xlabel=f"index{part}", ylabel="value")
    axes.set_xticks(_ticks(len(got)))
    if np.isfinite(mine).all() and np.ptp(mine) > 1e3 * max(float(np.ptp(right)), 1e-300):
        # A power of ten, or the ticks next to zero would stand upon each other.
        axes.set_yscale("symlog", linthresh=10.0 ** math.ceil(math.log10(max(np.abs(right).max(), 1e-12))))
    _legend(axes)
    return axes


def histogram(
    counts: Sequence[float],
    edges: Sequence[float],
    axes: Axes,
    *,
    mean: float | None = None,
    estimate: float | None = None,
    half_width: float | None = None,
    expected: Sequence[float] | None = None,
    outside: int = 0,
) -> Axes:
    """Your draws, the mean that they should have and the interval around their own, or their law.

    Args:
        counts: draws in each bin.
        edges: the bins' edges, one more.
        axes: where to draw.
        mean: the true mean.
        estimate: the mean of the draws.
        half_width: half the length of its interval.
        expected: draws that each bin should hold.
        outside: draws beyond the edges.
    """
    axes.stairs(counts, edges, fill=True, color="#f3c6a5", label="your draws")
    if expected is not None:
        axes.stairs(expected, edges, color=RIGHT, lw=1.6, label="the law that was asked for")
    if mean is not None:
        axes.axvline(mean, color=RIGHT, ls="--", lw=1.8, label=f"true mean {mean:.4g}")
    if estimate is not None and half_width is not None:
        width = float(half_width)
        axes.axvspan(estimate - width, estimate + width, color=YOURS, alpha=0.3, lw=0)
        axes.axvline(estimate, color=YOURS, lw=1.8, label=f"your mean {estimate:.4g}, ± 4 s.e.")
    beyond = f" ({outside} more lie outside)" if outside else ""
    axes.set(xlabel=f"one draw{beyond}", ylabel="number of draws")
    _legend(axes)
    return axes


def variance_curve(
    sizes: Sequence[float], measured: Sequence[float], theory: Sequence[float], axes: Axes
) -> Axes:
    """How far averages of N of your draws are from the true mean, against what it should be, on a log scale.

    Args:
        sizes: N, growing.
        measured: mean squared error of averages of N draws.
        theory: what it should be.
        axes: where to draw.
    """
    axes.plot(sizes, theory, "-", color=RIGHT, label="variance / N, as it should be")
    axes.plot(sizes, measured, "o", color=YOURS, label="yours")
    axes.set(xlabel="draws N in an average", ylabel="mean squared error")
    axes.set_xscale("log")
    if np.all(np.asarray(measured, np.float64) > 0):
        axes.set_yscale("log")
    else:
        axes.set_yscale("symlog", linthresh=float(min(theory)))
    _legend(axes)
    return axes


def loss_curves(curves: Mapping[str, Sequence[float]], axes: Axes, *, step: int = 1) -> Axes:
    """Losses by epoch.

    Args:
        curves: values by name; NaN where training broke down.
        axes: where to draw.
        step: epochs from one value to the next.
    """
    styles = ((RIGHT, "-"), (YOURS, "--"), (QUIET, "-."), ("black", ":"))
    everything = [value for values in curves.values() for value in np.asarray(values, np.float64)]
    for (name, values), (color, style) in zip(curves.items(), styles, strict=False):
        # A leading underscore would hide a curve, and dollars would be read as mathematics.
        label = name.replace("$", r"\$").lstrip("_") or "curve"
        epochs = 1 + step * np.arange(len(values))
        axes.plot(epochs, np.asarray(values, np.float64), style, color=color, label=label)
    if min((v for v in everything if np.isfinite(v)), default=0.0) > 0:
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    _legend(axes, above=False)
    return axes


def to_png(picture: Mapping[str, Any]) -> bytes | None:
    """Draws what a claim kept under ``picture``.

    Args:
        picture: made by :mod:`autograder.checks.sketches`, perhaps read back from JSON.

    Returns:
        A PNG image; None when it cannot be drawn: a picture is never the reason why a page is missing.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numbers at the ends of the range of doubles
            axes = _draw(picture, figure.add_subplot())
            axes.spines[["top", "right"]].set_visible(False)
            axes.title.set_fontsize(9)
            buffer = io.BytesIO()
            # Without the version's name in it, the same numbers give the same bytes.
            figure.savefig(buffer, format="png", metadata={"Software": None})
    except Exception:
        return None
    return buffer.getvalue()


def _draw(picture: Mapping[str, Any], axes: Axes) -> Axes:
    p = picture
    match p["kind"]:
        case "error_map":
            return error_map(p["magnitude"], axes, shape=p["shape"])
        case "entries":
            return entries(p["got"], p["expected"], p["wrong"], axes, length=p["length"])
        case "histogram":
            return histogram(
                p["counts"],
                p["edges"],
                axes,
                mean=p.get("mean"),
                estimate=p.get("estimate"),
                half_width=p.get("half_width"),
                expected=p.get("expected"),
                outside=p["outside"],
            )
        case "variance_curve":
            return variance_curve(p["sizes"], p["measured"], p["theory"], axes)
    return loss_curves(p["curves"], axes, step=p["step"])


def data_uri(picture: Mapping[str, Any]) -> str:
    """The picture as text that stands in a page; empty when it cannot be drawn."""
    image = to_png(picture)
    return f"data:image/png;base64,{base64.b64encode(image).decode()}" if image else ""


def alt_text(picture: Mapping[str, Any]) -> str:
    """What the picture shows, in a sentence for those who do not see it."""
    p = picture
    match p["kind"]:
        case "error_map":
            table = np.atleast_2d(np.asarray(p["magnitude"], np.float64))
            wrong = table > 0
            whole = _rows_and_columns(p["shape"], table.shape)
            size = " by ".join(map(str, p["shape"]))
            where = " and ".join(
                _which(_starts(np.any(wrong, axis=1 - axis), whole[axis]), table.shape[axis], one)
                for axis, one in enumerate(("row", "column"))
            )
            kind = "cells" if whole == table.shape else "groups of neighbours"
            count = f"{int(wrong.sum())} of {table.size} {kind} are wrong"
            return f"Map of the errors of an array of {size}: {count}, in {where}."
        case "entries":
            off = [i for i, bad in enumerate(p["wrong"]) if bad]
            return (
                f"Your numbers beside the right ones: {len(off)} of the {len(p['wrong'])} shown are wrong,"
                f" at {_which(off, len(p['wrong']), 'index', 'indices')}."
            )
        case "histogram":
            text = f"Histogram of {int(sum(p['counts']))} of your draws"
            if "expected" in p:
                text += ", with the law that was asked for as a line"
            if "mean" in p:
                text += f"; the true mean is {p['mean']:.4g}"
            if "estimate" in p:
                text += f", yours {p['estimate']:.4g} plus or minus {p['half_width']:.2g}"
            return f"{text}."
        case "variance_curve":
            ratio = float(p["measured"][0]) / float(p["theory"][0])
            return (
                f"Mean squared error of averages of {p['sizes'][0]} to {p['sizes'][-1]} draws: that of one"
                f" draw is {ratio:.3g} times what it should be."
            )
    ends = ", ".join(f"{name} {values[0]:.3g} to {values[-1]:.3g}" for name, values in p["curves"].items())
    return f"Losses over {p['epochs']} epochs: {ends}."


def _starts(wrong: Any, length: int) -> list[int]:
    """Where the wrong ones of equal groups of ``length`` rows or columns begin."""
    return [int(group * length / len(wrong)) for group in np.flatnonzero(wrong)]


def _which(wrong: Sequence[int], total: int, one: str, many: str = "") -> str:
    many = many or f"{one}s"
    if len(wrong) == total:
        return f"all {many}"
    shown = ", ".join(map(str, wrong[:6])) + (", and others" if len(wrong) > 6 else "")
    return f"{one if len(wrong) == 1 else many} {shown}"


def _ticks(count: int, most: int = _MARKED) -> list[int]:
    step = max(1, -(-count // most))
    step = step if step == 1 else 5 * -(-step // 5)
    return list(range(0, count, step))


def _legend(axes: Axes, *, above: bool = True) -> None:
    # Above the axes no legend hides what it explains; names of any length need the room within.
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 3} if above else {}
    axes.legend(fontsize=8, frameon=False, **place)
