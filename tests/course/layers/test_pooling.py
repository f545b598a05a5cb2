from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import course.layers as cl

RNG = np.random.default_rng(7)
X = RNG.normal(size=(2, 7, 6, 3)).astype("float32")


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("pool", "strides"), [((2, 2), (2, 2)), ((3, 2), (2, 1)), ((2, 3), (3, 3))])
@pytest.mark.parametrize("jit", [False, True])
def test_maxima_and_places_are_tensorflows(
    padding: str, pool: tuple[int, int], strides: tuple[int, int], jit: bool
) -> None:
    layer = cl.MaxPoolingWithArgmax2D(pool, strides, padding)
    values, places = tf.function(layer, jit_compile=jit)(tf.constant(X))
    theirs, where = tf.nn.max_pool_with_argmax(X, pool, strides, padding.upper())
    np.testing.assert_array_equal(values, theirs)
    np.testing.assert_array_equal(places, where)
    assert [tuple(s) for s in layer.compute_output_shape((None, 7, 6, 3))] == [(None, *theirs.shape[1:])] * 2


def test_the_gradient_goes_to_the_maximum() -> None:
    x = tf.Variable(X)
    with tf.GradientTape(persistent=True) as tape:
        ours = tf.reduce_sum(cl.MaxPoolingWithArgmax2D(2)(x)[0] ** 2)
        theirs = tf.reduce_sum(tf.nn.max_pool2d(x, 2, 2, "VALID") ** 2)
    np.testing.assert_allclose(tape.gradient(ours, x), tape.gradient(theirs, x), rtol=1e-6)


def test_unpooling_puts_each_maximum_back() -> None:
    values, places = cl.MaxPoolingWithArgmax2D(2)(X)
    y = cl.MaxUnpooling2D((7, 6))([values, places]).numpy()
    kept = y != 0
    np.testing.assert_array_equal(y[kept], X[kept])
    assert kept.sum() == np.prod(values.shape)


def test_unpooling_is_the_transpose_of_pooling_even_when_windows_overlap(rng: np.random.Generator) -> None:
    x = tf.Variable(X)
    v = rng.normal(size=(2, 3, 3, 3)).astype("float32")
    pool = cl.MaxPoolingWithArgmax2D(3, 2, "same")
    with tf.GradientTape() as tape:
        values, places = pool(x)
        loss = tf.reduce_sum(values[:, :3, :3] * v)
    padded = np.zeros(values.shape, "float32")
    padded[:, :3, :3] = v
    ours = cl.MaxUnpooling2D((7, 6))([padded, places])
    np.testing.assert_allclose(ours, tape.gradient(loss, x), rtol=1e-5, atol=1e-6)


def test_an_unknown_height_is_refused() -> None:
    with pytest.raises(ValueError, match=r"height, width and channels are known.*received an input of shape"):
        cl.MaxPoolingWithArgmax2D()(keras.Input((None, 4, 2)))


def test_a_window_larger_than_the_input_is_refused() -> None:
    with pytest.raises(ValueError, match="expected ≥ 5 along spatial axis 0"):
        cl.MaxPoolingWithArgmax2D(5)(tf.ones([1, 4, 6, 1]))


def test_unpooling_refuses_swapped_inputs_and_other_shapes() -> None:
    values, places = cl.MaxPoolingWithArgmax2D(2)(X)
    with pytest.raises(ValueError, match=r"places are integers.*received float32.*in their order"):
        cl.MaxUnpooling2D((7, 6))([places, values])
    with pytest.raises(ValueError, match=r"values and places of one shape"):
        cl.MaxUnpooling2D((7, 6))([values, places[:, :1]])
