"""Repurposers against scikit-learn and hand-made models; frozen weights bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from course.errors import ArgumentError, ShapeError
from course.transfer import (
    BayesianRepurposer,
    FineTuneRepurposer,
    GaussianProcessRepurposer,
    LogisticRepurposer,
    ModelHandler,
    NeuralRepurposer,
    RandomFreezeRepurposer,
    SvmRepurposer,
    application,
    digits_network,
    freeze_layers,
    load_repurposer,
)


@pytest.fixture(scope="module")
def source() -> keras.Model:
    model = digits_network(3, seed=1)
    # Statistics that are not those of a new layer: what inference mode uses must be seen.
    model.get_layer("norm1").set_weights(
        [np.linspace(start, start + 1, 16) for start in (0.5, -0.2, 0.1, 0.5)]
    )
    return model


@pytest.fixture(scope="module")
def start(source: keras.Model) -> list[np.ndarray]:
    """The source's weights before anything was fitted on it."""
    return [np.array(weight) for weight in source.get_weights()]


@pytest.fixture(scope="module")
def task() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    labels = np.repeat(np.arange(3), 8)
    images = generator.random((24, 8, 8)).astype("float32")
    # Class k is bright in its own pair of rows.
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 1.0
    return images, labels


KINDS: dict[str, Any] = {
    "logistic": lambda net: LogisticRepurposer(net, ["pool2", "features"]),
    "svm": lambda net: SvmRepurposer(net, "features"),
    "gp": lambda net: GaussianProcessRepurposer(net, "features"),
    "neural": lambda net: NeuralRepurposer(net, "features", hidden=[6], epochs=20),
    "bayesian": lambda net: BayesianRepurposer(net, "features", draws=400, epochs=20),
    "fine-tune": lambda net: FineTuneRepurposer(net, "pool2", frozen=["conv1", "norm1"], epochs=20),
    "random-freeze": lambda net: RandomFreezeRepurposer(
        net, "features", randomised=["conv2", "features"], frozen=["conv1", "norm1", "conv2"], epochs=20
    ),
}


@pytest.fixture(scope="module")
def fitted(
    source: keras.Model, start: list[np.ndarray], task: tuple[np.ndarray, np.ndarray]
) -> Callable[[str], Any]:
    """Each kind, fitted once, and after the source's weights were noted."""
    return cache(lambda kind: KINDS[kind](source).fit(*task))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 and NumPy 2.4
@pytest.mark.parametrize("kind", KINDS)
def test_a_head_learns_leaves_its_source_and_comes_back_from_its_folder(
    kind: str,
    source: keras.Model,
    start: list[np.ndarray],
    fitted: Callable[[str], Any],
    task: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
) -> None:
    head = fitted(kind)
    for old, new in zip(start, source.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert source.trainable and all(layer.trainable for layer in source.layers)
    p = head.predict_probability(task[0])
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-9)
    # Chance gives 24/3 = 8 ± 2.3 right: 18 is out of its reach (binomial tail 4e-5).
    assert np.sum(head.predict_label(task[0]) == task[1]) >= 18
    head.save(tmp_path)
    loaded = load_repurposer(tmp_path)
    assert type(loaded) is type(head) and loaded.get_config() == head.get_config()
    again = loaded.predict_probability(task[0])
    if kind == "bayesian":
        # Two averages of 400 draws, each of std ≤ 1/2: 0.18 is five standard errors of their difference.
        assert np.abs(again - p).max() < 0.18
    else:
        np.testing.assert_array_equal(again, p)
    assert not list(tmp_path.glob("*.pkl"))


