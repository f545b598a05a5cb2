"""The wire format: what may cross comes back equal, and everything else is a WireError and nothing worse."""

from __future__ import annotations

import contextlib
import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder import wire
from autograder.callables import code
from autograder.errors import WireError
from autograder.wire import Handle, dumps, loads

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.builds(Handle, st.integers(0, 1000), st.text(max_size=10))
    | hnp.arrays(st.sampled_from(sorted(wire.DTYPES)), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, np.ndarray):
        return (
            isinstance(right, np.ndarray)
            and left.dtype == right.dtype
            and left.shape == right.shape
            and left.tobytes() == right.tobytes()
        )
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, float) and math.isnan(left):
        return isinstance(right, float) and math.isnan(right)
    return type(left) is type(right) and left == right


def frame(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + data


@given(VALUES)
def test_a_value_comes_back_with_its_types_and_bits(value: Any) -> None:
    assert same(value, loads(dumps(value)))


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_numpys_scalars_cross_when_they_are_no_finite_numbers(text: str) -> None:
    # They are floats by inheritance, but their repr is "np.float64(nan)".
    assert repr(loads(dumps([np.float64(text)]))) == f"[{text}]"


def test_tuples_come_back_as_lists_and_big_endian_arrays_in_little_endian_order() -> None:
    assert loads(dumps((1, (2, 3)))) == [1, [2, 3]]
    array = np.arange(3, dtype=">f8")
    back = loads(dumps(array))
    assert back.dtype.str == "<f8" and np.array_equal(back, array)


def test_a_view_with_strides_arrives_as_it_looks() -> None:
    array = np.arange(12.0).reshape(3, 4).T[::2]
    assert np.array_equal(loads(dumps(array)), array)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_value_or_a_wire_error(message: bytes) -> None:
    with contextlib.suppress(WireError):
        loads(message)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["array", "dict", "handle", "float", "code", "x", ""]), inner, max_size=2
        )
        | st.fixed_dictionaries({"array": st.tuples(st.sampled_from(["<f8", "|O", "|b1", "<U4"]), inner)})
    ),
    max_leaves=10,
)


@settings(max_examples=400)
@given(JSON, st.binary(max_size=64))
def test_well_framed_nonsense_is_a_value_or_a_wire_error(header: Any, data: bytes) -> None:
    with contextlib.suppress(WireError):
        loads(frame(header, data))


@given(VALUES, st.data())
def test_a_message_cut_short_or_continued_is_a_wire_error(value: Any, data: st.DataObject) -> None:
    message = dumps(value)
    with pytest.raises(WireError):
        loads(message[: data.draw(st.integers(0, len(message) - 1))])
    with pytest.raises(WireError, match="longer than its header says"):
        loads(message + b"\0")


@given(VALUES, st.data())
def test_a_message_with_one_bit_turned_is_a_value_or_a_wire_error(value: Any, data: st.DataObject) -> None:
    message = bytearray(dumps(value))
    message[data.draw(st.integers(0, len(message) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(WireError):
        loads(bytes(message))


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"array": ["|O", [1]]}, "element type cannot be received"),
        ({"array": ["<U4", [1]]}, "element type cannot be received"),
        ({"array": [">f8", [1]]}, "element type cannot be received"),
        ({"array": ["<f8", [-1]]}, "shape is not valid"),
        ({"array": ["<f8", [True]]}, "shape is not valid"),
        ({"array": ["<f8", [1.0]]}, "shape is not valid"),
        ({"array": ["<f8", [1] * 17]}, "shape is not valid"),
        ({"array": ["<f8", [2**31]]}, "shape is not valid"),
        ({"array": ["<f8", [2**30, 2**30, 2**30]]}, "arrays of a message are too large"),
        ({"array": ["<f8", [wire.MAX_ARRAY_BYTES // 8 + 1]]}, "arrays of a message are too large"),
        ({"array": ["<f8"]}, "no known form"),
        ({"handle": [True, "Model"]}, "no known form"),
        ({"handle": ["1", "Model"]}, "no known form"),
        ({"float": "1e5"}, "no known form"),
        ({"code": "lambda: 1"}, "no known form"),
        ({"unknown": 1}, "no known form"),
        ({"array": 1, "dict": 2}, "no known form"),
        ({}, "no known form"),
        (b"NaN", "finite or tagged"),
        (b"-Infinity", "finite or tagged"),
        (b"1e999", "finite or tagged"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 5000, "not valid JSON"),
        (2**63, "does not fit in 64 bits"),
        ("x" * (wire.MAX_TEXT + 1), "a text is too long"),
        ({"dict": {"x" * (wire.MAX_TEXT + 1): 1}}, "a text is too long"),
        ([0] * wire.MAX_NODES, "too many values"),
    ],
)
def test_every_malformed_header_is_named(header: Any, text: str) -> None:
    with pytest.raises(WireError, match=text):
        loads(frame(header, b"\0" * 64))


def test_nesting_up_to_the_limit_passes_and_one_level_more_does_not() -> None:
    value: Any = 0
    for _ in range(wire.MAX_DEPTH):
        value = [value]
    assert loads(dumps(value)) == value
    with pytest.raises(WireError, match="nested too deeply"):
        dumps([value])
    with pytest.raises(WireError, match="nested too deeply"):
        loads(frame([value]))


def test_an_array_over_the_limit_is_refused_before_its_bytes_are_asked_for() -> None:
    asked = []

    def take(count: int) -> bytes:
        asked.append(count)
        return message[sum(asked[:-1]) : sum(asked)]

    message = frame({"array": ["|u1", [wire.MAX_ARRAY_BYTES + 1]]})
    with pytest.raises(WireError, match="too large"):
        wire.read(take)
    assert sum(asked) == len(message)


def test_several_arrays_share_one_limit() -> None:
    half = {"array": ["|u1", [wire.MAX_ARRAY_BYTES // 2 + 1]]}
    with pytest.raises(WireError, match="too large"):
        loads(frame([half, half], b"\0" * (wire.MAX_ARRAY_BYTES + 2)))


def test_a_header_over_the_limit_is_refused_by_its_length_alone() -> None:
    with pytest.raises(WireError, match="header is too long"):
        loads(struct.pack("<I", wire.MAX_HEADER_BYTES + 1))


def test_functions_arrive_only_where_they_are_accepted() -> None:
    message = dumps(code("lambda z: z**2"))
    with pytest.raises(WireError):
        loads(message)
    assert loads(message, accept_code=True)(3.0) == 9.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (object(), "received object"),
        (2**63, "does not fit in 64 bits"),
        ({1: 2}, "dict keys must be strings"),
        (np.array(["a"]), "element type cannot be sent"),
        (np.array([object()]), "element type cannot be sent"),
        (np.datetime64("2020-01-01"), "element type cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_named(value: Any, text: str) -> None:
    with pytest.raises(WireError, match=text):
        dumps(value)


def test_other_objects_stay_behind_under_a_number() -> None:
    kept: list[Any] = []

    def keep(value: Any) -> Handle:
        kept.append(value)
        return Handle(len(kept), type(value).__name__)

    model = object()
    assert loads(dumps({"model": model}, keep)) == {"model": Handle(1, "object")}
    assert kept == [model]


def test_a_handle_cannot_bring_an_endless_name() -> None:
    assert len(loads(frame({"handle": [1, "x" * 5000]})).type_name) == 100
