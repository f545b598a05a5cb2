"""Wrong reverse sweeps of ps01, and what a tutor would say.

As in ``mistakes``, each can stand under the stub of its function: the notebook defines SLOPES.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import mistake

from .reference import SLOPES

_TAPE = "backward"

_IN_TAPE = "ps01 lecture, Automatic differentiation"


# backward


@mistake(
    _TAPE,
    "adjoints were overwritten where they should add up",
    hint="A value that is used twice has two ways to move the result: the sum rule of several variables.",
    lecture=_IN_TAPE,
)
def tape_overwritten(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    first = len(values) - len(tape)
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        for i, slope in zip(arguments, SLOPES[name](*(values[j] for j in arguments)), strict=True):
            adjoints[i] = adjoints[first + k] * slope
    return adjoints


@mistake(
    _TAPE,
    "the tape were read from its beginning",
    hint="An adjoint is complete only when every later use of the value has been seen.",
    lecture=_IN_TAPE,
)
def tape_read_forwards(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    first = len(values) - len(tape)
    for k in range(len(tape)):
        name, *arguments = tape[k]
        for i, slope in zip(arguments, SLOPES[name](*(values[j] for j in arguments)), strict=True):
            adjoints[i] += adjoints[first + k] * slope
    return adjoints


@mistake(
    _TAPE,
    "slopes were added without the adjoint of the operation's own result",
    hint="Local slopes are only one link of the chain; what comes from above is the other.",
    lecture=_IN_TAPE,
)
def tape_slopes_only(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        for i, slope in zip(arguments, SLOPES[name](*(values[j] for j in arguments)), strict=True):
            adjoints[i] += slope
    return adjoints


@mistake(
    _TAPE,
    "slopes were multiplied by the value of the result, not by its adjoint",
    hint="Values run forwards, adjoints backwards: two arrays of one length that are easily confused.",
    lecture=_IN_TAPE,
)
def tape_value_for_adjoint(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    first = len(values) - len(tape)
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        for i, slope in zip(arguments, SLOPES[name](*(values[j] for j in arguments)), strict=True):
            adjoints[i] += values[first + k] * slope
    return adjoints


@mistake(
    _TAPE,
    "operation k were taken to produce value k, as if there were no inputs",
    hint="The first values are the inputs: how far along `values` does the first operation write?",
    lecture=_IN_TAPE,
)
def tape_positions_not_shifted(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        for i, slope in zip(arguments, SLOPES[name](*(values[j] for j in arguments)), strict=True):
            adjoints[i] += adjoints[k] * slope
    return adjoints


@mistake(
    _TAPE,
    "only the first argument of each operation received its share",
    hint="A product has two slopes.",
    lecture=_IN_TAPE,
)
def tape_first_argument_only(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    first = len(values) - len(tape)
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        adjoints[arguments[0]] += adjoints[first + k] * SLOPES[name](*(values[j] for j in arguments))[0]
    return adjoints


@mistake(
    _TAPE,
    "the slopes of an operation's arguments were exchanged",
    hint="The slope of a·b for a is b: `SLOPES` lists them in the order of the arguments.",
    lecture=_IN_TAPE,
)
def tape_slopes_exchanged(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    first = len(values) - len(tape)
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        slopes = SLOPES[name](*(values[j] for j in arguments))
        for i, slope in zip(arguments, slopes[::-1], strict=True):
            adjoints[i] += adjoints[first + k] * slope
    return adjoints


@mistake(
    _TAPE,
    "an argument that occurs twice in one operation were counted once",
    hint="x·x has two arguments that happen to be the same value; its slope is 2x.",
    lecture=_IN_TAPE,
)
def tape_repeats_counted_once(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    first = len(values) - len(tape)
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        slopes = SLOPES[name](*(values[j] for j in arguments))
        for i, slope in dict(zip(arguments, slopes, strict=True)).items():
            adjoints[i] += adjoints[first + k] * slope
    return adjoints


@mistake(
    _TAPE,
    "the first operation of the tape were left out",
    hint="Where does your loop end? The inputs get their adjoints last.",
    lecture=_IN_TAPE,
)
def tape_first_operation_left_out(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = 1.0
    first = len(values) - len(tape)
    for k in range(len(tape) - 1, 0, -1):
        name, *arguments = tape[k]
        for i, slope in zip(arguments, SLOPES[name](*(values[j] for j in arguments)), strict=True):
            adjoints[i] += adjoints[first + k] * slope
    return adjoints


@mistake(
    _TAPE,
    "every adjoint began at 1",
    hint="The result moves one for one with itself; of all other values nothing is known at the start.",
    lecture=_IN_TAPE,
)
def tape_begun_at_one(tape: Any, values: Any) -> Any:
    adjoints = np.ones_like(values)
    first = len(values) - len(tape)
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        for i, slope in zip(arguments, SLOPES[name](*(values[j] for j in arguments)), strict=True):
            adjoints[i] += adjoints[first + k] * slope
    return adjoints


@mistake(
    _TAPE,
    "the last adjoint began at the result and not at 1",
    hint="It is the derivative of the result with respect to itself.",
    lecture=_IN_TAPE,
)
def tape_begun_at_the_result(tape: Any, values: Any) -> Any:
    adjoints = np.zeros_like(values)
    adjoints[-1] = values[-1]
    first = len(values) - len(tape)
    for k in reversed(range(len(tape))):
        name, *arguments = tape[k]
        for i, slope in zip(arguments, SLOPES[name](*(values[j] for j in arguments)), strict=True):
            adjoints[i] += adjoints[first + k] * slope
    return adjoints