@pytest.mark.parametrize("kind", ["fine-tune", "random-freeze"])
def test_frozen_weights_are_bit_equal_and_the_others_moved(
    kind: str, source: keras.Model, fitted: Callable[[str], Any]
) -> None:
    target = fitted(kind).target
    for name in ("conv1", "norm1"):
        for old, new in zip(
            source.get_layer(name).get_weights(), target.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(old, new)
    # norm2 is not frozen: its moving mean follows the batches.
    assert not np.array_equal(
        source.get_layer("norm2").moving_mean.numpy(), target.get_layer("norm2").moving_mean.numpy()
    )
    assert not np.array_equal(
        source.get_layer("conv2").get_weights()[0], target.get_layer("conv2").get_weights()[0]
    )


def test_a_randomised_and_frozen_layer_is_a_new_projection_that_stays(
    source: keras.Model, fitted: Callable[[str], Any]
) -> None:
    start = ModelHandler(source).cut_at("features").randomise(["conv2", "features"], seed=0).model
    target = fitted("random-freeze").target
    np.testing.assert_array_equal(
        start.get_layer("conv2").get_weights()[0], target.get_layer("conv2").get_weights()[0]
    )
    other = ModelHandler(source).randomise("conv2", seed=1).model.get_layer("conv2").get_weights()[0]
    assert not np.array_equal(other, start.get_layer("conv2").get_weights()[0])


def test_batch_norm_of_a_frozen_layer_runs_in_inference_mode(
    source: keras.Model, task: tuple[np.ndarray, np.ndarray]
) -> None:
    frozen = ModelHandler(source).cut_at("norm1").freeze("norm1").model
    np.testing.assert_array_equal(frozen(task[0], training=True), frozen(task[0], training=False))
    thawed = ModelHandler(source).cut_at("norm1").model
    assert np.abs(thawed(task[0], training=True) - thawed(task[0], training=False)).max() > 0.1


def test_the_kept_arrays_predict_what_scikit_learn_does(
    source: keras.Model, fitted: Callable[[str], Any], task: tuple[np.ndarray, np.ndarray]
) -> None:
    x, y = task
    svm = fitted("svm")
    raw = svm.features(x)
    z = (raw - svm._mean) / svm._std
    varying = raw.std(axis=0) > 1e-5
    np.testing.assert_allclose(z[:, varying].std(axis=0), 1.0, rtol=1e-9)
    logistic = LogisticRepurposer(source, "features").fit(x, y)
    theirs = LogisticRegression(C=1.0, max_iter=2000).fit(z, y)
    np.testing.assert_allclose(logistic.predict_probability(x), theirs.predict_proba(z), rtol=1e-9)
    pair = y < 2
    two = LogisticRepurposer(source, "features").fit(x[pair], y[pair])
    z2 = (two.features(x[pair]) - two._mean) / two._std
    theirs = LogisticRegression(C=1.0, max_iter=2000).fit(z2, y[pair])
    np.testing.assert_allclose(two.predict_probability(x[pair]), theirs.predict_proba(z2), rtol=1e-9)
    for k in range(3):
        machine = SVC(gamma=1.0 / z.shape[1]).fit(z, y == k)
        np.testing.assert_allclose(
            svm._decisions(z)[:, k], machine.decision_function(z), rtol=1e-9, atol=1e-12
        )


def test_the_gaussian_process_agrees_with_scikit_learn_and_with_the_integral(
    fitted: Callable[[str], Any], task: tuple[np.ndarray, np.ndarray]
) -> None:
    x, y = task
    gp = fitted("gp")
    new = np.random.default_rng(0).random((5, 8, 8)).astype("float32")
    z, at = ((gp.features(part) - gp._mean) / gp._std for part in (x, new))
    mean, variance = gp.latent(at)
    single = np.empty((5, 3))
    for k in range(3):
        amplitude, length = np.exp(gp._log_kernel[k])
        kernel = ConstantKernel(amplitude) * RBF(length)
        theirs = GaussianProcessClassifier(kernel, optimizer=None).fit(z, y == k)
        # scikit-learn's integral is Williams & Barber's fit of five error functions: good to 1e-2.
        for i in range(5):
            std = np.sqrt(variance[i, k])
            single[i, k] = quad(
                lambda f, m=mean[i, k], s=std: expit(f) * norm.pdf(f, m, s),
                mean[i, k] - 12 * std,
                mean[i, k] + 12 * std,
                epsabs=1e-12,
            )[0]
        np.testing.assert_allclose(theirs.predict_proba(at)[:, 1], single[:, k], atol=1e-2)
    expected = single / single.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(gp.predict_probability(new), expected, atol=1e-7)


def test_features_are_a_hand_made_models_outputs(
    source: keras.Model, task: tuple[np.ndarray, np.ndarray]
) -> None:
    handler = ModelHandler(source)
    found = handler.features(task[0], ["relu1", "features"], batch_size=24)
    for name, value in found.items():
        hand = keras.Model(source.inputs[0], source.get_layer(name).output)
        np.testing.assert_array_equal(value, hand(task[0], training=False))
    joined = LogisticRepurposer(source, ["relu1", "features"]).features(task[0])
    assert joined.shape == (24, 8 * 8 * 16 + 48)


def test_a_handler_drops_adds_and_freezes_copies(source: keras.Model) -> None:
    handler = ModelHandler(source)
    assert handler.names_of_type(keras.layers.Conv2D) == ("conv1", "conv2")
    lower = handler.drop_top(2)
    assert lower.layer_names == handler.layer_names[:-2]
    higher = lower.add_top([keras.layers.Dense(7, name="a"), keras.layers.Dense(2, name="b")])
    assert higher.layer_names[-3:] == ("flatten", "a", "b") and higher.model.output_shape == (None, 2)
    assert not higher.freeze("conv1").model.get_layer("conv1").trainable
    assert higher.model.get_layer("conv1").trainable and len(source.layers) == 13


def test_a_sequential_model_and_an_application_can_be_handled() -> None:
    net = keras.Sequential(
        [keras.Input([4]), keras.layers.Dense(3, name="a"), keras.layers.Dense(2, name="b")]
    )
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(ModelHandler(net).features(x, "a")["a"], net.layers[0](x))
    assert ModelHandler(net).drop_top().layer_names == ("a",)
    mobile = application("MobileNetV2", (32, 32, 3), alpha=0.35)
    x = np.ones((2, 32, 32, 3), "float32")
    found = ModelHandler(mobile).features(x, ["block_1_project_BN", "out_relu"])
    assert found["block_1_project_BN"].shape == (2, 8, 8, 8)
    hand = keras.Model(mobile.inputs[0], mobile.get_layer("out_relu").output)
    np.testing.assert_array_equal(found["out_relu"], hand(x, training=False))


def test_an_offline_download_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(**_: Any) -> None:
        raise Exception("URL fetch failure on https://storage: None -- [Errno -3] Temporary failure")

    monkeypatch.setattr(keras.applications, "MobileNetV2", unreachable)
    with pytest.raises(ArgumentError, match=r"weights of MobileNetV2 cannot be downloaded; go online once"):
        application("MobileNetV2", (32, 32, 3), weights="imagenet")


REFUSED: dict[str, tuple[Any, type, str]] = {
    "an unknown layer": (
        lambda s, x, y: LogisticRepurposer(s, "top"),
        ArgumentError,
        "no layer of that name.*one of channel, conv1.*'top'",
    ),
    "no layer": (lambda s, x, y: LogisticRepurposer(s, []), ArgumentError, "at least one layer is named"),
    "a layer that is not kept": (
        lambda s, x, y: FineTuneRepurposer(s, "pool1", frozen=["conv2"]),
        ArgumentError,
        "no layer of that name.*'conv2'",
    ),
    "a wrong rank": (
        lambda s, x, y: LogisticRepurposer(s, "features").fit(x[..., None], y),
        ShapeError,
        r"inputs fit the model.*\('n', 8, 8\).*\(24, 8, 8, 1\)",
    ),
    "empty data": (
        lambda s, x, y: LogisticRepurposer(s, "features").fit(x[:0], y[:0]),
        ShapeError,
        r"there is at least one.*received \(0, 8, 8\)",
    ),
    "labels of another number": (
        lambda s, x, y: LogisticRepurposer(s, "features").fit(x, y[1:]),
        ShapeError,
        r"one label.*\(24,\).*\(23,\)",
    ),
    "labels out of range": (
        lambda s, x, y: LogisticRepurposer(s, "features").fit(x, y - 1),
        ArgumentError,
        r"0 to C − 1.*\[-1, 0, 1\]",
    ),
    "labels that are no integers": (
        lambda s, x, y: LogisticRepurposer(s, "features").fit(x, y + 0.0),
        ArgumentError,
        "labels are integers.*float64",
    ),
    "prediction before fit": (
        lambda s, x, y: SvmRepurposer(s, "features").predict_label(x),
        ArgumentError,
        "SvmRepurposer is fitted before.*call fit first",
    ),
    "too many dropped": (
        lambda s, x, y: ModelHandler(s).drop_top(12),
        ArgumentError,
        "a layer is left.*count ≤ 11.*count=12",
    ),
    "a taken name": (
        lambda s, x, y: ModelHandler(s).add_top([keras.layers.Dense(2, name="conv1")]),
        ArgumentError,
        "layer names are unique.*'conv1'",
    ),
    "a subclassed model": (
        lambda s, x, y: ModelHandler(type("Net", (keras.Model,), {})()),
        ArgumentError,
        "functional or Sequential, and built",
    ),
    "no model": (lambda s, x, y: ModelHandler(3), ArgumentError, "takes a Keras model.*int"),
    "an unknown application": (
        lambda s, x, y: application("ResNet51", (32, 32, 3)),
        ArgumentError,
        "no application of that name.*MobileNetV2.*ResNet51",
    ),
    "an empty folder": (
        lambda s, x, y: load_repurposer("nowhere"),
        ArgumentError,
        "the folder holds a repurposer.*repurposer.json.*nowhere",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_in_words(
    name: str, source: keras.Model, task: tuple[np.ndarray, np.ndarray]
) -> None:
    act, error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        act(source, *task)


def test_a_compiled_model_is_refused_in_place_and_taken_as_an_uncompiled_copy() -> None:
    net = keras.Sequential([keras.Input([4]), keras.layers.Dense(3, name="a"), keras.layers.Dense(2)])
    net.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    x = np.random.default_rng(0).random((8, 4)).astype("float32")
    net.fit(x, x[:, :2], verbose=0)
    with pytest.raises(
        ArgumentError, match=r"before the model is compiled.*compiled\); freeze a ModelHandler"
    ):
        freeze_layers(net, ["a"])
    before, optimizer = net.get_weights(), net.optimizer
    handler = ModelHandler(net)
    for copy in (handler.model, handler.freeze("a").model):
        assert not copy.compiled and copy.optimizer is None
    assert not handler.freeze("a").model.layers[0].trainable
    FineTuneRepurposer(net, "a", epochs=2).fit(x, np.arange(8) % 2)
    # The original trains on as it was compiled: same optimiser, weights untouched, nothing frozen.
    assert net.compiled and net.optimizer is optimizer and net.layers[0].trainable
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_join_of_branches_is_not_dropped_by_count() -> None:
    inputs = keras.Input([3])
    joined = keras.layers.Add(name="join")([inputs, keras.layers.Dense(3, name="a")(inputs)])
    with pytest.raises(ArgumentError, match=r"join joins 2 branches.*cut_at"):
        ModelHandler(keras.Model(inputs, joined)).drop_top()
