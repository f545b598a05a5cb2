"""The one table of models. Each file ``rows_*.py`` here gives some of its rows; a test that takes ``row``
runs for each of them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest


@dataclass(frozen=True)
class ModelRow:
    """A model as the shared properties see it.

    Args:
        name: of the row.
        cls: the model's class.
        make: a new, uncompiled model, small enough to fit a few batches in a second; takes keyword arguments
            for the constructor.
        data: arguments of ``fit`` (x, or x and y), some dozens of rows.
        compile: arguments of ``compile`` apart from ``jit_compile``.
        call: keyword arguments that make a call deterministic, ``sample=False`` for example.
        no_jit: why Keras or TensorFlow cannot compile it with XLA; empty when it can.
        no_mixed: why it has no mixed precision; empty when it has.
    """

    name: str
    cls: type
    make: Callable[..., keras.Model]
    data: Callable[[np.random.Generator], tuple[Any, ...]]
    compile: dict[str, Any] = field(default_factory=lambda: {"optimizer": "adam"})
    call: dict[str, Any] = field(default_factory=dict)
    no_jit: str = ""
    no_mixed: str = ""

    def fitted(
        self, rng: np.random.Generator, *, jit: bool = False, **more: Any
    ) -> tuple[keras.Model, Any, Any]:
        """A model after one epoch, its history and the inputs."""
        model = self.make(**more)
        model.compile(**self.compile, jit_compile=jit)
        arguments = self.data(rng)
        history = model.fit(*arguments, batch_size=8, epochs=1, verbose=0)
        return model, history.history, arguments[0]


def _rows() -> list[ModelRow]:
    rows = []
    for path in sorted(Path(__file__).parent.glob("rows_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        rows += module.rows(ModelRow)
    return rows


TABLE = _rows()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = {
        "row": TABLE,
        "jit_row": [row for row in TABLE if not row.no_jit],
        "mixed_row": [row for row in TABLE if not row.no_mixed],
    }
    for name, rows in chosen.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows, ids=[row.name for row in rows])


@pytest.fixture
def table() -> list[ModelRow]:
    return TABLE


@pytest.fixture(autouse=True, scope="module")
def _fresh_keras() -> Iterator[None]:
    yield
    keras.backend.clear_session()
