"""Calls a function by name and says in a student's words what went wrong.

Used by the agent inside the sandbox and, for functions one trusts, without it.
"""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from autograder import wire
from autograder.errors import StudentError, WireError

_MAX_MESSAGE = 500
_MAX_FRAMES = 3


GRADIENT_OF = "gradient_of:"
"""Prefix: ``"gradient_of:f"`` with ``(wrt, *args)`` differentiates ``f`` by the arguments in ``wrt``."""

PREDICT_WITH = "predict_with:"
"""Prefix: ``"predict_with:model"`` with ``(model, inputs)`` is what a model that a function returned makes of
inputs."""

SOURCE_OF = "source_of:"
"""Prefix: ``"source_of:f"`` is the text that defines ``f``; believed only where the code is trusted."""


def call(namespace: Mapping[str, Any], function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Calls ``namespace[function]`` and returns its result as arrays, numbers and containers.

    Args:
        namespace: where the function is looked up.
        function: its name, perhaps after ``GRADIENT_OF`` or ``SOURCE_OF``.
        args: positional arguments.
        kwargs: keyword arguments.

    Returns:
        The result; tensors become arrays (:func:`autograder.wire.plain`).

    Raises:
        StudentError: there is no such function, or it raised; the message names the student's own line.
    """
    prefix, _, name = function.rpartition(":")
    if f"{prefix}:" == PREDICT_WITH:
        try:
            return wire.plain(_prediction(*args))
        except StudentError:
            raise
        except Exception as error:
            raise StudentError(describe(f"the {name} that was returned", error)) from None
    if name not in namespace:
        raise StudentError(f"`{name}` is not defined; was its cell run, and has it kept its name?")
    target = namespace[name]
    if not callable(target):
        raise StudentError(f"`{name}` should be a function, but it is a {type(target).__name__}")
    try:
        match f"{prefix}:":
            case ":":
                return wire.plain(target(*args, **kwargs))
            case str() as kind if kind == GRADIENT_OF:
                return _gradient(name, target, args[0], list(args[1:]), dict(kwargs))
            case str() as kind if kind == SOURCE_OF:
                return _source(namespace, name, target)
    except StudentError:
        raise
    except Exception as error:
        raise StudentError(describe(name, error)) from None
    raise StudentError(f"there is no call of the form {function!r}")


def _gradient(
    name: str, target: Any, wrt: Sequence[int | str], args: list[Any], kwargs: dict[str, Any]
) -> Any:
    import numpy as np
    import tensorflow as tf

    watched = []
    for key in wrt:
        holder: Any = args if isinstance(key, int) else kwargs
        # A Python float would become float32; the grader works in double precision.
        holder[key] = tf.convert_to_tensor(np.asarray(holder[key]))
        watched.append(holder[key])
    with tf.GradientTape() as tape:
        tape.watch(watched)
        result = target(*args, **kwargs)
    if not tf.is_tensor(result):
        raise StudentError(
            f"`{name}` should return a TensorFlow tensor, to be differentiated,"
            f" not a {type(result).__name__}; is something computed in NumPy?"
        )
    gradients = tape.gradient(result, watched)
    return [None if g is None else np.asarray(tf.convert_to_tensor(g)) for g in gradients]


def _prediction(model: Any, inputs: Any) -> Any:
    if callable(model):
        # A Keras model is called for what it does outside training; no other callable knows the word.
        keras = sys.modules.get("keras")
        options = {"training": False} if keras and isinstance(model, keras.Layer) else {}
        return model(inputs, **options)
    predict = getattr(model, "predict", None)
    if callable(predict):
        return predict(inputs)
    raise StudentError(f"a model should be returned, not a {type(model).__name__}")


def _source(namespace: Mapping[str, Any], name: str, target: Any) -> str:
    import inspect

    cells = namespace.get("In")
    if isinstance(cells, list):  # IPython's record of the cells that were run
        return "\n\n".join(str(cell) for cell in cells)
    try:
        # A plain module, which defines the function under its own name; the last line adds the one asked for.
        own = getattr(target, "__name__", name)
        text = inspect.getsource(inspect.getmodule(target) or target)
    except (OSError, TypeError):
        raise StudentError(f"the text of `{name}` is not to be found") from None
    return text if own == name else f"{text}\n\n{name} = {own}\n"


def describe(function: str, error: BaseException) -> str:
    """One sentence on an exception that left ``function``, with the student's own lines of the traceback."""
    if isinstance(error, NotImplementedError) and not _through_a_library(error.__traceback__):
        return f"`{function}` is not written yet"
    if isinstance(error, WireError):
        return f"`{function}` returned something that cannot be checked: {error}"
    text = f"`{function}` raised {type(error).__name__}"
    message = str(error).strip()
    if message:
        text += f": {message[:_MAX_MESSAGE]}"
    lines = own_lines(error.__traceback__)
    return f"{text}\n{lines}" if lines else text


def _through_a_library(trace: TracebackType | None) -> bool:
    """Whether an error came by way of a library: TensorFlow, too, lacks implementations.

    Any frame tells, not the last: TensorFlow takes its own out of a traceback's end.
    """
    prefixes = (sys.prefix, sys.base_prefix)
    files = [frame.filename for frame in traceback.extract_tb(trace)]
    return any(file.startswith(prefixes) and "/autograder/" not in file for file in files)


def own_lines(trace: TracebackType | None) -> str:
    """The last lines of a traceback that belong to a notebook cell, as text."""
    prefixes = (sys.prefix, sys.base_prefix, "<frozen", "<author")
    frames = [
        frame
        for frame in traceback.extract_tb(trace)
        if not frame.filename.startswith(prefixes) and "/autograder/" not in frame.filename
    ]
    return "\n".join(f"  line {f.lineno} of {f.name}: {_line(f)}" for f in frames[-_MAX_FRAMES:])


def _line(frame: traceback.FrameSummary) -> str:
    return (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
