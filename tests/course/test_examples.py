from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType

import keras
import pytest
import tensorflow as tf

import course.data
import course.distributions
import course.layers
import course.models
import course.plotting
import course.training


def _modules() -> list[ModuleType]:
    packages = (
        course.data,
        course.distributions,
        course.layers,
        course.models,
        course.plotting,
        course.training,
    )
    names = [
        f"{package.__name__}.{module.name}"
        for package in packages
        for module in pkgutil.iter_modules(package.__path__)
    ]
    return [importlib.import_module(name) for name in [*names, "course.validation"]]


@pytest.mark.parametrize("module", _modules(), ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_run(module: ModuleType) -> None:
    names = {**vars(course.layers), **vars(course.distributions), **vars(module), "tf": tf, "keras": keras}
    results = doctest.testmod(module, globs=names)
    assert results.failed == 0
