from __future__ import annotations

import pytest

from course.errors import ArgumentError, CourseError, NestedLayerError
from course.validation import int_tuple, one_of, positive_float, positive_int, probability


def test_a_message_states_rule_place_expected_received_and_fix() -> None:
    error = ArgumentError(
        "`std` is positive", where="prior", expected="std > 0", received=-1.0, fix="take |std|"
    )
    assert str(error) == "prior: `std` is positive (expected std > 0, received -1.0); take |std|"


def test_keras_can_rebuild_an_error_from_its_text() -> None:
    text = str(NestedLayerError("a rule", received=0))
    assert str(NestedLayerError(text)) == text
    assert issubclass(NestedLayerError, CourseError) and issubclass(CourseError, ValueError)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", None])
def test_a_count_is_a_positive_integer(value: object) -> None:
    with pytest.raises(
        ArgumentError, match=rf"`units` is a positive integer .expected units ≥ 1, received units={value!r}"
    ):
        positive_int(value, "units")


@pytest.mark.parametrize("value", [0.0, -0.1, float("nan"), float("inf"), True, "1"])
def test_a_std_is_positive_and_finite(value: object) -> None:
    with pytest.raises(ArgumentError, match=r"`std` is positive .expected std > 0, received std="):
        positive_float(value, "std")


@pytest.mark.parametrize("value", [0.0, 1.0, 1.5, float("nan")])
def test_a_probability_is_inside_the_unit_interval(value: float) -> None:
    with pytest.raises(ArgumentError, match=r"expected 0 < p < 1"):
        probability(value, "p")


def test_a_choice_names_the_choices() -> None:
    with pytest.raises(
        ArgumentError, match=r"unknown `padding` .expected one of 'valid', 'same', received padding='full'"
    ):
        one_of("full", ("valid", "same"), "padding")


def test_a_size_has_one_entry_a_dimension() -> None:
    assert int_tuple(3, 2, "size") == (3, 3)
    assert int_tuple([2, 3], 2, "size") == (2, 3)
    with pytest.raises(ArgumentError, match=r"expected an integer or 2 integers, received size=.1, 2, 3."):
        int_tuple([1, 2, 3], 2, "size")
