"""Transposed convolution as an adjoint, the linear autoencoder as PCA, unpooling in the decoder."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import convolve2d, correlate2d
from sklearn.decomposition import PCA

from course.data import digits
from course.errors import ArgumentError, ShapeError
from course.layers import convolution_matrix
from course.models import ConvAutoencoder, SegmentationNet
from course.training import gradient_norms


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_transposed_convolution_is_the_adjoint_and_the_matrix_transposed(
    padding: str, strides: int, rng: np.random.Generator
) -> None:
    # "same" with stride 3 on 12 rows, "valid" with 3 on 9: sizes that the transposed layer gives back.
    height, width = (12, 6) if padding == "same" else (3 * strides + 3, 2 * strides + 3)
    x = rng.normal(size=(1, height, width, 2))
    down = keras.layers.Conv2D(4, 3, strides, padding, use_bias=False, dtype="float64")
    ax = down(x)
    y = rng.normal(size=ax.shape)
    up = keras.layers.Conv2DTranspose(2, 3, strides, padding, use_bias=False, dtype="float64")
    up.build(y.shape)
    up.kernel.assign(down.kernel)
    aty = up(y)
    assert aty.shape == x.shape
    np.testing.assert_allclose(np.vdot(ax, y), np.vdot(x, aty), atol=1e-12, rtol=1e-12)

    kernel = down.kernel.value.numpy()
    matrices = [
        [convolution_matrix(kernel[:, :, i, o], (height, width), strides, padding) for i in range(2)]
        for o in range(4)
    ]
    a = np.block(matrices)

    def by_channel(images: Any) -> np.ndarray:
        return np.asarray(images)[0].transpose(2, 0, 1).ravel()

    np.testing.assert_allclose(a @ by_channel(x), by_channel(ax), atol=1e-12)
    np.testing.assert_allclose(a.T @ by_channel(y), by_channel(aty), atol=1e-12)


def test_scipy_has_the_same_pair(rng: np.random.Generator) -> None:
    x, kernel = rng.normal(size=(7, 6)), rng.normal(size=(3, 2))
    a, y = convolution_matrix(kernel, (7, 6)), rng.normal(size=(5, 5))
    np.testing.assert_allclose((a @ x.ravel()).reshape(5, 5), correlate2d(x, kernel, "valid"), atol=1e-12)
    np.testing.assert_allclose((a.T @ y.ravel()).reshape(7, 6), convolve2d(y, kernel, "full"), atol=1e-12)
    # The transpose is not the inverse.
    assert np.abs(a.T @ a - np.eye(42)).max() > 0.5


def test_the_best_linear_autoencoder_is_pca() -> None:
    images = digits().train_images[:300].astype("float64")
    pca = PCA(5, svd_solver="full").fit(images.reshape(300, 64))
    model = ConvAutoencoder((8, 8, 1), 5, filters=[], dtype="float64")
    parts, mean = pca.components_, pca.mean_
    model.set_weights([parts.T, -mean @ parts.T, parts, mean])
    expected = pca.inverse_transform(pca.transform(images.reshape(300, 64)))
    np.testing.assert_allclose(np.asarray(model(images[..., None])).reshape(300, 64), expected, atol=1e-12)
    # At the optimum the gradient is zero (Baldi & Hornik 1989), in the weights of both layers.
    x = images[..., None]
    norms = gradient_norms(lambda: tf.reduce_mean((model(x) - x) ** 2), model.trainable_variables)
    assert max(norms.values()) < 1e-12


def test_unpooling_is_where_the_two_twins_differ(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 8, 8, 1)).astype("float32")
    twins = [SegmentationNet([3, 4], 2, upsampling=u, seed=5) for u in ("unpooling", "nearest")]
    outputs = [np.asarray(twin(x)) for twin in twins]
    for one, other in zip(*(twin.get_weights() for twin in twins), strict=True):
        np.testing.assert_array_equal(one, other)
    assert outputs[0].shape == outputs[1].shape == (2, 8, 8, 2)
    assert not np.allclose(*outputs)
    np.testing.assert_array_equal(twins[0].segment(x), outputs[0].argmax(-1))
    # One pixel in one window, convolutions that copy: unpooling puts it back, repeating fills the window.
    for twin, expected in zip(twins, ([[0, 0], [7, 0]], [[7, 7], [7, 7]]), strict=True):
        copy = SegmentationNet([1], 1, kernel_size=1, upsampling=twin.upsampling)
        image = np.zeros((1, 4, 4, 1), "float32")
        image[0, 3, 2] = 7
        copy(image)
        copy.set_weights([np.full(w.shape, float(w.ndim == 4)) for w in copy.get_weights()])
        np.testing.assert_array_equal(copy(image)[0, 2:, 2:, 0], expected)
        np.testing.assert_array_equal(copy(image)[0, :2, :, 0], 0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: convolution_matrix([1.0], (3, 3)), ShapeError, r"the kernel is a matrix.*\(1,\)"),
        (lambda: convolution_matrix(np.ones((4, 1)), (3, 3)), ShapeError, r"fits into the image.*\(4, 1\)"),
        (lambda: convolution_matrix([[1.0]], (3, 3), padding="full"), ArgumentError, "unknown `padding`"),
        (lambda: ConvAutoencoder((6, 8, 1), 2), ShapeError, r"divisible by 4.*\(6, 8, 1\)"),
        (lambda: ConvAutoencoder((8, 8), 2), ArgumentError, "`image_shape` is one positive integer or 3"),
        (lambda: ConvAutoencoder((8, 8, 1), 2)(np.ones((1, 8, 8))), ShapeError, r"x\[\.\.\., None\]"),
        (lambda: ConvAutoencoder((8, 8, 1), 2)(np.ones((1, 4, 4, 1))), ShapeError, r"8, 8, 1\).*1, 4, 4, 1"),
        (lambda: ConvAutoencoder((8, 8, 1), 2).decode(np.ones((1, 3))), ShapeError, r"batch, 2\).*1, 3"),
        (lambda: SegmentationNet([], 2), ArgumentError, "`number of filters`"),
        (lambda: SegmentationNet([3], 2, upsampling="bed"), ArgumentError, "unknown `upsampling`.*'bed'"),
        (lambda: SegmentationNet([3, 3], 2)(np.ones((1, 8, 6, 1))), ShapeError, "halved 2 times.*by 4.*8, 6"),
    ],
)
def test_refusals_say_what_is_wrong(call: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()
