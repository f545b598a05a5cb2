"""Degenerate test points are found in the arguments of recorded calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.certify.points import RecordingStudent, places
from autograder.checks import Answer, code
from autograder.checks.answers import in_namespace


def reasons(*calls: dict[str, Any]) -> dict[str, str]:
    return {line.argument: line.degenerate for line in places([[("f", arguments) for arguments in calls]])}


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("std", 1.0, "variance equals a standard deviation"),
        ("variance", np.ones(4), "variance equals a standard deviation"),
        ("mean", 0.0, "a forgotten term is invisible"),
        ("log_var", np.zeros((3, 2)), "a forgotten term is invisible"),
        ("theta", 2.0, "2θ = θ²"),
        ("weights", np.arange(9.0).reshape(3, 3), "is square"),
        ("x", np.arange(12.0).reshape(3, 2, 2), "is square"),
        ("x", np.arange(4.0).reshape(1, 4), "a batch of one"),
    ],
)
def test_points_at_which_mistakes_hide_are_named(argument: str, value: Any, words: str) -> None:
    assert words in reasons({argument: value})[argument]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("std", 0.7),
        ("std", np.array([1.0, 0.4])),
        ("mean", 1.2),
        ("theta", 1.6),
        ("x", 1.0),
        ("x", np.zeros((4, 3))),
        ("x", np.arange(4.0)),
        ("labels", np.array([[0, 1], [1, 0]])),
    ],
)
def test_other_points_are_let_be(argument: str, value: Any) -> None:
    assert reasons({argument: value})[argument] == ""


def test_a_second_call_elsewhere_repairs_a_degenerate_one() -> None:
    assert reasons({"std": 1.0}, {"std": 0.5}) == {"std": ""}
    assert reasons({"std": 1.0}, {"std": 1.0})["std"]


def test_one_unlucky_hidden_input_is_enough() -> None:
    runs = [[("f", {"std": 0.5})], [("f", {"std": 1.0})]]
    (line,) = places(runs)
    assert line.degenerate and line.seen == "0.5 to 1"


def test_of_a_list_of_arrays_each_has_to_be_degenerate() -> None:
    square, other = np.arange(9.0).reshape(3, 3), np.arange(6.0).reshape(3, 2)
    assert reasons({"weights": [square, other]})["weights"] == ""
    assert "is square" in reasons({"weights": [square, square]})["weights"]
    assert reasons({"weights": [other]})["weights"] == ""
    assert reasons({"sizes": [3.0, 4.0]})["sizes"] == ""


def test_what_is_no_choice_of_the_author_is_left_out() -> None:
    answer = Answer(lambda: 0.0)
    assert reasons({"mean": answer, "f": code("lambda z: z"), "name": "x", "flag": True, "none": None}) == {}


def test_arguments_are_recorded_by_name_and_shapes_are_listed() -> None:
    def f(x: Any, std: float = 0.3) -> Any:
        return x * std

    student = RecordingStudent(in_namespace({"f": f}), {"f": f})
    student.f(np.ones((4, 3)), std=0.6)
    student.f(np.ones((5, 3)), 0.7)
    lines = {line.argument: line.seen for line in places([student.calls])}
    assert lines == {"x": "1; shape (4, 3), (5, 3)", "std": "0.6 to 0.7"}
