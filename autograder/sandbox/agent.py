"""Calls the student's functions, inside the sandbox, for the grader outside it.

One request and one reply are one wire message each::

    {"id": 1, "function": "f", "args": [...], "kwargs": {...}}    {"id": 1, "value": ...}
    {"id": 2, "seed": 7}                                          {"id": 2, "error": "`f` raised ..."}
    {"bye": true}                                                 (none: back to the kernel's own loop)

The student can replace all of this, and change no answers but their own: the grader checks every byte of a
reply.
"""

from __future__ import annotations

import random
import socket
import sys
from typing import Any

from autograder import calling, wire
from autograder.errors import StudentError, WireError

_connection: socket.socket | None = None
_objects: dict[int, Any] = {}
"""What could not cross, by the number of its handle; emptied by every seed, that is, for every check."""


def attach(descriptor: int) -> None:
    """Takes over the socket whose other end the grader holds."""
    global _connection
    _connection = socket.socket(fileno=descriptor)


def serve() -> None:
    """Answers requests in the notebook's namespace until the grader says bye or goes away."""
    from IPython import get_ipython

    namespace = get_ipython().user_ns
    while True:
        try:
            request = wire.read(_take, accept_code=True)
        except (EOFError, OSError, WireError):
            return
        if not isinstance(request, dict) or "bye" in request:
            return
        _send(_answer(request, namespace))


def _answer(request: dict[str, Any], namespace: dict[str, Any]) -> bytes:
    number = request["id"]
    try:
        if "seed" in request:
            _objects.clear()
            seed(request["seed"])
            return wire.dumps({"id": number, "value": None})
        args = [_held(arg) for arg in request["args"]]
        kwargs = {name: _held(arg) for name, arg in request["kwargs"].items()}
        value = calling.call(namespace, request["function"], args, kwargs)
        return _reply(number, _name(request), value)
    except StudentError as error:
        text = str(error)
    except BaseException as error:
        # SystemExit and KeyboardInterrupt too: what a function raises is its answer, not the agent's end.
        text = calling.describe(_name(request), error)
    return wire.dumps({"id": number, "error": text[: wire.MAX_TEXT]})


def _reply(number: int, function: str, value: Any) -> bytes:
    message = wire.dumps({"id": number, "value": value}, _keep)
    try:
        # The grader ends a kernel whose reply breaks a limit; an honest one is told in words instead.
        wire.loads(message)
    except WireError as error:
        raise StudentError(calling.describe(function, error)) from None
    return message


def _name(request: dict[str, Any]) -> str:
    return str(request.get("function", "seed")).rpartition(":")[2]


def _keep(value: Any) -> wire.Handle:
    number = len(_objects) + 1
    _objects[number] = value
    return wire.Handle(number, type(value).__name__)


def _held(value: Any) -> Any:
    if isinstance(value, wire.Handle):
        if value.id not in _objects:
            raise StudentError("an object of an earlier check is gone")
        return _objects[value.id]
    if isinstance(value, list):
        return [_held(item) for item in value]
    if isinstance(value, dict):
        return {key: _held(item) for key, item in value.items()}
    return value


def seed(number: int) -> None:
    """Seeds the global generators of Python, and of NumPy and Keras where they are imported.

    TensorFlow's is *un*seeded: while it has a global seed, a ``tf.function`` that is made inside a student's
    function draws the same numbers at every call, and correct code would look as if it set a seed itself.

    Args:
        number: the seed; its lowest 32 bits are used, which is all that NumPy takes.
    """
    number %= 1 << 32
    random.seed(number)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(number)
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(number)
    if "tensorflow" in sys.modules:
        # Last, because Keras seeds TensorFlow as well.
        sys.modules["tensorflow"].random.set_seed(None)


def _take(count: int) -> bytearray:
    assert _connection is not None
    # Arrays are views of this buffer: a bytearray makes them writable, as in the student's own notebook.
    buffer = bytearray(count)
    view = memoryview(buffer)
    while view:
        received = _connection.recv_into(view)
        if not received:
            raise EOFError
        view = view[received:]
    return buffer


def _send(message: bytes) -> None:
    assert _connection is not None
    _connection.sendall(message)
