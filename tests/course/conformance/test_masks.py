from __future__ import annotations

from typing import Any

import keras
import numpy as np

import course.layers as cl
from course.layers import pass_sample_on

# Keras' own layer of the same kind, which says whether a mask passes through.
TWINS: dict[type, keras.layers.Layer] = {
    cl.EmbeddingReparameterization: keras.layers.Embedding(2, 2),
    cl.LSTMReparameterization: keras.layers.LSTM(2),
    cl.MonteCarloDropout: keras.layers.Dropout(0.5),
    cl.GaussianSampling: keras.layers.GaussianNoise(1.0),
    cl.GumbelSoftmax: keras.layers.Softmax(),
    cl.MaxPoolingWithArgmax2D: keras.layers.MaxPooling2D(),
    cl.MaxUnpooling2D: keras.layers.UpSampling2D(),
}
BY_NAME = {
    "Dense": keras.layers.Dense(2),
    "Conv1D": keras.layers.Conv1D(2, 2),
    "Conv2D": keras.layers.Conv2D(2, 2),
    "Conv3D": keras.layers.Conv3D(2, 2),
    "Head": keras.layers.Dense(2),
}


def _twin(cls: type) -> keras.layers.Layer:
    return TWINS.get(cls) or next(twin for part, twin in BY_NAME.items() if part in cls.__name__)


def test_masks_are_supported_where_keras_supports_them(row: Any) -> None:
    assert row.layer().supports_masking == _twin(row.cls).supports_masking


def test_a_mask_reaches_the_layers_behind(row: Any) -> None:
    if not row.layer().supports_masking:
        return  # Keras' twin passes none on either: asserted above
    # A padded sequence and the sequence alone have the same masked mean behind the layer.
    inputs = keras.Input((None, 3))
    layer = row.layer(**({"return_sequences": True} if row.cls is cl.LSTMReparameterization else {}))
    outputs = row.connect(layer, keras.layers.Masking()(inputs))
    model = pass_sample_on(keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(outputs)))
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    padded = np.concatenate([x, np.zeros((2, 3, 3), "float32")], axis=1)
    np.testing.assert_allclose(model(padded, sample=False), model(x, sample=False), rtol=1e-5, atol=1e-6)


def test_an_embeddings_mask_is_where_the_index_is_not_zero() -> None:
    tokens = np.array([[1, 2, 0, 0], [3, 0, 4, 0]])
    vectors = cl.EmbeddingReparameterization(5, 3, mask_zero=True, dataset_size=1)
    model = pass_sample_on(keras.Sequential([vectors, keras.layers.GlobalAveragePooling1D()]))
    rows = vectors(tokens, sample=False).numpy()
    expected = [rows[0, :2].mean(0), rows[1, [0, 2]].mean(0)]
    np.testing.assert_allclose(model(tokens, sample=False), expected, rtol=1e-5, atol=1e-6)
