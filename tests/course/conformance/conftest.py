"""The one table of exported layers. A test that takes `row` runs for each of them; `variational_row`
runs for those with a posterior, `noisy_row` for those that draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest

import course.layers as cl
from course.distributions import MeanFieldNormal, Normal

BATCH = 8


def _call(layer: keras.layers.Layer, x: Any) -> Any:
    return layer(x)


@dataclass(frozen=True)
class Row:
    """A layer as the shared properties see it.

    Args:
        cls: the layer's class.
        kwargs: constructor arguments, apart from those that the property varies.
        input_shape: without the batch axis.
        output_shape: without the batch axis, of `connect`'s result.
        connect: how the layer is put behind one input tensor.
        index_below: for integer inputs, the number of indices.
        draws: whether the layer takes `seed` and `sample`.
        trains: whether it has trainable weights.
    """

    cls: type
    kwargs: dict[str, Any]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    connect: Callable[[keras.layers.Layer, Any], Any] = _call
    index_below: int | None = None
    draws: bool = True
    trains: bool = True

    @property
    def variational(self) -> bool:
        return "dataset_size" in self.kwargs

    def layer(self, **more: Any) -> keras.layers.Layer:
        return self.cls(**{**self.kwargs, **more})

    def inputs(self, batch: int = BATCH, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        shape = (batch, *self.input_shape)
        if self.index_below is not None:
            return rng.integers(0, self.index_below, size=shape).astype("int32")
        return rng.normal(size=shape).astype("float32")

    def model(self, layer: keras.layers.Layer | None = None, **more: Any) -> keras.Model:
        """Functional model: input, the layer, and nothing else."""
        layer = self.layer(**more) if layer is None else layer
        dtype = "float32" if self.index_below is None else "int32"
        inputs = keras.Input(self.input_shape, dtype=dtype)
        return keras.Model(inputs, self.connect(layer, inputs))

    def trainable_model(self, **more: Any) -> tuple[keras.Model, keras.layers.Layer]:
        """The same between small Dense layers, so that something trains in every row."""
        layer = self.layer(**more)
        dtype = "float32" if self.index_below is None else "int32"
        inputs = keras.Input(self.input_shape, dtype=dtype)
        x = inputs
        if self.index_below is None:
            x = keras.layers.Dense(self.input_shape[-1], dtype=more.get("dtype"))(x)
        x = self.connect(layer, x)
        x = keras.layers.Flatten()(x)
        return keras.Model(inputs, keras.layers.Dense(1)(x)), layer


def _variational(
    cls: type, input_shape: tuple[int, ...], output_shape: tuple[int, ...], **kwargs: Any
) -> Row:
    index_below = kwargs.pop("index_below", None)
    return Row(cls, {**kwargs, "dataset_size": 10}, input_shape, output_shape, index_below=index_below)


def _pair(layer: keras.layers.Layer, x: Any) -> Any:
    return layer([x, x])


def _first(layer: keras.layers.Layer, x: Any) -> Any:
    return layer(x)[0]


def _unpool(layer: keras.layers.Layer, x: Any) -> Any:
    return layer(list(cl.MaxPoolingWithArgmax2D(dtype=layer.dtype_policy)(x)))


RANDOM_BIAS = {"bias_posterior": MeanFieldNormal(), "bias_prior": Normal(std=0.5)}

TABLE = [
    _variational(cl.DenseReparameterization, (3,), (2,), units=2, **RANDOM_BIAS),
    _variational(cl.DenseLocalReparameterization, (3,), (2,), units=2),
    _variational(cl.DenseFlipout, (3,), (2,), units=2),
    _variational(cl.Conv1DReparameterization, (6, 3), (4, 2), filters=2, kernel_size=3, **RANDOM_BIAS),
    _variational(cl.Conv1DLocalReparameterization, (6, 3), (4, 2), filters=2, kernel_size=3),
    _variational(cl.Conv1DFlipout, (6, 3), (4, 2), filters=2, kernel_size=3),
    _variational(cl.Conv2DReparameterization, (4, 5, 3), (2, 3, 2), filters=2, kernel_size=3),
    _variational(cl.Conv2DLocalReparameterization, (4, 5, 3), (2, 3, 2), filters=2, kernel_size=3),
    _variational(cl.Conv2DFlipout, (4, 5, 3), (2, 3, 2), filters=2, kernel_size=3),
    _variational(cl.Conv3DReparameterization, (2, 3, 4, 2), (1, 2, 3, 2), filters=2, kernel_size=2),
    _variational(cl.Conv3DLocalReparameterization, (2, 3, 4, 2), (1, 2, 3, 2), filters=2, kernel_size=2),
    _variational(cl.Conv3DFlipout, (2, 3, 4, 2), (1, 2, 3, 2), filters=2, kernel_size=2),
    _variational(cl.EmbeddingReparameterization, (4,), (4, 3), input_dim=5, output_dim=3, index_below=5),
    _variational(cl.LSTMReparameterization, (4, 3), (2,), units=2),
    Row(cl.MonteCarloDropout, {"rate": 0.5}, (6,), (6,), trains=False),
    Row(cl.GaussianSampling, {}, (3,), (3,), connect=_pair, trains=False),
    Row(cl.GumbelSoftmax, {"temperature": 0.7}, (3,), (3,), trains=False),
    Row(cl.MaxPoolingWithArgmax2D, {}, (4, 4, 2), (2, 2, 2), connect=_first, draws=False, trains=False),
    Row(cl.MaxUnpooling2D, {"output_size": (4, 4)}, (4, 4, 2), (4, 4, 2), _unpool, draws=False, trains=False),
    Row(cl.MaskedConv2D, {"filters": 2, "kernel_size": 3, "mask": "A"}, (4, 5, 3), (4, 5, 2), draws=False),
    Row(cl.NormalHead, {"event_size": 2}, (3,), (4,), draws=False),
    Row(cl.BernoulliHead, {"event_size": 2}, (3,), (2,), draws=False),
    Row(cl.CategoricalHead, {"num_classes": 3}, (3,), (3,), draws=False),
    Row(cl.MixtureOfNormalsHead, {"num_components": 2, "event_size": 2}, (3,), (10,), draws=False),
    Row(cl.MultivariateNormalTriLHead, {"event_size": 3}, (3,), (9,), draws=False),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = {
        "row": TABLE,
        "variational_row": [row for row in TABLE if row.variational],
        "noisy_row": [row for row in TABLE if row.draws],
    }
    for name, rows in chosen.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows, ids=[row.cls.__name__ for row in rows])


@pytest.fixture
def table() -> list[Row]:
    return TABLE


@pytest.fixture(autouse=True, scope="module")
def _fresh_keras() -> Iterator[None]:
    yield
    # Collects garbage, at a third of a second each: once a file, not once a test.
    keras.backend.clear_session()
