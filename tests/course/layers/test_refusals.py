from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import course.layers as cl
from course.distributions import MeanFieldNormal, Normal
from course.errors import ArgumentError, CourseError


def _flipout(**kwargs: Any) -> Any:
    return cl.DenseFlipout(**{"units": 2, "dataset_size": 1, **kwargs})


def _conv(**kwargs: Any) -> Any:
    return cl.Conv2DFlipout(**{"filters": 2, "kernel_size": 2, "dataset_size": 1, **kwargs})


WRONG = [
    (
        _flipout,
        {"dataset_size": None},
        r"expected dataset_size ≥ 1, received dataset_size=None.*len\(x_train\)",
    ),
    (_flipout, {"dataset_size": 0}, r"expected dataset_size ≥ 1, received dataset_size=0"),
    (
        _flipout,
        {"dataset_size": 2.5},
        r"`dataset_size` is a positive integer .expected dataset_size ≥ 1, received dataset_size=2.5",
    ),
    (_flipout, {"units": 0}, r"expected units ≥ 1, received units=0"),
    (_flipout, {"kl_weight": -1}, r"expected kl_weight ≥ 0, received kl_weight=-1"),
    (
        _flipout,
        {"seed": 1.5},
        r"`seed` is an integer or None .expected an integer, received seed=1.5",
    ),
    (
        _flipout,
        {"dtype": "int32"},
        r"compute with floating-point numbers .expected a dtype such as 'float32'.*received dtype='int32'",
    ),
    (
        _flipout,
        {"kernel_posterior": "normal"},
        r"`kernel_posterior` is not a known posterior .expected an object such as MeanFieldNormal\(\) .*"
        r"received kernel_posterior='normal'",
    ),
    (
        _flipout,
        {"kernel_posterior": Normal()},
        r"not a known posterior .*received kernel_posterior=Normal\(mean=0.0, std=1.0\)",
    ),
    (
        _flipout,
        {"kernel_posterior": MeanFieldNormal},
        r"not a known posterior .*call the class: write MeanFieldNormal\(\), not MeanFieldNormal",
    ),
    (
        _flipout,
        {"kernel_prior": MeanFieldNormal()},
        r"not a known prior .expected None or an object such as Normal\(\).*received kernel_prior=MeanField",
    ),
    (_conv, {"filters": 3, "groups": 2}, r"expected a multiple of 2, received filters=3"),
    (_conv, {"padding": "causal"}, r"expected one of 'valid', 'same'"),
    (_conv, {"kernel_size": (2, 2, 2)}, r"expected an integer or 2 integers"),
    (_conv, {"strides": 2, "dilation_rate": 2}, r"strides or dilation, not both"),
    (cl.MonteCarloDropout, {"rate": 1.0}, r"expected 0 ≤ rate < 1, received rate=1.0"),
    (cl.GumbelSoftmax, {"temperature": 0.0}, r"expected temperature > 0, received temperature=0.0"),
    (cl.CategoricalHead, {"num_classes": 0}, r"expected num_classes ≥ 1"),
]


# Names must be the same in every process that collects them.
_NO_ADDRESS = re.compile(r" object at 0x[0-9a-f]+")


@pytest.mark.parametrize(
    ("make", "kwargs", "text"), WRONG, ids=[_NO_ADDRESS.sub("", str(case[1])) for case in WRONG]
)
def test_wrong_arguments_state_rule_expected_and_received(make: Any, kwargs: Any, text: str) -> None:
    with pytest.raises(CourseError, match=text):
        make(**kwargs)


def test_no_prior_needs_no_dataset_size() -> None:
    layer = cl.DenseFlipout(2, kernel_prior=None)
    layer(tf.ones([1, 3]))
    assert layer.losses == [] and float(layer.kl()) == 0.0


def test_integer_inputs_are_refused_with_the_fix() -> None:
    with pytest.raises(
        ValueError, match=r"inputs are floating-point numbers .expected float32, received int32.; cast"
    ):
        cl.DenseFlipout(2, dataset_size=1)(tf.ones([2, 3], tf.int32))


@pytest.mark.parametrize(
    ("layer", "first", "second"),
    [
        (cl.DenseFlipout(2, dataset_size=1), (2, 3), (2, 4)),
        (cl.Conv2DFlipout(2, 2, dataset_size=1), (2, 4, 4, 3), (2, 4, 4, 2)),
        (cl.LSTMReparameterization(2, dataset_size=1), (2, 4, 3), (2, 4, 2)),
        (cl.NormalHead(), (2, 3), (2, 4)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_channel_mismatch_names_both_numbers(
    layer: keras.layers.Layer, first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    layer(tf.ones(first))
    # Keras' own check and words: the axis, the number expected, the shape received.
    shape = re.escape(str(second))
    with pytest.raises(
        ValueError, match=rf"expected axis -1 .*to have value {first[-1]}, but received .*{shape}"
    ):
        layer(tf.ones(second))


def test_channels_that_groups_do_not_divide_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"expected a multiple of 2 on axis -1, received 3 in an input of shape"
    ):
        cl.Conv2DFlipout(2, 2, groups=2, dataset_size=1)(tf.ones([1, 4, 4, 3]))


def test_an_input_smaller_than_the_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected ≥ 5 along spatial axis 0, received 4.*padding='same'"):
        cl.Conv1DFlipout(2, 5, dataset_size=1)(tf.ones([1, 4, 3]))


def test_mean_and_log_var_of_two_shapes_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"mean and log_var have one shape .expected \(4, 2\), received \(4, 3\)"
    ):
        cl.GaussianSampling()([tf.ones([4, 2]), tf.ones([4, 3])])
    with pytest.raises(ValueError, match=r"expected \[mean, log_var\]"):
        cl.GaussianSampling()(tf.ones([4, 2]))


def test_nan_inputs_are_named_while_debugging_and_only_then() -> None:
    layer = cl.DenseFlipout(2, dataset_size=1, name="first")
    x = np.array([[1.0, np.nan, np.inf]], "float32")
    layer(x)
    with (
        cl.debug_numerics(),
        pytest.raises(ValueError, match=r"first: inputs are finite .*received 2 of 3 entries NaN"),
    ):
        layer(x)
    layer(x)


def test_debugging_covers_a_model_that_runs_eagerly() -> None:
    model = keras.Sequential([keras.Input((3,)), cl.DenseFlipout(2, dataset_size=1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.full((2, 3), np.nan, "float32")
    with cl.debug_numerics(), pytest.raises(ValueError, match="inputs are finite"):
        model.train_on_batch(x, np.ones((2, 2), "float32"))


def test_kl_before_build_says_what_to_do() -> None:
    with pytest.raises(CourseError, match="needs the layer's weights; build or call the layer first"):
        cl.DenseFlipout(2, dataset_size=1).kl()


def test_an_unknown_weight_is_named_with_the_known_ones() -> None:
    layer = cl.DenseFlipout(2, dataset_size=1, use_bias=False)
    layer(tf.ones([1, 3]))
    with pytest.raises(ArgumentError, match=r"unknown weight .expected one of \['kernel'\], received bias"):
        layer.bias_distribution()
