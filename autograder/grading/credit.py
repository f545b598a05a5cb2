"""What a test cell of an ordinary nbgrader assignment earns: from how it ended, and from its value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from autograder.results import CheckResult, Outcome
from autograder.sandbox.cell_run import CellRun

# As Python and NumPy write a number: `float()` would also take "nan", "1_0" and full-width digits.
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_VALUE = re.compile(rf"(?:(?:np|numpy)\.(?:float|int|uint)[0-9]*\()?(?P<number>{_NUMBER})(?P<close>\))?")
_ROUNDING = 1e-9
"""Relative: ten times 0.1 is not 1 in binary, and a sum of parts must not miss or exceed the whole."""
_LONGEST = 80


def credit(text: str, points: float) -> float | None:
    """Points that a cell's value stands for.

    Args:
        text: the value as the notebook shows it.
        points: the most that the cell can earn.

    Returns:
        A number in [0, ``points``]; None when the text is anything but the Python or NumPy form of one.

    Example:
        >>> credit("1.5", 2.0), credit("np.float64(0.25)", 2.0), credit("True", 2.0), credit("-1", 2.0)
        (1.5, 0.25, None, None)
    """
    found = _VALUE.fullmatch(text.strip())
    if found is None or text.strip().endswith(")") != text.strip().startswith(("np.", "numpy.")):
        return None
    value = float(found["number"])
    most = points * (1 + _ROUNDING)
    return min(max(value, 0.0), points) if math.isfinite(value) and 0.0 <= value <= most else None


def judge(name: str, check: str, points: float, run: CellRun) -> CheckResult:
    """The result of a test cell that was run.

    An error, or a kernel that ended, is 0; no value is all of the points; a number is as many points. Any
    other value decides nothing: the instructor meant something by it that nobody should guess. What is
    printed, and every warning, counts for nothing.

    Args:
        name: the cell's ``grade_id``.
        check: what the report calls it.
        points: the most that it can earn.
        run: how it went.
    """
    if run.status != "ok":
        # An error without words is its name and a colon.
        message = run.reason.rstrip(": ") if run.status == "error" else f"the test did not end: {run.reason}"
        return CheckResult(name, check, points, (_failed(name, message),), seconds=run.seconds)
    values = [_text(output) for output in run.outputs if output.get("output_type") == "execute_result"]
    earned = points if not values else None
    if len(values) == 1 and values[0] is not None:
        earned = credit(values[0], points)
    if earned is None:
        shown = "several values" if len(values) > 1 else _short(values[0])
        reason = f"the test gave {shown}, and partial credit is one number from 0 to {points:g}"
        return CheckResult(name, check, points, seconds=run.seconds, reason=reason, by_hand=True)
    return CheckResult(name, check, points, _shares(name, earned, points), seconds=run.seconds)


def _shares(name: str, earned: float, points: float) -> tuple[Outcome, ...]:
    """The earned and the missing part of the points, of those that are not nothing."""
    passed = Outcome("test", True, "", label=name, weight=earned or 1.0)
    if earned >= points:
        return (passed,)
    failed = _failed(name, f"the test gave {earned:g} of {points:g} points", points - earned)
    return (passed, failed) if earned else (failed,)


def _failed(name: str, message: str, weight: float = 1.0) -> Outcome:
    return Outcome("test", False, message, label=name, weight=weight)


def _text(output: Mapping[str, Any]) -> str | None:
    data = output.get("data")
    text = data.get("text/plain") if isinstance(data, Mapping) else None
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else None


def _short(text: str | None) -> str:
    if text is None:
        return "a value without text"
    line = " ".join(text.split())
    return repr(line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…")
