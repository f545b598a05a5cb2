from __future__ import annotations

from typing import Any

import keras

import course.layers


def test_every_exported_layer_stands_in_the_table(table: list[Any]) -> None:
    exported = {
        value
        for value in vars(course.layers).values()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer)
    }
    assert exported == {row.cls for row in table}


def test_every_layer_is_registered_under_the_courses_name(row: Any) -> None:
    assert keras.saving.get_registered_name(row.cls) == f"course>{row.cls.__name__}"


def test_every_layer_has_a_documented_shape_example_and_source(row: Any) -> None:
    text = row.cls.__doc__
    for part in ("Args:", "Call arguments:", "Output shape:", "Example:", "Source:"):
        assert part in text, part


def test_the_documented_example_runs(row: Any) -> None:
    import doctest

    import tensorflow as tf

    names = {**vars(course.layers), "tf": tf, "keras": keras}
    test = doctest.DocTestParser().get_doctest(row.cls.__doc__, names, row.cls.__name__, None, None)
    assert test.examples
    results = doctest.DocTestRunner().run(test)
    assert results.failed == 0
