from __future__ import annotations

import inspect
import tomllib
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from packaging.requirements import Requirement

from course.errors import CourseError, NestedLayerError
from course.layers import DenseFlipout, DenseReparameterization, check_layers, pass_sample_on
from course.models import CourseModel


@pytest.fixture(scope="module")
def tfp_layers() -> Any:
    with warnings.catch_warnings():
        # tf_keras and TFP's layers warn about deprecated names of their own when they load.
        warnings.simplefilter("ignore")
        import tensorflow_probability as tfp

        tfp.layers.DenseFlipout(1)
        tfp.layers.Convolution2DFlipout(1, 1)
        return tfp.layers


@pytest.mark.filterwarnings("ignore")  # TFP's layers warn about add_variable
def test_a_tfp_layer_is_refused_where_it_is_assigned(tfp_layers: Any) -> None:
    class Net(CourseModel):
        def __init__(self) -> None:
            super().__init__()
            self.dense = tfp_layers.DenseFlipout(2)

    with pytest.raises(
        NestedLayerError,
        match=r"Net.dense: .*tensorflow_probability's DenseFlipout.*course.layers.DenseFlipout",
    ):
        Net()


@pytest.mark.filterwarnings("ignore")  # TFP's layers warn about add_variable
def test_a_tfp_layer_in_a_list_or_dict_is_refused_by_its_place(tfp_layers: Any) -> None:
    model = CourseModel()
    with pytest.raises(NestedLayerError, match=r"CourseModel.blocks\[1\]: .*use course.layers.Conv2DFlipout"):
        model.blocks = [DenseFlipout(1, dataset_size=1), tfp_layers.Convolution2DFlipout(2, 3)]
    with pytest.raises(NestedLayerError, match=r"CourseModel.parts\['a'\]"):
        model.parts = {"a": tfp_layers.DenseFlipout(2)}


@pytest.mark.filterwarnings("ignore")  # tf_keras warns about its own deprecated names
def test_a_tf_keras_layer_is_refused() -> None:
    import tf_keras

    model = CourseModel()
    with pytest.raises(NestedLayerError, match=r"tf_keras's Dense.*use a layer of keras in place of Dense"):
        model.dense = tf_keras.layers.Dense(2)


@pytest.mark.filterwarnings("ignore")  # TFP's layers warn about add_variable
def test_a_layer_appended_later_is_refused_at_compile(tfp_layers: Any) -> None:
    model = CourseModel()
    model.blocks = [keras.layers.Dense(2)]
    model.blocks.append(tfp_layers.DenseFlipout(2))
    with pytest.raises(NestedLayerError, match=r"blocks\[1\]"):
        model.compile("sgd", "mse")


@pytest.mark.filterwarnings("ignore")  # TFP's layers warn about add_variable
def test_check_layers_looks_into_any_keras_model(tfp_layers: Any) -> None:
    class Inner(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = tfp_layers.DenseFlipout(2)

    model = keras.Sequential([Inner()])
    with pytest.raises(NestedLayerError, match="hidden"):
        check_layers(model)


def test_layers_of_keras_and_of_this_library_pass() -> None:
    model = keras.Sequential([keras.layers.Dense(2), DenseFlipout(1, dataset_size=1)])
    check_layers(model)


def test_sample_reaches_every_layer_of_a_functional_model() -> None:
    inputs = keras.Input((3,))
    # tanh: four ReLU units are all dead in one draw of sixteen, and two such draws would be equal.
    hidden = keras.Sequential([DenseReparameterization(4, dataset_size=1), keras.layers.Activation("tanh")])
    model = pass_sample_on(keras.Model(inputs, DenseFlipout(2, dataset_size=1)(hidden(inputs))))
    x = tf.ones([4, 3])
    np.testing.assert_array_equal(model(x, sample=False), model(x, sample=False))
    assert not np.array_equal(model(x), model(x))


def test_the_installed_keras_has_the_private_method_that_carries_sample() -> None:
    # Present from Keras 3.10 on; this names the cause, should a later Keras rename it, before a hundred other
    # tests fail.
    method = keras.layers.Layer._register_call_context_args
    assert list(inspect.signature(method).parameters) == ["self", "names"]
    version = tuple(int(part) for part in keras.__version__.split(".")[:2])
    assert (3, 10) <= version < (4, 0)


def test_the_declared_range_of_keras_starts_where_the_method_does() -> None:
    settings = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    needs = [Requirement(text) for text in settings["project"]["dependencies"]]
    accepted = next(need.specifier for need in needs if need.name == "keras")
    assert "3.10.0" in accepted and "3.9.2" not in accepted and "4.0.0" not in accepted


def test_an_older_keras_is_named_with_the_versions_that_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(keras.layers.Layer, "_register_call_context_args")
    with pytest.raises(
        CourseError,
        match=rf"Dense: `sample` travels.*expected keras >= 3.10, received keras {keras.__version__}",
    ):
        pass_sample_on(keras.layers.Dense(1))
    with pytest.raises(CourseError, match=r"DenseFlipout: .*pip install \"keras>=3.10,<4\""):
        DenseFlipout(1, dataset_size=1)


def test_passing_sample_on_through_something_else_is_refused() -> None:
    with pytest.raises(
        CourseError, match=r"expected a layer or model of Keras 3, received an object of builtins"
    ):
        pass_sample_on([keras.layers.Dense(1)])


def test_a_functional_course_model_is_refused_with_the_fix() -> None:
    inputs = keras.Input((3,))
    with pytest.raises(
        ValueError, match=r"CourseModel is for subclassing .*use keras.Model\(inputs, outputs\)"
    ):
        CourseModel(inputs, inputs)


def test_a_subclassed_course_model_fits_saves_its_kl_and_passes_sample_on() -> None:
    class Net(CourseModel):
        def __init__(self) -> None:
            super().__init__()
            self.first = DenseFlipout(4, "relu", dataset_size=8)
            self.second = DenseFlipout(1, dataset_size=8)

        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            return self.second(self.first(inputs))

    model = Net()
    model.compile("adam", "mse", jit_compile=False)
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    history = model.fit(x, x[:, :1], epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert len(model.losses) == 2
    np.testing.assert_array_equal(model(x, sample=False), model(x, sample=False))


def test_a_step_is_traced_once_and_a_frozen_layer_stays() -> None:
    traced = []

    class Net(CourseModel):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = keras.layers.Dense(4), keras.layers.Dense(1)
            self.first.build((None, 3))
            self.second.build((None, 4))
            self.built = True

        def build(self, input_shape: Any = None) -> None: ...

        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            traced.append(inputs.shape)
            return self.second(self.first(inputs))

    model = Net()
    model.compile("adam", "mse", jit_compile=False)
    model.first.trainable = False  # after compile, as Keras allows
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    before = [weight.numpy() for weight in (model.first.kernel, model.second.kernel)]
    model.fit(x, x[:, :1], epochs=2, batch_size=4, verbose=0)
    # keras.Model: two traces, since the first one makes the optimizer's variables.
    assert len(traced) == 1
    np.testing.assert_array_equal(before[0], model.first.kernel)
    assert not np.array_equal(before[1], model.second.kernel)
    model.first.trainable = True
    with pytest.raises(ValueError, match="optimizer"):  # Keras's own rule: compile again
        model.fit(x, x[:, :1], verbose=0)
