"""The only form in which data crosses the trust boundary: arrays, numbers, text, lists, dicts, handles.

A message is a JSON header, preceded by its length as four little-endian bytes, followed by the
raw bytes of the arrays in the order in which the header names them. What JSON lacks is a
single-key object in the header::

    {"array": [dtype, shape]}   {"dict": {...}}   {"float": "nan"}
    {"handle": [id, type]}      {"code": "lambda ..."}

Decoding never executes, imports or unpickles anything; every limit is checked before the memory
it guards is taken. The module is used on both sides, but only the trusted side relies on its checks.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.callables import Code
from autograder.errors import WireError

MAX_DEPTH = 8
"""Nesting levels of lists and dicts."""
MAX_NODES = 20_000
"""Values in one message, containers included."""
MAX_HEADER_BYTES = 1 << 20
"""Length of the JSON header in bytes."""
MAX_ARRAY_BYTES = 64 << 20
"""All arrays of one message together, in bytes."""
MAX_DIMENSIONS = 16
MAX_TEXT = 100_000
"""Length of one string in characters."""

DTYPES = frozenset(
    ["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"]
)
"""Element types that may cross: plain numbers in little-endian order; never objects or strings."""

_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Handle:
    """A name for an object that stays in the sandbox (a Keras model, an optimiser).

    Args:
        id: number under which the agent keeps the object.
        type_name: class name as the sandbox tells it; display only, never believed.
    """

    id: int
    type_name: str = "object"


Keep = Callable[[Any], Handle]


def plain(value: Any) -> Any:
    """``value`` with tensors, variables and NumPy scalars as arrays and containers as lists and dicts.

    Objects of other types are returned unchanged.
    """
    if value is None or isinstance(value, (bool, int, float, str, Code, Handle)):
        return value
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, np.generic):
        return np.asarray(value)
    if isinstance(value, complex):
        return np.asarray(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    to_numpy = getattr(value, "numpy", None)
    if callable(to_numpy):
        return np.asarray(to_numpy())
    return value


def dumps(value: Any, keep: Keep | None = None) -> bytes:
    """Encodes one message.

    Args:
        value: arrays, tensors, numbers, booleans, None, strings, lists, tuples, dicts with string
            keys, ``Code`` and ``Handle``, nested.
        keep: turns any other object into a ``Handle``; without it such an object is an error.

    Returns:
        The message's bytes.

    Raises:
        WireError: a value cannot be sent; says which type.

    Example:
        >>> loads(dumps({"loss": 0.5, "shape": [2, 3]}))
        {'loss': 0.5, 'shape': [2, 3]}
    """
    buffers: list[bytes] = []
    header = json.dumps(_encode(value, buffers, keep, 0), allow_nan=False, separators=(",", ":")).encode()
    return b"".join([_LENGTH.pack(len(header)), header, *buffers])


def _encode(value: Any, buffers: list[bytes], keep: Keep | None, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise WireError("a value is nested too deeply", expected=f"at most {MAX_DEPTH} levels")
    value = value if isinstance(value, (list, tuple, dict)) else plain(value)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 63:
            raise WireError("an integer does not fit in 64 bits", received=f"{value:.3e}")
        return value
    if isinstance(value, float):
        # float(): NumPy's scalars are floats that spell themselves "np.float64(nan)".
        return value if math.isfinite(value) else {"float": repr(float(value))}
    if isinstance(value, np.ndarray):
        return _encode_array(value, buffers)
    if isinstance(value, (list, tuple)):
        return [_encode(item, buffers, keep, depth + 1) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise WireError("dict keys must be strings")
        return {"dict": {k: _encode(v, buffers, keep, depth + 1) for k, v in value.items()}}
    if isinstance(value, Code):
        return {"code": value.source}
    if isinstance(value, Handle):
        return {"handle": [value.id, value.type_name]}
    if keep is not None:
        handle = keep(value)
        return {"handle": [handle.id, handle.type_name]}
    raise WireError(
        "a value cannot be sent",
        expected="numbers, arrays, text, lists or dicts",
        received=type(value).__name__,
    )


def _encode_array(array: np.ndarray, buffers: list[bytes]) -> dict[str, Any]:
    array = np.ascontiguousarray(array).reshape(array.shape)
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    if array.dtype.str not in DTYPES:
        raise WireError(
            "an array's element type cannot be sent",
            expected="booleans, integers, float16/32/64 or complex64/128",
            received=str(array.dtype),
        )
    buffers.append(array.tobytes())
    return {"array": [array.dtype.str, list(array.shape)]}


def loads(message: bytes, *, accept_code: bool = False) -> Any:
    """Decodes one whole message; see :func:`read` for the rules."""
    position = 0

    def take(count: int) -> bytes:
        nonlocal position
        if position + count > len(message):
            raise WireError("a message ends before its data")
        position += count
        return message[position - count : position]

    value = read(take, accept_code=accept_code)
    if position != len(message):
        raise WireError("a message is longer than its header says")
    return value


def read(take: Callable[[int], bytes | bytearray], *, accept_code: bool = False) -> Any:
    """Reads and decodes one message from a stream.

    Args:
        take: returns exactly the number of bytes that it is asked for, or raises.
        accept_code: whether functions may arrive; only for what the trusted side wrote.

    Returns:
        The value; lists for tuples, ``Handle`` for objects that stayed behind.

    Raises:
        WireError: the message is malformed, of an unknown form, or over a limit of this module.
    """
    (length,) = _LENGTH.unpack(take(_LENGTH.size))
    if length > MAX_HEADER_BYTES:
        raise WireError(
            "a message header is too long", expected=f"at most {MAX_HEADER_BYTES} bytes", received=length
        )
    try:
        header = json.loads(take(length), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise WireError("a message header is not valid JSON") from None
    return _Decoder(take, accept_code).decode(header, 0)


def _no_constant(name: str) -> Any:
    raise WireError("a number must be finite or tagged", received=name)


class _Decoder:
    def __init__(self, take: Callable[[int], bytes | bytearray], accept_code: bool) -> None:
        self._take, self._accept_code = take, accept_code
        self._nodes = self._bytes = 0

    def decode(self, node: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise WireError("a message has too many values", expected=f"at most {MAX_NODES}")
        if depth > MAX_DEPTH:
            raise WireError("a value is nested too deeply", expected=f"at most {MAX_DEPTH} levels")
        if isinstance(node, str):
            if len(node) > MAX_TEXT:
                raise WireError("a text is too long", expected=f"at most {MAX_TEXT} characters")
            return node
        if isinstance(node, int) and not isinstance(node, bool):
            if not -(1 << 63) <= node < 1 << 63:
                raise WireError("an integer does not fit in 64 bits")
            return node
        if isinstance(node, float) and not math.isfinite(node):
            raise WireError("a number must be finite or tagged", received=node)
        if node is None or isinstance(node, (bool, float)):
            return node
        if isinstance(node, list):
            return [self.decode(item, depth + 1) for item in node]
        if isinstance(node, dict) and len(node) == 1:
            ((tag, body),) = node.items()
            return self._tagged(tag, body, depth)
        raise WireError("a value has no known form")

    def _tagged(self, tag: str, body: Any, depth: int) -> Any:
        match tag, body:
            case "array", [str() as dtype, list() as shape]:
                return self._array(dtype, shape)
            case "dict", dict():
                return {self._key(k): self.decode(v, depth + 1) for k, v in body.items()}
            case "handle", [int() as number, str() as type_name] if not isinstance(number, bool):
                return Handle(number, type_name[:100])
            case "float", ("nan" | "inf" | "-inf") as text:
                return float(text)
            case "code", str() as source if self._accept_code:
                return Code(source)
        raise WireError("a value has no known form", received=tag[:40])

    @staticmethod
    def _key(key: str) -> str:
        if len(key) > MAX_TEXT:
            raise WireError("a text is too long", expected=f"at most {MAX_TEXT} characters")
        return key

    def _array(self, dtype: str, shape: list[Any]) -> np.ndarray:
        if dtype not in DTYPES:
            raise WireError("an array's element type cannot be received", received=dtype[:40])
        if len(shape) > MAX_DIMENSIONS or not all(
            isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 1 << 31 for n in shape
        ):
            raise WireError("an array's shape is not valid", received=str(shape)[:60])
        # Python integers: the product of hostile dimensions must not wrap around.
        count = math.prod(shape) * np.dtype(dtype).itemsize
        self._bytes += count
        if self._bytes > MAX_ARRAY_BYTES:
            raise WireError(
                "the arrays of a message are too large",
                expected=f"at most {MAX_ARRAY_BYTES} bytes",
                received=self._bytes,
            )
        try:
            if not count:
                return np.zeros(shape, dtype)
            return np.frombuffer(self._take(count), dtype).reshape(shape)
        except ValueError:
            raise WireError("an array's shape is not valid", received=str(shape)[:60]) from None
