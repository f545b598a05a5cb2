from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import course.layers as cl

CASES = [
    (1, {"kernel_size": 3}),
    (1, {"kernel_size": 3, "padding": "causal", "dilation_rate": 2}),
    (1, {"kernel_size": 3, "padding": "same", "strides": 2}),
    (2, {"kernel_size": (3, 2), "padding": "same", "strides": (2, 1)}),
    (2, {"kernel_size": 3, "dilation_rate": 2}),
    (2, {"kernel_size": 3, "groups": 2}),
    (3, {"kernel_size": 2, "padding": "same", "strides": 2}),
]
CLASSES = {
    1: (cl.Conv1DReparameterization, cl.Conv1DLocalReparameterization, cl.Conv1DFlipout),
    2: (cl.Conv2DReparameterization, cl.Conv2DLocalReparameterization, cl.Conv2DFlipout),
    3: (cl.Conv3DReparameterization, cl.Conv3DLocalReparameterization, cl.Conv3DFlipout),
}


@pytest.mark.parametrize(("rank", "kwargs"), CASES)
def test_without_noise_it_is_keras_convolution(
    rank: int, kwargs: dict[str, Any], rng: np.random.Generator
) -> None:
    x = rng.normal(size=(2, *[8, 7, 6][:rank], 4)).astype("float32")
    theirs = getattr(keras.layers, f"Conv{rank}D")(6, activation="tanh", bias_initializer="ones", **kwargs)
    expected = theirs(x)
    for cls in CLASSES[rank]:
        ours = cls(6, activation="tanh", dataset_size=1, **kwargs)
        ours.build(x.shape)
        ours._kernel._variables["mean"].assign(theirs.kernel)
        ours._bias._variables["mean"].assign(theirs.bias)
        np.testing.assert_allclose(ours(x, sample=False), expected, rtol=1e-5, atol=1e-6)
        assert ours(x).shape == expected.shape == ours.compute_output_shape(x.shape)
        assert ours.compute_output_shape((None, *[None] * rank, 4)) == (None, *[None] * rank, 6)


def test_channels_first_is_a_transposition(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 5, 6, 4)).astype("float32")
    for cls in CLASSES[2]:
        last, first = (
            cls(3, 2, dataset_size=1, seed=3, data_format=f"channels_{f}") for f in ("last", "first")
        )
        last.build((None, 5, 6, 4))
        first.build((None, 4, 5, 6))
        first.set_weights(last.get_weights())
        # No CPU kernel convolves channels first in TensorFlow: XLA does.
        call = tf.function(first, jit_compile=True)
        ours = call(tf.constant(x.transpose(0, 3, 1, 2)), sample=False)
        expected = last(x, sample=False)
        np.testing.assert_allclose(np.transpose(ours, (0, 2, 3, 1)), expected, rtol=1e-4, atol=1e-5)
        assert call(tf.constant(x.transpose(0, 3, 1, 2))).shape == (2, 3, 4, 5)


def _convolve(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return tf.nn.convolution(x, kernel, padding="VALID")


def test_the_pure_functions_are_what_they_say(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 5, 2))
    mean, eps = rng.normal(size=(2, 3, 2, 4))
    std = rng.gamma(2.0, size=(3, 2, 4))
    tensors = [tf.constant(v) for v in (x, mean, std)]

    def numpy_conv(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        return np.stack([np.einsum("kc,kcf->f", signal[t : t + 3], kernel) for t in range(3)])

    ours = cl.conv_reparameterization(*tensors, tf.constant(eps), _convolve)
    np.testing.assert_allclose(ours, [numpy_conv(row, mean + std * eps) for row in x], rtol=1e-10, atol=1e-12)

    noise = rng.normal(size=(3, 3, 4))
    ours = cl.conv_local_reparameterization(*tensors, tf.constant(noise), _convolve)
    expected = [
        numpy_conv(r, mean) + np.sqrt(numpy_conv(r**2, std**2)) * e for r, e in zip(x, noise, strict=True)
    ]
    np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)

    sign_in, sign_out = rng.choice([-1.0, 1.0], size=(3, 1, 2)), rng.choice([-1.0, 1.0], size=(3, 1, 4))
    signs = tf.constant(sign_in), tf.constant(sign_out)
    ours = cl.conv_flipout(*tensors, tf.constant(eps), *signs, _convolve)
    for n in range(3):
        kernel = mean + std * eps * sign_in[n, 0][:, None] * sign_out[n, 0]
        np.testing.assert_allclose(ours[n], numpy_conv(x[n], kernel), rtol=1e-10, atol=1e-12)


def test_flipout_has_one_kernel_an_example_and_others_share_or_renew() -> None:
    x = tf.ones([4, 5, 5, 2])
    flipout = cl.Conv2DFlipout(1, 1, dataset_size=1, seed=1)(x).numpy()
    shared = cl.Conv2DReparameterization(1, 1, dataset_size=1, seed=1)(x).numpy()
    local = cl.Conv2DLocalReparameterization(1, 1, dataset_size=1, seed=1)(x).numpy()
    assert np.ptp(flipout, axis=(1, 2)).max() < 1e-5 < np.ptp(flipout)
    assert np.ptp(shared) < 1e-5
    assert len(np.unique(local)) == local.size


def test_unknown_lengths_work_in_a_graph() -> None:
    layer = cl.Conv1DLocalReparameterization(2, 3, strides=2, dataset_size=1)
    layer.build((None, None, 4))
    call = tf.function(layer, input_signature=[tf.TensorSpec((None, None, 4))])
    assert call(tf.ones([2, 9, 4])).shape == (2, 4, 2)
    assert call(tf.ones([3, 6, 4])).shape == (3, 2, 2)


def test_flipout_changes_signs_of_input_and_output_channels() -> None:
    layer = cl.Conv2DFlipout(2, 1, dataset_size=1, seed=2)
    x = tf.ones([64, 1, 1, 3])
    perturbation = (layer(x) - layer(x, sample=False)).numpy()[:, 0, 0]
    # Output signs alone would leave the magnitudes of equal examples equal.
    assert len(np.unique(np.abs(perturbation).round(6))) > 4
    assert len(np.unique(np.sign(perturbation), axis=0)) == 4
